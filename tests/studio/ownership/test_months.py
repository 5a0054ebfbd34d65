"""Months of the history are made behind whoever works with it, also for who may not."""

from __future__ import annotations

import asyncio

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.ownership_months import HistoryMonths
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.months import keep_months_made
from tests.servers import execute


async def test_missing_months_are_made_again_and_again_and_what_fails_is_tried_later(
    database: Database, target: ConnectionTarget
) -> None:
    months = await HistoryMonths(database).list()
    last = f"syncsphere_desktop.ownership_events_{months[-1]:%Y_%m}"
    database.restrict("Not now.")
    keeping = asyncio.create_task(keep_months_made(database, every=0.02))
    execute(target, f"DROP TABLE {last}")
    await asyncio.sleep(0.1)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})

    other = Database(target)
    keeping = asyncio.create_task(keep_months_made(other, every=0.02))
    async with asyncio.timeout(20):
        while await HistoryMonths(other).list() != months:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    keeping.cancel()
    await asyncio.wait({keeping})
    await other.shutdown()
