"""The rows a list has fetched: the most recently shown pages, whatever the list's length. Knows no Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Generic

from syncsphere_desktop.ui.tables.column import RowT

PAGE_SIZE = 100
PAGES_KEPT = 100


class Absent(Enum):
    """Why there is no row at a position."""

    PENDING = "pending"
    REMOVED = "removed"


class PageCache(Generic[RowT]):
    """Pages of `page_size` rows, the `capacity` most recently used. Positions count from 0.

    A stale page still shows its rows, and is wanted again.
    """

    def __init__(self, *, page_size: int = PAGE_SIZE, capacity: int = PAGES_KEPT) -> None:
        self.page_size = page_size
        self._capacity = capacity
        self._pages: OrderedDict[int, list[RowT | None]] = OrderedDict()
        self._fresh: set[int] = set()
        self._positions: dict[int, int] = {}

    def __len__(self) -> int:
        """Return the number of pages that are kept."""
        return len(self._pages)

    def row(self, position: int) -> RowT | Absent:
        """Return the row at `position`, or why there is none."""
        page = self._pages.get(position // self.page_size)
        within = position % self.page_size
        if page is None or within >= len(page):
            return Absent.PENDING
        row = page[within]
        return Absent.REMOVED if row is None else row

    def position_of(self, row_id: int) -> int | None:
        """Return where the row with that id is, if it is among the pages that are kept."""
        return self._positions.get(row_id)

    def put(self, offset: int, rows: Sequence[RowT | None]) -> None:
        """Keep the pages that begin at `offset`, which is a page's first position."""
        for start in range(0, len(rows), self.page_size):
            number = (offset + start) // self.page_size
            self._forget_positions(number)
            page = list(rows[start : start + self.page_size])
            self._pages[number] = page
            self._pages.move_to_end(number)
            self._fresh.add(number)
            first = number * self.page_size
            self._positions.update({row.id: first + at for at, row in enumerate(page) if row is not None})
        while len(self._pages) > self._capacity:
            self._drop(next(iter(self._pages)))

    def replace(self, row: RowT) -> int | None:
        """Put a newer state of a row in its place and return that, or None where the row is not kept."""
        position = self._positions.get(row.id)
        if position is not None:
            self._pages[position // self.page_size][position % self.page_size] = row
        return position

    def numbers(self, first: int, last: int) -> range:
        """Return the numbers of the pages that hold the positions `first` to `last`, both included."""
        return range(max(0, first) // self.page_size, max(0, last) // self.page_size + 1)

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Return which of these pages are not here or stale; those that are here become most recent."""
        for number in numbers:
            if number in self._pages:
                self._pages.move_to_end(number)
        return [number for number in numbers if number not in self._fresh]

    def loaded(self, first: int, last: int) -> dict[int, RowT]:
        """Return the rows that are here among the positions `first` to `last`, both included."""
        rows = ((position, self.row(position)) for position in range(first, last + 1))
        return {position: row for position, row in rows if not isinstance(row, Absent)}

    def age(self) -> None:
        """Make every page stale."""
        self._fresh.clear()

    def truncate(self, count: int) -> None:
        """Drop the rows at `count` and after."""
        for number in [number for number in self._pages if (number + 1) * self.page_size > count]:
            keep = count - number * self.page_size
            if keep <= 0:
                self._drop(number)
            elif keep < len(self._pages[number]):
                self._forget_positions(number)
                page = self._pages[number] = self._pages[number][:keep]
                first = number * self.page_size
                self._positions.update({row.id: first + at for at, row in enumerate(page) if row is not None})

    def lengthen(self, count: int) -> None:
        """Make the pages stale that ended with the list and go on now that it has `count` rows."""
        for number, page in self._pages.items():
            if len(page) < min(self.page_size, count - number * self.page_size):
                self._fresh.discard(number)

    def clear(self) -> None:
        """Drop everything."""
        self._pages.clear()
        self._fresh.clear()
        self._positions.clear()

    def _drop(self, number: int) -> None:
        self._forget_positions(number)
        del self._pages[number]
        self._fresh.discard(number)

    def _forget_positions(self, number: int) -> None:
        for row in self._pages.get(number, ()):
            # Between two orders a row can be kept twice; only the newer place counts.
            if row is not None and self._positions.get(row.id, -1) // self.page_size == number:
                del self._positions[row.id]
