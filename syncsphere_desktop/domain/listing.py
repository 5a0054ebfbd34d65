"""What a list shows: the query a view makes, and the source that answers it a page at a time.

The database's repositories and the tests' in-memory ones are both `RowSource`s, held to one contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from typing_extensions import override

Row_co = TypeVar("Row_co", covariant=True)
FilterValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Sort:
    """Order by the repository's sort key `key`; rows without a value come last, ties are broken by id."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list is asked for. `search` is matched anywhere in the repository's search columns, any case.

    Hashable: sources cache by it. `filters` are repository-specific, such as `owner_id`.
    """

    sort: Sort
    search: str = ""
    filters: Mapping[str, FilterValue] = field(default_factory=lambda: MappingProxyType({}))

    @override
    def __hash__(self) -> int:
        return hash((self.sort, self.search, tuple(sorted(self.filters.items(), key=lambda item: item[0]))))


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a query has: an estimate first, where counting takes long, the exact number later."""

    value: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[Row_co]):
    """Rows `offset` to `offset + len(rows)` of the list. A None is a row that was removed meanwhile."""

    offset: int
    rows: tuple[Row_co | None, ...]


class RowSource(Protocol[Row_co]):
    """Answers a list's questions. Order is stable between two calls of `prepare` for the same query."""

    async def first_page(self, query: ListQuery, size: int) -> tuple[Page[Row_co], Count]:
        """Return the first `size` rows as fast as can be, with a count that may be an estimate."""
        ...

    async def prepare(self, query: ListQuery) -> Count:
        """Fix the order of all rows as it is now, so that any page is at hand; return the exact count."""
        ...

    async def page(self, query: ListQuery, offset: int, size: int) -> Page[Row_co]:
        """Return rows by position; prepares the query first when that was not done yet."""
        ...

    async def ids(self, query: ListQuery, offset: int, size: int) -> Sequence[int]:
        """Return the ids of rows by position, also of long stretches; prepares the query when needed."""
        ...
