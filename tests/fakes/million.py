"""A list whose rows are made from their position: any length, with delays, failures and changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncsphere_desktop.domain.listing import Count, ListQuery, Page
from syncsphere_desktop.errors import AppError


@dataclass(frozen=True, slots=True)
class Track:
    """A row of the generated list."""

    id: int
    name: str
    size: int
    made_at: datetime
    version: int = 1


class GeneratedRows:
    """A `RowSource` of `count` rows with the ids 1 to `count`; `descending` turns their order round.

    A search for a number leaves the ids that it divides. Changes show after the next `prepare`, removals
    at once, as a None.
    """

    def __init__(self, count: int) -> None:
        self._ids: Sequence[int] = range(1, count + 1)
        self._orders: dict[ListQuery, Sequence[int]] = {}
        self._removed: set[int] = set()
        self._versions: dict[int, int] = {}
        self._next_id = count + 1
        self.delay = 0.0
        self.failure: AppError | None = None
        self.estimates = False
        self.calls: list[str] = []
        self.pages: list[tuple[int, int]] = []
        self.cancelled = 0

    def insert_first(self, how_many: int = 1) -> None:
        """Have new rows before all others."""
        new = range(self._next_id, self._next_id + how_many)
        self._next_id += how_many
        self._ids = [*new, *self._ids]

    def remove(self, *ids: int) -> None:
        """Remove rows; lists that are prepared show them as None."""
        gone = set(ids) & set(self._ids)
        self._removed |= gone
        self._ids = [row_id for row_id in self._ids if row_id not in gone]

    def change(self, row_id: int) -> Track:
        """Change a row and return its new state."""
        self._versions[row_id] = self._versions.get(row_id, 1) + 1
        return self.track(row_id)

    def track(self, row_id: int) -> Track:
        """Return a row as it is now."""
        version = self._versions.get(row_id, 1)
        name = f"Track {row_id}" + (f" v{version}" if version > 1 else "")
        made_at = datetime(2025, 1, 1) + timedelta(minutes=row_id)
        return Track(row_id, name, row_id * 37 % 100_000, made_at, version)

    async def first_page(self, query: ListQuery, size: int) -> tuple[Page[Track], Count]:
        """Return the first rows; the count is an estimate where `estimates` is set."""
        await self._answer("first_page")
        order = self._order(query)
        if len(order) > size and self.estimates:
            return self._cut(order, 0, size), Count(len(order) + 7, exact=False)
        return self._cut(order, 0, size), Count(len(order), exact=True)

    async def prepare(self, query: ListQuery) -> Count:
        """Fix the order."""
        await self._answer("prepare")
        self._orders[query] = self._order(query)
        return Count(len(self._orders[query]), exact=True)

    async def page(self, query: ListQuery, offset: int, size: int) -> Page[Track]:
        """Return rows by position."""
        self.pages.append((offset, size))
        order = self._fixed(query)
        await self._answer("page")
        return self._cut(order, offset, size)

    async def ids(self, query: ListQuery, offset: int, size: int) -> Sequence[int]:
        """Return ids by position."""
        await self._answer("ids")
        return list(self._fixed(query)[offset : offset + size])

    async def _answer(self, name: str) -> None:
        self.calls.append(name)
        failure = self.failure
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if failure is not None:
            raise failure

    def _order(self, query: ListQuery) -> Sequence[int]:
        ids = self._ids
        if query.search.strip():
            ids = [row_id for row_id in ids if row_id % int(query.search) == 0]
        return ids[::-1] if query.sort.descending else ids

    def _fixed(self, query: ListQuery) -> Sequence[int]:
        return self._orders.setdefault(query, self._order(query))

    def _cut(self, order: Sequence[int], offset: int, size: int) -> Page[Track]:
        ids = order[offset : offset + size]
        return Page(offset, tuple(None if i in self._removed else self.track(i) for i in ids))
