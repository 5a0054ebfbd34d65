"""The listener tells of changes by whoever, merges floods, and comes back by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.change_events import PendingChanges, parse_notice
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.notifications import (
    ChangeEvent,
    ChangeListener,
    EverythingMayHaveChanged,
    ListenerMode,
    Operation,
    TableChanged,
)
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute, role, session

T = TypeVar("T")

ADD = "INSERT INTO users (username, email, password_hash) SELECT {n} || 'u' || i, {n} || 'e' || i, '-'"
CHANNEL = "syncsphere_desktop_changes"


def add_users(count: int, prefix: int = 0) -> str:
    return ADD.format(n=prefix) + f" FROM generate_series(1, {count}) AS i"


class Heard:
    """What a listener told, to be waited for."""

    def __init__(self) -> None:
        self.events: list[ChangeEvent] = []
        self.modes: list[ListenerMode] = []
        self._news = asyncio.Event()

    def take_event(self, event: ChangeEvent) -> None:
        """Keep an event."""
        self.events.append(event)
        self._news.set()

    def take_mode(self, mode: ListenerMode) -> None:
        """Keep a mode."""
        self.modes.append(mode)
        self._news.set()

    async def until(self, condition: Callable[[], T]) -> T:
        """Wait until the condition gives something true."""
        async with asyncio.timeout(30):
            while not (found := condition()):
                self._news.clear()
                await self._news.wait()
        return found

    async def changes(self, operation: Operation) -> list[TableChanged]:
        """Wait for events of this operation."""
        return await self.until(
            lambda: [
                event
                for event in self.events
                if isinstance(event, TableChanged) and event.operation is operation
            ]
        )


@asynccontextmanager
async def listening(
    database: Database, poll_seconds: float = 0.1
) -> AsyncIterator[tuple[ChangeListener, Heard]]:
    listener, heard = ChangeListener(database, poll_seconds=poll_seconds), Heard()
    listener.subscribe(heard.take_event)
    listener.subscribe_mode(heard.take_mode)
    await listener.start()
    try:
        yield listener, heard
    finally:
        await listener.shutdown()


async def test_a_change_of_somebody_else_is_told(database: Database, target: ConnectionTarget) -> None:
    async with listening(database) as (listener, heard):
        assert listener.mode is ListenerMode.LIVE
        execute(target, add_users(3))
        assert await heard.changes(Operation.INSERT) == [
            TableChanged("users", Operation.INSERT, (1, 2, 3), 3, own=False)
        ]
        execute(target, "UPDATE users SET username = 'ada' WHERE id = 2")
        assert await heard.changes(Operation.UPDATE) == [
            TableChanged("users", Operation.UPDATE, (2,), 1, own=False)
        ]
        execute(target, "DELETE FROM users WHERE id = 3")
        assert await heard.changes(Operation.DELETE) == [
            TableChanged("users", Operation.DELETE, (3,), 1, own=False)
        ]
        execute(target, "TRUNCATE users CASCADE")
        truncated = await heard.changes(Operation.TRUNCATE)
        assert "users" in {event.table for event in truncated}
        assert all(event.count is None and not event.knows_all_ids for event in truncated)


async def test_an_own_change_is_known_as_such(database: Database) -> None:
    def add(connection: Connection) -> None:
        connection.exec_driver_sql(add_users(1))

    async with listening(database) as (_listener, heard):
        await database.write(add)
        [event] = await heard.changes(Operation.INSERT)

    assert event.own
    assert event.knows_all_ids


async def test_the_change_of_many_rows_names_some_and_counts_all(
    database: Database, target: ConnectionTarget
) -> None:
    async with listening(database) as (_listener, heard):
        execute(target, add_users(20_000))
        [event] = await heard.changes(Operation.INSERT)

    assert event.count == 20_000
    assert len(event.ids) == 50
    assert not event.knows_all_ids


async def test_a_change_that_touched_no_row_is_not_told(database: Database, target: ConnectionTarget) -> None:
    async with listening(database) as (_listener, heard):
        execute(target, "UPDATE users SET email = email", "DELETE FROM users", add_users(1))
        await heard.changes(Operation.INSERT)

    assert len(heard.events) == 1


async def test_a_change_that_was_rolled_back_is_not_told(
    database: Database, target: ConnectionTarget
) -> None:
    async with listening(database) as (_listener, heard):
        execute(target, f"BEGIN; {add_users(1)}; ROLLBACK", add_users(1, prefix=2))
        [event] = await heard.changes(Operation.INSERT)

    assert event.count == 1


async def test_a_cascade_tells_of_each_table_once(database: Database, target: ConnectionTarget) -> None:
    execute(
        target,
        add_users(1),
        "INSERT INTO projects (name, owner_id) SELECT 'P' || i, 1 FROM generate_series(1, 300) AS i",
        "INSERT INTO box_ownership (project_id, box_uuid) SELECT id, gen_random_uuid() FROM projects",
    )
    async with listening(database) as (_listener, heard):
        execute(target, "DELETE FROM projects")
        await heard.until(lambda: len(heard.events) >= 2)

    assert {(event.table, event.count) for event in await heard.changes(Operation.DELETE)} == {
        ("projects", 300),
        ("box_ownership", 300),
    }


async def test_a_flood_of_single_statements_is_a_few_events(
    database: Database, target: ConnectionTarget
) -> None:
    execute(target, add_users(400))
    one_by_one = (
        "DO $$ BEGIN FOR i IN 1..400 LOOP UPDATE users SET email = 'x' || i WHERE id = i; END LOOP; END $$"
    )
    async with listening(database) as (_listener, heard):
        with session(target) as writer, writer.cursor() as cursor:
            cursor.execute(one_by_one)  # one transaction: PostgreSQL itself merges what is over 50
            for i in range(1, 401):
                cursor.execute("UPDATE users SET email = %s WHERE id = %s", (f"y{i}", i))
            cursor.execute("DELETE FROM users WHERE id = 1")
        await heard.changes(Operation.DELETE)
        updates = await heard.changes(Operation.UPDATE)

    assert len(updates) < 200
    assert {one for event in updates for one in event.ids} == set(range(1, 401))


async def test_a_writer_without_any_right_on_our_schema_is_not_hindered(
    database: Database, target: ConnectionTarget
) -> None:
    execute(target, "REVOKE USAGE ON SCHEMA syncsphere_desktop FROM PUBLIC")
    grants = ("GRANT INSERT ON users TO {role}", "GRANT USAGE ON SEQUENCE users_id_seq TO {role}")
    async with listening(database) as (_listener, heard):
        with role(target, *grants) as service:
            execute(service, add_users(1))
            [event] = await heard.changes(Operation.INSERT)

    assert event.ids == (1,)


async def test_a_writer_with_odd_names_and_paths_is_not_hindered(
    database: Database, target: ConnectionTarget
) -> None:
    async with listening(database) as (_listener, heard):
        with session(target, application_name='a "quoted"\\ name') as writer, writer.cursor() as cursor:
            cursor.execute("SELECT set_config('syncsphere_desktop.origin', repeat('\"é', 9000), false)")
            cursor.execute("SELECT set_config('syncsphere_desktop.notices_sent', 'many', false)")
            cursor.execute(add_users(1).replace("INTO users", "INTO public.users"))
            cursor.execute("RESET syncsphere_desktop.notices_sent")
            cursor.execute(add_users(100, prefix=2))
        [event] = await heard.changes(Operation.INSERT)

    assert event.count == 100
    assert execute(target, "SELECT count(*) FROM users") == [(101,)]


async def test_a_lost_connection_comes_back_and_says_that_something_may_be_missed(
    database: Database, target: ConnectionTarget
) -> None:
    async with listening(database) as (listener, heard):
        execute(
            target,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%pg_stat_all_tables%' AND pid <> pg_backend_pid()"
            " AND datname = current_database()",
        )
        await heard.until(lambda: EverythingMayHaveChanged() in heard.events)
        assert heard.modes == [ListenerMode.LIVE, ListenerMode.OFF, ListenerMode.LIVE]
        execute(target, add_users(1))
        await heard.changes(Operation.INSERT)
        assert listener.mode is ListenerMode.LIVE


async def test_without_triggers_the_tables_are_counted(database: Database, target: ConnectionTarget) -> None:
    MigrationRunner(target).downgrade("0002")
    async with listening(database) as (listener, heard):
        assert listener.mode is ListenerMode.POLLING
        execute(target, add_users(4))
        [event] = await heard.changes(Operation.INSERT)
        assert event == TableChanged("users", Operation.INSERT, (), 4, own=False)
        execute(target, "TRUNCATE users CASCADE")
        await heard.changes(Operation.TRUNCATE)


async def test_the_listener_goes_live_once_the_triggers_are_there(
    database: Database, target: ConnectionTarget
) -> None:
    runner = MigrationRunner(target)
    runner.downgrade("0002")
    async with listening(database) as (listener, heard):
        await asyncio.to_thread(runner.upgrade)
        await heard.until(lambda: listener.mode is ListenerMode.LIVE)
        await heard.until(lambda: EverythingMayHaveChanged() in heard.events)
        heard.events.clear()
        execute(target, add_users(1))
        [event] = await heard.changes(Operation.INSERT)

    assert event.ids == (1,)


async def test_a_server_that_is_away_does_not_keep_the_listener_from_starting(
    database: Database, target: ConnectionTarget
) -> None:
    execute(target, f"ALTER DATABASE {target.profile.database} WITH CONNECTION LIMIT 0")
    with role(target) as limited:
        away = Database(limited)
        async with listening(away) as (listener, heard):
            assert listener.mode is ListenerMode.OFF
            execute(target, f"ALTER DATABASE {target.profile.database} WITH CONNECTION LIMIT -1")
            await heard.until(lambda: listener.mode is ListenerMode.LIVE)
            await heard.until(lambda: EverythingMayHaveChanged() in heard.events)
        await away.shutdown()


async def test_shutdown_leaves_no_thread_and_no_connection(
    database: Database, target: ConnectionTarget
) -> None:
    listener = ChangeListener(database)
    await listener.shutdown()  # never started
    await listener.start()
    await listener.start()
    await listener.shutdown()
    await listener.shutdown()

    assert "database-listener" not in {thread.name for thread in threading.enumerate()}
    query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_stat_all_tables%%' AND datname = %s"
    with session(target) as connection, connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(query, (target.profile.database,))
            [count] = cursor.fetchone() or (0,)
            if count <= 1:  # the question itself
                return
            await asyncio.sleep(0.05)
    pytest.fail("the connection stays")


async def test_who_unsubscribed_hears_nothing(database: Database, target: ConnectionTarget) -> None:
    async with listening(database) as (listener, heard):
        others: list[ChangeEvent] = []
        unsubscribe = listener.subscribe(others.append)
        unsubscribe()
        unsubscribe()
        execute(target, add_users(1))
        await heard.changes(Operation.INSERT)

    assert others == []


async def test_nonsense_on_the_channel_is_ignored(database: Database, target: ConnectionTarget) -> None:
    async with listening(database) as (_listener, heard):
        execute(target, f"NOTIFY {CHANNEL}, 'hello'", f"NOTIFY {CHANNEL}", add_users(1))
        await heard.changes(Operation.INSERT)

    assert len(heard.events) == 1


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        "null",
        '{"table": "users"}',
        '{"table": "secrets", "operation": "INSERT", "ids": [], "count": 0, "origin": ""}',
        '{"table": "users", "operation": "DROP", "ids": [], "count": 0, "origin": ""}',
        '{"table": "users", "operation": "INSERT", "ids": ["1"], "count": 1, "origin": ""}',
        '{"table": "users", "operation": "INSERT", "ids": 5, "count": 1, "origin": ""}',
        '{"table": "users", "operation": "INSERT", "ids": [1], "count": "1", "origin": ""}',
        '{"table": ["users"], "operation": "INSERT", "ids": [1], "count": 1, "origin": ""}',
        "[" * 100_000,
    ],
)
def test_what_is_no_notice_of_ours_is_nothing(payload: str) -> None:
    assert parse_notice(payload, "") is None


def test_pending_changes_stay_bounded() -> None:
    pending = PendingChanges()
    for number in range(30_000):
        pending.add(TableChanged("users", Operation.UPDATE, (number,), 1, own=False))
    [event] = pending.take()

    assert isinstance(event, TableChanged)
    assert event.count == 30_000
    assert len(event.ids) == 1000
    assert pending.take() == []


def test_the_same_row_changed_twice_is_one_row() -> None:
    pending = PendingChanges()
    pending.add(TableChanged("users", Operation.UPDATE, (1, 2), 2, own=False))
    pending.add(TableChanged("users", Operation.UPDATE, (2, 3), 2, own=False))

    assert pending.take() == [TableChanged("users", Operation.UPDATE, (1, 2, 3), 3, own=False)]


def test_everything_swallows_the_rest() -> None:
    pending = PendingChanges()
    pending.add(TableChanged("users", Operation.UPDATE, (1,), 1, own=False))
    pending.add(EverythingMayHaveChanged())
    pending.add(TableChanged("users", Operation.UPDATE, (1,), 1, own=False))

    assert pending.take() == [EverythingMayHaveChanged()]
