"""Rows in memory, and a list over them that answers as the database's does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from syncsphere_desktop.domain.listing import Count, FilterValue, ListQuery, Page
from syncsphere_desktop.errors import AppError, ConflictError, UsageError


class Identified(Protocol):
    @property
    def id(self) -> int: ...


RowT = TypeVar("RowT", bound=Identified)


class Gate:
    """Where every call of the fakes passes: `close` holds calls back, `failure` makes them fail."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.failure: AppError | None = None
        self.calls = 0

    def close(self) -> None:
        """Hold every call from now on, as a slow server does."""
        self._open.clear()

    def open(self) -> None:
        """Let the held calls go on."""
        self._open.set()

    async def __call__(self) -> None:
        """Wait as a call over the network does; raises `failure`."""
        self.calls += 1
        await asyncio.sleep(0)
        await self._open.wait()
        if self.failure is not None:
            raise self.failure


class Rows(Generic[RowT]):
    """Rows by id: some made on demand from their id, so that a million of them cost nothing, and others."""

    def __init__(self) -> None:
        self._generated = 0
        self._make: Callable[[int], RowT] | None = None
        self._changed: dict[int, RowT] = {}
        self._removed: set[int] = set()
        self._next_id = 1

    def seed(self, count: int, make: Callable[[int], RowT]) -> None:
        """Have the ids 1 to `count`, made by `make`, whose every value must grow with the id."""
        assert self._next_id == 1, "seed an empty table"
        self._generated, self._make, self._next_id = count, make, count + 1

    @property
    def seeded_only(self) -> int | None:
        """Return the number of rows when all are as seeded, so that any order is that of their ids."""
        return self._generated if self._generated and not self._changed and not self._removed else None

    def take_id(self) -> int:
        """Return an id that was never used."""
        self._next_id += 1
        return self._next_id - 1

    def get(self, row_id: int) -> RowT | None:
        """Return a row, or None."""
        if row_id in self._changed:
            return self._changed[row_id]
        if row_id in self._removed or not 1 <= row_id <= self._generated or self._make is None:
            return None
        return self._make(row_id)

    def put(self, row: RowT) -> RowT:
        """Store a row under its id and return it."""
        self._changed[row.id] = row
        self._removed.discard(row.id)
        return row

    def drop(self, row_id: int) -> None:
        """Remove a row."""
        self._changed.pop(row_id, None)
        self._removed.add(row_id)

    def __iter__(self) -> Iterator[RowT]:
        ids = sorted({*range(1, self._generated + 1), *self._changed} - self._removed)
        return (row for row in map(self.get, ids) if row is not None)


class InMemoryRows(Generic[RowT]):
    """A `RowSource` over `Rows`. `shown` adds what the database joins to a row."""

    def __init__(
        self,
        rows: Rows[RowT],
        gate: Gate,
        *,
        sort_keys: Mapping[str, Callable[[RowT], Any]],
        search: Callable[[RowT], Sequence[str | None]],
        filters: Mapping[str, Callable[[RowT, FilterValue], bool]] | None = None,
        shown: Callable[[RowT], RowT] = lambda row: row,
        grouped_by: tuple[str, Callable[[RowT], object]] | None = None,
    ) -> None:
        self._rows = rows
        self._gate = gate
        self._sort_keys = sort_keys
        self._search = search
        self._filters = filters or {}
        self._shown = shown
        self._grouped_by = grouped_by
        self._orders: dict[ListQuery, Sequence[int]] = {}

    async def first_page(self, query: ListQuery, size: int) -> tuple[Page[RowT], Count]:
        """Return the first rows with the exact count."""
        await self._gate()
        order = self._order(query)
        if len(order) <= size:
            self._orders[query] = order
        return self._cut(order, 0, size), Count(len(order), exact=True)

    async def prepare(self, query: ListQuery) -> Count:
        """Fix the order as it is now."""
        await self._gate()
        self._orders[query] = self._order(query)
        return Count(len(self._orders[query]), exact=True)

    async def page(self, query: ListQuery, offset: int, size: int) -> Page[RowT]:
        """Return rows by position; a removed one is None."""
        await self._gate()
        return self._cut(self._fixed(query), offset, size)

    async def ids(self, query: ListQuery, offset: int, size: int) -> Sequence[int]:
        """Return ids by position."""
        await self._gate()
        start = max(0, offset)
        return list(self._fixed(query)[start : start + size])

    def _fixed(self, query: ListQuery) -> Sequence[int]:
        if query not in self._orders:
            self._orders[query] = self._order(query)
        return self._orders[query]

    def _cut(self, order: Sequence[int], offset: int, size: int) -> Page[RowT]:
        start = max(0, offset)
        rows = (self._rows.get(row_id) for row_id in order[start : start + size])
        return Page(offset, tuple(None if row is None else self._shown(row) for row in rows))

    def _order(self, query: ListQuery) -> Sequence[int]:
        key = self._sort_keys.get(query.sort.key)
        if key is None:
            raise UsageError(f"“{query.sort.key}” is nothing to sort by.")
        for name in query.filters:
            if name not in self._filters:
                raise UsageError(f"“{name}” is nothing to filter by.")
        if self._rows.seeded_only is not None and not query.search and not query.filters:
            ids = range(1, self._rows.seeded_only + 1)
            return ids[::-1] if query.sort.descending else ids
        words = query.search.lower().split()
        found = [row for row in map(self._shown, self._rows) if self._matches(row, words, query.filters)]
        with_value = [row for row in found if key(row) is not None]
        without = [row for row in found if key(row) is None]
        with_value.sort(key=lambda row: (key(row), row.id), reverse=query.sort.descending)
        without.sort(key=lambda row: row.id, reverse=query.sort.descending)
        return [row.id for row in self._together([*with_value, *without], query)]

    def _together(self, rows: list[RowT], query: ListQuery) -> list[RowT]:
        """Put groups where the first of their rows stands, where the query asks for groups."""
        if self._grouped_by is None or not query.filters.get(self._grouped_by[0]):
            return rows
        groups: dict[object, list[RowT]] = {}
        for row in rows:
            groups.setdefault(self._grouped_by[1](row), []).append(row)
        return [row for group in groups.values() for row in group]

    def _matches(self, row: RowT, words: Sequence[str], filters: Mapping[str, FilterValue]) -> bool:
        texts = [text.lower() for text in self._search(row) if text is not None]
        return all(any(word in text for text in texts) for word in words) and all(
            self._filters[name](row, value) for name, value in filters.items()
        )


def conflict_between(
    base: object, current: object, changes: Mapping[str, object], fields: Sequence[str], version: int
) -> ConflictError | None:
    """Return the conflict that the database's repositories would raise, or None."""
    before = {name: getattr(base, name) for name in fields}
    theirs = {name: getattr(current, name) for name in fields}
    if before == theirs or all(getattr(current, name) == value for name, value in changes.items()):
        return None
    return ConflictError(
        "The row was changed by another service meanwhile.",
        base=before,
        theirs=theirs,
        mine={**before, **changes},
        their_version=version,
    )
