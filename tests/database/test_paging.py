"""Pages of a list are cuts of one order: that of all its rows, for every key, direction and search."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from syncsphere_desktop.database import paging
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader
from syncsphere_desktop.database.repositories.projects import PROJECTS
from syncsphere_desktop.database.repositories.users import USERS, UserRepository
from syncsphere_desktop.database.tables import projects, users
from syncsphere_desktop.domain.listing import Count, ListQuery, Sort
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.settings import ConnectionTarget

ALPHABET = "abAB%_\\'\"é🎛 x1"
NAMES = st.text(alphabet=ALPHABET, min_size=1, max_size=6)
TIMES = st.none() | st.integers(0, 3).map(lambda days: datetime(2024, 1, 1) + timedelta(days=days))
ROWS = st.lists(
    st.tuples(NAMES, st.none() | NAMES, st.none() | st.booleans(), TIMES, st.booleans()), max_size=25
)

# What the list is held to, written by hand.
ORDERS = {
    "name": "p.name",
    "owner": "u.username",
    "room_id": "p.room_id",
    "is_public": "p.is_public",
    "created_at": "p.created_at",
    "updated_at": "p.updated_at",
    "id": "p.id",
    "collaborators": "(SELECT count(*) FROM project_collaborators c WHERE c.project_id = p.id)",
}


@contextmanager
def _opened(target: ConnectionTarget) -> Iterator[Database]:
    database = Database(target, recovery_seconds=5.0)
    try:
        yield database
    finally:
        asyncio.run(database.shutdown())


def _fill(connection: Connection, rows: list[Any]) -> None:
    connection.execute(text("TRUNCATE projects, users RESTART IDENTITY CASCADE"))
    owner = connection.execute(
        users.insert().values(username="ow%ner", email="o@x", password_hash="-").returning(users.c.id)
    ).scalar_one()
    for number, (name, description, public, time, owned) in enumerate(rows):
        connection.execute(
            projects.insert().values(
                name=name,
                description=description,
                is_public=public,
                created_at=time,
                room_id=None if number % 3 else f"room{number}",
                owner_id=owner if owned else None,
            )
        )


def _expected(connection: Connection, query: ListQuery) -> list[int]:
    direction = "DESC" if query.sort.descending else "ASC"
    conditions, parameters = ["true"], {}
    for number, word in enumerate(query.search.split()):
        fields = ("p.name", "p.description", "p.room_id", "u.username")
        found = " OR ".join(f"strpos(lower({field}), lower(:w{number})) > 0" for field in fields)
        conditions.append(f"({found})")
        parameters[f"w{number}"] = word
    statement = (
        "SELECT p.id FROM projects p LEFT JOIN users u ON u.id = p.owner_id"
        f" WHERE {' AND '.join(conditions)}"
        f" ORDER BY {ORDERS[query.sort.key]} {direction} NULLS LAST, p.id {direction}"
    )
    return list(connection.execute(text(statement), parameters).scalars())


def test_pages_are_cuts_of_the_order_of_everything(target: ConnectionTarget) -> None:
    with _opened(target) as database, asyncio.Runner() as runner:

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(
            rows=ROWS,
            key=st.sampled_from(sorted(ORDERS)),
            descending=st.booleans(),
            search=st.just("") | st.text(alphabet=ALPHABET, max_size=4),
            size=st.integers(1, 9),
        )
        def check(rows: list[Any], key: str, descending: bool, search: str, size: int) -> None:
            query = ListQuery(Sort(key, descending), search=search)

            async def listed() -> None:
                reader = ListReader(database, PROJECTS.spec)
                await database.write(lambda connection: _fill(connection, rows))
                expected = await database.run(lambda connection: _expected(connection, query))
                first, count = await reader.first_page(query, size)
                assert [row.id for row in first.rows if row] == expected[:size]
                assert not count.exact or count.value == len(expected)
                assert await reader.prepare(query) == Count(len(expected), exact=True)
                found: list[int] = []
                for offset in range(0, len(expected) + size, size):
                    page = await reader.page(query, offset, size)
                    found += [row.id for row in page.rows if row]
                assert found == expected
                assert [row.id async for row in reader.all(query, chunk=size)] == expected

            runner.run(listed())

        check()
        assert sorted(PROJECTS.spec.sort_keys) == sorted(ORDERS)


async def test_a_search_that_no_text_can_hold_matches_nothing(database: Database) -> None:
    await UserRepository(database, "me").add(UserDraft("ada", "a@x", "-"))
    reader = ListReader(database, USERS.spec)
    for search in ("a\0", "\udcff"):
        assert await reader.prepare(ListQuery(Sort("id"), search=search)) == Count(0, exact=True)


async def test_the_count_of_a_long_list_is_estimated_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "_COUNT_EXACTLY_BELOW", 100)
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO users (username, email, password_hash)"
            " SELECT 'u' || n, 'u' || n || '@x', '-' FROM generate_series(1, 500) n; ANALYZE users"
        )
    )
    reader = ListReader(database, USERS.spec)
    _, count = await reader.first_page(ListQuery(Sort("id")), 10)
    assert count == Count(500, exact=False)
    _, narrowed = await reader.first_page(ListQuery(Sort("id"), search="u1"), 10)
    assert narrowed == Count(10, exact=False)
    monkeypatch.setattr(paging, "_COUNT_EXACTLY_BELOW", 50_000)
    _, exact = await reader.first_page(ListQuery(Sort("id")), 10)
    assert exact == Count(500, exact=True)


async def test_a_page_asked_for_by_many_at_once_fixes_one_order(database: Database) -> None:
    await UserRepository(database, "me").add(UserDraft("ada", "a@x", "-"))
    reader = ListReader(database, USERS.spec)
    query = ListQuery(Sort("username"))
    pages = await asyncio.gather(*(reader.page(query, 0, 5) for _ in range(4)))
    assert [row.username for page in pages for row in page.rows if row] == ["ada"] * 4
    reader.forget()
    assert (await reader.page(query, -3, 5)).rows == pages[0].rows
    assert await reader.by_ids([]) == {}


async def test_old_orders_are_dropped_and_made_again(database: Database) -> None:
    await UserRepository(database, "me").add(UserDraft("ada", "a@x", "-"))
    reader = ListReader(database, USERS.spec)
    queries = [ListQuery(Sort("username"), search=letter) for letter in "a@x" * 4]
    queries += [ListQuery(Sort(key, descending)) for key in ("id", "email") for descending in (True, False)]
    for query in queries * 2:
        assert len((await reader.page(query, 0, 5)).rows) == 1
