"""Work on a database, and ways to disturb it, that several tests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import Connection, select

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.tables import users
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute


def add(name: str) -> Callable[[Connection], int]:
    """Return the work that adds a user of that name and gives the id."""

    def work(connection: Connection) -> int:
        row = users.insert().values(username=name, email=f"{name}@x", password_hash="-")
        added: int = connection.execute(row.returning(users.c.id)).scalar_one()
        return added

    return work


async def names(database: Database) -> list[str]:
    """Return the names of all users, in the order they were added."""
    statement = select(users.c.username).order_by(users.c.id)
    return list(await database.run(lambda c: c.execute(statement).scalars().all()))


def kill_all(target: ConnectionTarget) -> None:
    """End every other connection to the database."""
    execute(
        target,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; the test's own time-out ends it otherwise."""
    while not condition():  # noqa: ASYNC110  # the condition is a listener's
        await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(target: ConnectionTarget, seconds: float = 10.0) -> AsyncIterator[Database]:
    """Open a database that recovers for that long, and shut it down in the end."""
    database = Database(target, recovery_seconds=seconds)
    try:
        yield database
    finally:
        await database.shutdown()
