"""A list over rows that are in memory already, such as the files of an import or the findings of a check."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic

from syncsphere_desktop.domain.listing import Count, FilterValue, ListQuery, Page, Sort
from syncsphere_desktop.ui.tables.column import Column, RowT

_AT_ONCE = 2_000
"""Rows turned over before the GUI thread does something else: a millisecond or two."""


class RowsAtHand(Generic[RowT]):
    """A `RowSource` over rows in memory; the model is told to reload after they were changed.

    `search` gives the texts of a row that are searched. A row's value in the column with the sort key is
    what it is sorted by, unless `orders` has something better for that key; texts without regard to case.
    Rows without a value come last.
    """

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        *,
        search: Callable[[RowT], Iterable[str]],
        filters: Mapping[str, Callable[[RowT, FilterValue], bool]] | None = None,
        orders: Mapping[str, Callable[[RowT], object]] | None = None,
    ) -> None:
        self._values = {column.sort_key: column.value for column in columns if column.sort_key is not None}
        self._values |= orders or {}
        self._search = search
        self._filters = filters or {}
        self._rows: dict[int, RowT] = {}
        self._orders: dict[ListQuery, tuple[int, list[int]]] = {}
        self._generation = 0

    @property
    def rows(self) -> Collection[RowT]:
        """Return all rows, in the order they came."""
        return self._rows.values()

    def replace(self, rows: Iterable[RowT]) -> None:
        """Have these rows in place of all others."""
        self._rows = {row.id: row for row in rows}
        self._generation += 1

    def extend(self, rows: Iterable[RowT]) -> None:
        """Have these rows too; one that was there under the same id is replaced."""
        self._rows.update((row.id, row) for row in rows)
        self._generation += 1

    def drop(self, ids: Iterable[int]) -> None:
        """Forget the rows with these ids."""
        for row_id in ids:
            self._rows.pop(row_id, None)
        self._generation += 1

    def get(self, row_id: int) -> RowT | None:
        """Return the row with that id, or None."""
        return self._rows.get(row_id)

    async def first_page(self, query: ListQuery, size: int) -> tuple[Page[RowT], Count]:
        """Return the first rows with the exact count."""
        order = await self._order(query)
        return self._cut(order, 0, size), Count(len(order), exact=True)

    async def prepare(self, query: ListQuery) -> Count:
        """Fix the order of the rows as they are now."""
        return Count(len(await self._order(query)), exact=True)

    async def page(self, query: ListQuery, offset: int, size: int) -> Page[RowT]:
        """Return rows by position; one that was forgotten since is None."""
        return self._cut(await self._fixed(query), offset, size)

    async def ids(self, query: ListQuery, offset: int, size: int) -> Sequence[int]:
        """Return the ids of rows by position."""
        order = await self._fixed(query)
        return order[max(0, offset) : max(0, offset) + size]

    def _cut(self, order: Sequence[int], offset: int, size: int) -> Page[RowT]:
        start = max(0, offset)
        return Page(start, tuple(self._rows.get(row_id) for row_id in order[start : start + size]))

    async def _fixed(self, query: ListQuery) -> list[int]:
        known = self._orders.get(query)
        return await self._order(query) if known is None else known[1]

    async def _order(self, query: ListQuery) -> list[int]:
        generation = self._generation
        known = self._orders.get(query)
        if known is not None and known[0] == generation:
            return known[1]
        order = await self._sorted(await self._matching(query), query.sort)
        self._orders = {old: told for old, told in self._orders.items() if told[0] == self._generation}
        self._orders[query] = generation, order
        return order

    async def _matching(self, query: ListQuery) -> list[RowT]:
        words = query.search.lower().split()
        filters = [(self._filters[name], value) for name, value in query.filters.items()]
        everything = list(self._rows.values())
        if not words and not filters:
            return everything
        found: list[RowT] = []
        for start in range(0, len(everything), _AT_ONCE):
            chunk = everything[start : start + _AT_ONCE]
            found += [
                row
                for row in chunk
                if all(passes(row, value) for passes, value in filters) and self._holds(row, words)
            ]
            await asyncio.sleep(0)
        return found

    def _holds(self, row: RowT, words: Sequence[str]) -> bool:
        if not words:
            return True
        texts = [text.lower() for text in self._search(row)]
        return all(any(word in text for text in texts) for word in words)

    async def _sorted(self, rows: Sequence[RowT], sort: Sort) -> list[int]:
        """Sort in pieces and merge them in pieces, so that no long list holds the GUI thread up."""
        value_of = self._values[sort.key]
        pieces: list[list[tuple[Any, int]]] = []
        without: list[int] = []
        for start in range(0, len(rows), _AT_ONCE):
            piece: list[tuple[Any, int]] = []
            for row in rows[start : start + _AT_ONCE]:
                value = value_of(row)
                if value is None:
                    without.append(row.id)
                else:
                    piece.append((value.casefold() if isinstance(value, str) else value, row.id))
            piece.sort(reverse=sort.descending)
            pieces.append(piece)
            await asyncio.sleep(0)
        merged: Iterator[tuple[Any, int]] = heapq.merge(*pieces, reverse=sort.descending)
        order: list[int] = []
        while chunk := list(islice(merged, _AT_ONCE)):
            order += [row_id for _value, row_id in chunk]
            await asyncio.sleep(0)
        without.sort(reverse=sort.descending)
        return order + without
