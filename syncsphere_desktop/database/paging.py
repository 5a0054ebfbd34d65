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
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    false,
    func,
    or_,
    select,
    text,
)

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.listing import Count, FilterValue, ListQuery, Page
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.errors import UsageError

RowT = TypeVar("RowT")

MAX_ROWS = 10_000_000
"""The longest order that is fixed: 40 MB. Longer lists show their first ten million rows."""

# Of a table in parts, those of all its parts.
_ESTIMATE = """
SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_class c
WHERE c.oid = to_regclass(%(name)s) AND c.relkind <> 'p'
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%(name)s))
"""
_COUNT_EXACTLY_BELOW = 50_000
_SNAPSHOTS_KEPT = 6


Pattern = str
"""What `ILIKE` takes, with a backslash before what is meant literally."""


@dataclass(frozen=True, slots=True)
class ListSpec(Generic[RowT]):
    """What a repository says about its list. `filters` maps a name to what makes the condition.

    `search_through` makes further conditions of a search from a pattern, for texts of joined tables: to ask
    those alone is quicker than to join them to a million rows. While the list is narrowed by the filter
    `grouped_by[0]`, rows with the same value of the column `grouped_by[1]` stay together. `sort_sources` has
    what is read instead of `source` for a sort key that needs more joined to it. `completed` adds to the rows
    of a page what is better asked for all of them at once; it keeps their order. `wide_ids` are of eight
    bytes each.
    """

    table: Table
    columns: Sequence[ColumnElement[Any]]
    source: FromClause
    row: Callable[[Any], RowT]
    sort_keys: Mapping[str, ColumnElement[Any]]
    search: Sequence[ColumnElement[Any]]
    filters: Mapping[str, Callable[[FilterValue], ColumnElement[bool]]] = field(default_factory=dict)
    search_through: Sequence[Callable[[Pattern], ColumnElement[bool]]] = ()
    grouped_by: tuple[str, ColumnElement[Any]] | None = None
    sort_sources: Mapping[str, FromClause] = field(default_factory=dict)
    completed: Callable[[Connection, tuple[RowT, ...]], tuple[RowT, ...]] | None = None
    wide_ids: bool = False

    def rows(self, connection: Connection, found: Iterable[Any]) -> tuple[RowT, ...]:
        """Return what the columns of found rows stand for, completed in the same transaction."""
        rows = tuple(map(self.row, found))
        return rows if self.completed is None or not rows else self.completed(connection, rows)


SpecOn = Callable[[Connection], ListSpec[RowT]]
"""Chooses what a list is made of by what the connection's database has and its role may read."""


class ListReader(Generic[RowT]):
    """A `RowSource` over one `ListSpec`, or over the one that suits a connection; their tables are the same.

    Safe to call from several tasks of one event loop.
    """

    def __init__(self, database: Database, spec: ListSpec[RowT] | SpecOn[RowT]) -> None:
        self._database = database
        self._spec_on: SpecOn[RowT] = spec if callable(spec) else lambda _connection: spec
        self._orders: OrderedDict[ListQuery, array[int]] = OrderedDict()
        self._preparing = asyncio.Lock()

    async def first_page(self, query: ListQuery, size: int) -> tuple[Page[RowT], Count]:
        """Return the first `size` rows as fast as can be, with a count that may be estimated."""
        narrowed = bool(query.search or query.filters)

        def work(connection: Connection) -> tuple[list[int], tuple[RowT, ...], Count, str]:
            spec = self._spec_on(connection)
            code = _type_code(spec)
            found = list(connection.execute(_first_rows(spec, query, size)))
            ids, rows = [row.id for row in found], spec.rows(connection, found)
            if len(rows) < size:
                return ids, rows, Count(len(rows), exact=True), code
            if narrowed:
                return ids, rows, Count(len(rows), exact=False), code
            return ids, rows, _estimate(connection, spec.table), code

        ids, rows, count, type_code = await self._database.run(work)
        if count.exact and len(rows) == count.value:
            self._remember(query, array(type_code, ids))
        return Page(0, rows), count

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

        def work(connection: Connection) -> dict[int, RowT]:
            spec = self._spec_on(connection)
            statement = select(*spec.columns).select_from(spec.source)
            found = connection.execute(statement.where(spec.table.c.id == func.any(list(ids)))).all()
            return dict(zip((row.id for row in found), spec.rows(connection, found), strict=True))

        return await self._database.run(work)

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
        def work(connection: Connection) -> array[int]:
            spec = self._spec_on(connection)
            ordered = _ordered_ids(spec, query).limit(MAX_ROWS).subquery()
            sent = func.int8send(ordered.c.id) if spec.wide_ids else func.int4send(ordered.c.id)
            statement = select(func.string_agg(sent, text("''::bytea")))
            # An index scan beats a sort by the database's collation on anything but spinning disks.
            connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off")
            packed = connection.execute(statement).scalar_one_or_none()
            order = array(_type_code(spec))
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


