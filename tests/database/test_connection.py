"""`Database` runs work in one transaction on a worker thread, and comes back after a break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select, text

from syncsphere_desktop.database.connection import Database, Health
from syncsphere_desktop.database.tables import users
from syncsphere_desktop.errors import DuplicateError, ReadOnlyError


def _add(name: str, connection: Connection) -> int:
    statement = (
        users.insert().values(username=name, email=f"{name}@x", password_hash="-").returning(users.c.id)
    )
    added: int = connection.execute(statement).scalar_one()
    return added


async def _names(database: Database) -> list[str]:
    return list(await database.run(lambda c: c.execute(select(users.c.username)).scalars().all()))


async def test_a_write_is_committed(database: Database) -> None:
    await database.write(lambda c: _add("ada", c))
    assert await _names(database) == ["ada"]


async def test_a_failed_write_leaves_nothing_and_is_translated(database: Database) -> None:
    await database.write(lambda c: _add("ada", c))
    with pytest.raises(DuplicateError) as caught:
        await database.write(lambda c: (_add("bob", c), _add("ada", c)))
    assert caught.value.field == "username"
    assert await _names(database) == ["ada"]


async def test_run_refuses_to_write(database: Database) -> None:
    with pytest.raises(ReadOnlyError):
        await database.run(lambda c: _add("ada", c))
    await database.write(lambda c: _add("ada", c))  # the connection is not read-only for the next


async def test_a_cancelled_read_ends_on_the_server(database: Database) -> None:
    task = asyncio.create_task(database.run(lambda c: c.exec_driver_sql("SELECT pg_sleep(20)").all()))
    await asyncio.sleep(0.3)
    loop = asyncio.get_running_loop()
    start = loop.time()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert loop.time() - start < 2
    active = await database.run(
        lambda c: c.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%' AND state = 'active'"
        ).scalar_one()
    )
    assert active == 0


async def test_killed_connections_are_replaced_unseen(database: Database) -> None:
    def kill_me_once(connection: Connection) -> int:
        if not killed:
            killed.append(True)
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return _add("ada", connection)

    killed: list[bool] = []
    await database.write(kill_me_once)
    assert await _names(database) == ["ada"]
    assert database.state.health is Health.CONNECTED


async def test_moments_that_python_cannot_hold_are_absent_and_break_nothing(database: Database) -> None:
    await database.write(lambda c: _add("ada", c))

    def store(moment: str) -> Callable[[Connection], object]:
        statement = users.update().values(created_at=text(f"'{moment}'::timestamp"))
        return lambda connection: connection.execute(statement).rowcount

    def read(connection: Connection) -> object:
        return connection.execute(select(users.c.created_at)).scalar_one()

    for moment in ("0044-03-15 BC", "294276-12-31", "infinity", "-infinity"):
        await database.write(store(moment))
        assert await database.run(read) is None
    await database.write(store("2026-01-02 03:04:05"))
    assert str(await database.run(read)) == "2026-01-02 03:04:05"
