"""What stored versions hold is read in the background, also of those that arrive later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import text

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundle_reading import keep_bundles_read
from syncsphere_desktop.studio.session import Session

_PROJECT = """INSERT INTO users (username, email, password_hash) VALUES ('ada', 'a@studio.example', '-');
INSERT INTO projects (name, owner_id) SELECT 'Tape', id FROM users"""
_VERSION = (
    "INSERT INTO project_bundles (project_id, bundle_data, version) SELECT id, :data, :number FROM projects"
)
_KNOWN = "SELECT count(*) FROM syncsphere_desktop.bundle_facts"


async def _add_version(session: Session, number: int) -> None:
    data = (RESOURCES / "sample" / f"studio-project-v{number}.odb").read_bytes()
    await session.database.write(
        lambda connection: connection.execute(text(_VERSION), {"data": data, "number": number}).rowcount
    )


async def _known(session: Session) -> int:
    return int(await session.database.run(lambda connection: connection.execute(text(_KNOWN)).scalar_one()))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # told by a callback
            await asyncio.sleep(0.01)


async def test_versions_are_read_now_and_when_they_arrive(
    target: ConnectionTarget,
) -> None:
    session = await Session.open(target, "tester")
    read: list[bool] = []
    reading: asyncio.Task[None] | None = None
    try:
        await session.database.write(lambda connection: connection.execute(text(_PROJECT)).rowcount)
        await _add_version(session, 1)
        reading = asyncio.create_task(keep_bundles_read(session, lambda: read.append(True)))
        await _until(lambda: len(read) == 1)
        assert await _known(session) == 1
        await _add_version(session, 2)
        await _until(lambda: len(read) == 2)
        assert await _known(session) == 2
    finally:
        if reading is not None:
            reading.cancel()
            await asyncio.wait([reading])
        await session.shutdown()