def _type_code(spec: ListSpec[Any]) -> str:
    return "q" if spec.wide_ids else "i"


def _first_rows(spec: ListSpec[Any], query: ListQuery, size: int) -> Select[Any]:
    """Return the columns of the first rows. What is joined to them is joined to these alone."""
    first = _ordered_ids(spec, query).limit(size)
    if spec.source is spec.table:
        return first.with_only_columns(*spec.columns)
    ids = first.subquery("first")
    placed = select(ids.c.id, func.row_number().over().label("place")).subquery("placed")
    joined = select(*spec.columns).select_from(spec.source)
    return joined.join(placed, placed.c.id == spec.table.c.id).order_by(placed.c.place)


def _ordered_ids(spec: ListSpec[Any], query: ListQuery) -> Select[Any]:
    """Return the ids of all rows of a list in order.

    Joins that neither the order nor a condition asks for are left out by the server itself.
    """
    key = spec.sort_keys.get(query.sort.key)
    if key is None:
        raise UsageError(f"“{query.sort.key}” is nothing to sort by; there are: {', '.join(spec.sort_keys)}.")
    row_id = spec.table.c.id
    # Ascending, PostgreSQL puts NULLs last by itself, and can use an index.
    falling = query.sort.descending
    order = [_last_first(spec, key), row_id.desc()] if falling else [key.asc(), row_id.asc()]
    if spec.grouped_by is not None and query.filters.get(spec.grouped_by[0]):
        order = _together(spec.grouped_by[1], key, order, descending=falling)
    source = spec.sort_sources.get(query.sort.key, spec.source)
    return select(row_id).select_from(source).where(*_conditions(spec, query)).order_by(*order)


def _last_first(spec: ListSpec[Any], key: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a falling order with NULLs last; unsaid for a column without any, so that an index serves."""
    never_null = isinstance(key, Column) and key.table is spec.table and not key.nullable
    return key.desc() if never_null else key.desc().nulls_last()


def _together(
    group: ColumnElement[Any], key: ColumnElement[Any], order: list[Any], *, descending: bool
) -> list[Any]:
    """Return an order in which groups stand where the first of their rows would stand."""
    if key is group:
        return order
    first = func.first_value(key).over(partition_by=group, order_by=order)
    return [first.desc().nulls_last() if descending else first.asc(), group, *order]


def _conditions(spec: ListSpec[Any], query: ListQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name, value in query.filters.items():
        make = spec.filters.get(name)
        if make is None:
            raise UsageError(f"“{name}” is nothing to filter by; there are: {', '.join(spec.filters)}.")
        conditions.append(make(value))
    if not can_be_stored(query.search):
        return [false()]
    for word in query.search.split():
        pattern = _pattern(word)
        conditions.append(
            or_(
                *(column.ilike(pattern, escape="\\") for column in spec.search),
                *(make(pattern) for make in spec.search_through),
            )
        )
    return conditions


def _estimate(connection: Connection, table: Table) -> Count:
    estimate = connection.exec_driver_sql(_ESTIMATE, {"name": table.fullname}).scalar_one_or_none()
    if estimate is None or estimate < _COUNT_EXACTLY_BELOW:
        exact = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return Count(exact, exact=True)
    return Count(int(estimate), exact=False)


def _pattern(word: str) -> Pattern:
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"
