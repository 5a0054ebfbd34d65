"""Pages of long lists: the order of all rows is fixed once, then any page is read by primary key.

A snapshot holds the ids of all matching rows in order, 4 bytes a row, made by the server in one value. A page
is then `id = ANY(...)`, equally quick at any depth, for every sort key, for searches and for keys without an
index; and rows keep their place while others are inserted or removed. See docs/decisions.
"""

from __future__ import annotations

import asyncio
import re
import sys
from array import array
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, false, func, or_, select, text

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.listing import Count, FilterValue, ListQuery, Page
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.errors import UsageError

RowT = TypeVar("RowT")

MAX_ROWS = 10_000_000
"""The longest order that is fixed: 40 MB. Longer lists show their first ten million rows."""

_COUNT_EXACTLY_BELOW = 50_000
_SNAPSHOTS_KEPT = 6


@dataclass(frozen=True, slots=True)
class ListSpec(Generic[RowT]):
    """What a repository says about its list. `filters` maps a name to what makes the condition."""

    table: Table
    columns: Sequence[ColumnElement[Any]]
    source: FromClause
    row: Callable[[Any], RowT]
    sort_keys: Mapping[str, ColumnElement[Any]]
    search: Sequence[ColumnElement[Any]]
    filters: Mapping[str, Callable[[FilterValue], ColumnElement[bool]]] = field(default_factory=dict)


class ListReader(Generic[RowT]):
    """A `RowSource` over one `ListSpec`. Safe to call from several tasks of one event loop."""

    def __init__(self, database: Database, spec: ListSpec[RowT]) -> None:
        self._database = database
        self._spec = spec
        self._orders: OrderedDict[ListQuery, array[int]] = OrderedDict()
        self._preparing = asyncio.Lock()

    async def first_page(self, query: ListQuery, size: int) -> tuple[Page[RowT], Count]:
        """Return the first `size` rows as fast as can be, with a count that may be estimated."""
        statement = self._ordered(query, *self._spec.columns).limit(size)
        narrowed = bool(query.search or query.filters)

        def work(connection: Connection) -> tuple[list[Any], Count]:
            rows = list(connection.execute(statement))
            if len(rows) < size:
                return rows, Count(len(rows), exact=True)
            if narrowed:
                return rows, Count(len(rows), exact=False)
            return rows, self._estimate(connection)

        rows, count = await self._database.run(work)
        if count.exact and len(rows) == count.value:
            self._remember(query, array("i", [row.id for row in rows]))
        return Page(0, tuple(self._spec.row(row) for row in rows)), count

    async def prepare(self, query: ListQuery) -> Count:
        """Fix the order of all rows as it is now; return the exact count."""
        async with self._preparing:
            return Count(len(await self._fix(query)), exact=True)

    async def page(self, query: ListQuery, offset: int, size: int) -> Page[RowT]:
        """Return the rows at `offset` and after; a row that was removed since `prepare` is None."""
        ids = await self.ids(query, offset, size)
        rows = await self.by_ids(ids)
        return Page(offset, tuple(rows.get(row_id) for row_id in ids))

    async def ids(self, query: ListQuery, offset: int, size: int) -> list[int]:
        """Return the ids at `offset` and after, also those of rows that were removed since `prepare`."""
        order = self._orders.get(query)
        if order is None:
            async with self._preparing:
                order = self._orders.get(query)
                if order is None:
                    order = await self._fix(query)
        else:
            self._orders.move_to_end(query)
        return order[max(0, offset) : max(0, offset) + size].tolist()

    async def by_ids(self, ids: Sequence[int]) -> dict[int, RowT]:
        """Return the rows that exist among `ids`, by id."""
        if not ids:
            return {}
        spec = self._spec
        statement = (
            select(*spec.columns).select_from(spec.source).where(spec.table.c.id == func.any(list(ids)))
        )
        rows = await self._database.run(lambda connection: connection.execute(statement).all())
        return {row.id: spec.row(row) for row in rows}

    async def all(self, query: ListQuery, *, chunk: int = 2000) -> AsyncIterator[RowT]:
        """Yield every row of the list in order, a chunk at a time, in the order fixed now."""
        count = await self.prepare(query)
        for offset in range(0, count.value, chunk):
            for row in (await self.page(query, offset, chunk)).rows:
                if row is not None:
                    yield row

    def forget(self) -> None:
        """Drop all fixed orders, as after a change of the table."""
        self._orders.clear()

    async def _fix(self, query: ListQuery) -> array[int]:
        ordered = self._ordered(query, self._spec.table.c.id).limit(MAX_ROWS).subquery()
        statement = select(func.string_agg(func.int4send(ordered.c.id), text("''::bytea")))

        def work(connection: Connection) -> array[int]:
            # An index scan beats a sort by the database's collation on anything but spinning disks.
            connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off")
            packed = connection.execute(statement).scalar_one_or_none()
            order = array("i")
            order.frombytes(packed or b"")
            if sys.byteorder == "little":
                order.byteswap()
            return order

        order = await self._database.run(work)
        self._remember(query, order)
        return order

    def _remember(self, query: ListQuery, order: array[int]) -> None:
        self._orders[query] = order
        self._orders.move_to_end(query)
        while len(self._orders) > _SNAPSHOTS_KEPT:
            self._orders.popitem(last=False)

    def _ordered(self, query: ListQuery, *columns: ColumnElement[Any]) -> Select[Any]:
        spec = self._spec
        key = spec.sort_keys.get(query.sort.key)
        if key is None:
            raise UsageError(
                f"“{query.sort.key}” is nothing to sort by; there are: {', '.join(spec.sort_keys)}."
            )
        row_id = spec.table.c.id
        if query.sort.descending:
            order = [key.desc().nulls_last(), row_id.desc()]
        else:
            order = [key.asc(), row_id.asc()]  # PostgreSQL puts NULLs last by itself, and can use an index
        return select(*columns).select_from(spec.source).where(*self._conditions(query)).order_by(*order)

    def _conditions(self, query: ListQuery) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        for name, value in query.filters.items():
            make = self._spec.filters.get(name)
            if make is None:
                raise UsageError(
                    f"“{name}” is nothing to filter by; there are: {', '.join(self._spec.filters)}."
                )
            conditions.append(make(value))
        words = query.search.split()
        if not can_be_stored(query.search):
            return [false()]
        conditions.extend(
            or_(*(column.ilike(_pattern(word), escape="\\") for column in self._spec.search))
            for word in words
        )
        return conditions

    def _estimate(self, connection: Connection) -> Count:
        name = self._spec.table.name
        estimate = connection.exec_driver_sql(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%(name)s)", {"name": name}
        ).scalar_one_or_none()
        if estimate is None or estimate < _COUNT_EXACTLY_BELOW:
            exact = connection.execute(select(func.count()).select_from(self._spec.table)).scalar_one()
            return Count(exact, exact=True)
        return Count(int(estimate), exact=False)


def _pattern(word: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"
