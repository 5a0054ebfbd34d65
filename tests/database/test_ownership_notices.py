"""Changes of ownership are told with their values, by whoever they were made; a flood stays small."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.database.ownership_notices import (
    OwnershipNotices,
    PendingOwnership,
    parse_ownership,
)
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import ChangeSource, OwnershipChange, OwnershipNews, ReadAgain
from syncsphere_desktop.settings import ConnectionTarget
from tests.database.ownership import box, fill, hold
from tests.database_work import kill_all, until
from tests.servers import execute, session

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Heard:
    """What was told, to be waited for."""

    def __init__(self) -> None:
        self.news: list[OwnershipNews] = []
        self.batches = 0
        self._came = asyncio.Event()

    def take(self, news: Sequence[OwnershipNews]) -> None:
        """Keep what is new."""
        self.news.extend(news)
        self.batches += 1
        self._came.set()

    async def count(self, wanted: int) -> list[OwnershipNews]:
        """Wait until so much was told."""
        async with asyncio.timeout(30):
            while len(self.news) < wanted:
                self._came.clear()
                await self._came.wait()
        return self.news


@asynccontextmanager
async def listening(database: Database) -> AsyncIterator[tuple[OwnershipNotices, Heard]]:
    notices, heard = OwnershipNotices(database, poll_seconds=0.05), Heard()
    notices.subscribe(heard.take)
    await notices.start()
    try:
        yield notices, heard
    finally:
        await notices.shutdown()


def change(
    owner: int | None, previous: int | None, number: int = 1, *, row: int = 1, gone: bool = False
) -> OwnershipChange:
    return OwnershipChange(
        NOW,
        ProjectId(1),
        box(number),
        None if owner is None else UserId(owner),
        None if previous is None else UserId(previous),
        ChangeSource.NOTICE,
        OwnershipId(row),
        gone,
    )


async def test_a_notice_has_all_values(database: Database, target: ConnectionTarget) -> None:
    fill(target)
    async with listening(database) as (notices, heard):
        assert notices.mode is ListenerMode.LIVE
        hold(target, 1, 1)
        execute(target, "UPDATE box_ownership SET owner_id = 2", "DELETE FROM box_ownership")
        claimed, handed, gone = await heard.count(3)

    for told, expected in (
        (claimed, change(1, None)),
        (handed, change(2, 1)),
        (gone, change(None, 2, gone=True)),
    ):
        assert isinstance(told, OwnershipChange)
        assert abs(told.at - datetime.now(UTC)) < timedelta(minutes=5)
        assert told == OwnershipChange(
            told.at,
            expected.project_id,
            expected.box_uuid,
            expected.owner_id,
            expected.previous_owner_id,
            ChangeSource.NOTICE,
            expected.row_id,
            expected.gone,
        )


async def test_an_own_change_is_known_as_such(database: Database, target: ConnectionTarget) -> None:
    fill(target)
    statement = f"INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (1, '{box(1)}', 1)"
    async with listening(database) as (_notices, heard):
        await database.write(lambda connection: connection.exec_driver_sql(statement).rowcount)
        [told] = await heard.count(1)

    assert isinstance(told, OwnershipChange)
    assert told.source is ChangeSource.OWN


async def test_many_rows_of_one_statement_name_the_projects_to_read(
    database: Database, target: ConnectionTarget
) -> None:
    fill(target)
    many = "INSERT INTO box_ownership (project_id, box_uuid, owner_id) SELECT {}, gen_random_uuid(), 1"
    async with listening(database) as (_notices, heard):
        execute(target, many.format(1) + " FROM generate_series(1, 50)")
        await heard.count(50)
        heard.news.clear()
        execute(target, many.format("1 + i % 2") + " FROM generate_series(1, 5000) AS i")
        assert set(await heard.count(2)) == {ReadAgain(ProjectId(1)), ReadAgain(ProjectId(2))}
        heard.news.clear()
        execute(target, many.format("NULL::integer"))
        assert await heard.count(1) == [ReadAgain()]


async def test_a_flood_is_told_whole_and_in_order(database: Database, target: ConnectionTarget) -> None:
    fill(target)
    hold(target, None, 1)
    async with listening(database) as (_notices, heard):
        with session(target) as writer, writer.cursor() as cursor:
            for number in range(500):
                cursor.execute(f"UPDATE box_ownership SET owner_id = {1 + number % 3}")
        told = await heard.count(500)

    assert [news.owner_id for news in told if isinstance(news, OwnershipChange)] == [
        1 + number % 3 for number in range(500)
    ]


async def test_one_transaction_of_many_statements_ends_with_a_wish_to_read(
    database: Database, target: ConnectionTarget
) -> None:
    fill(target)
    hold(target, None, 1)
    flood = "DO $$ BEGIN FOR i IN 1..300 LOOP UPDATE box_ownership SET owner_id = 1 + i % 3; END LOOP; END $$"
    async with listening(database) as (_notices, heard):
        execute(target, flood)
        async with asyncio.timeout(30):
            await until(lambda: ReadAgain() in heard.news)

    assert len(heard.news) <= 51


async def test_a_truncate_is_a_wish_to_read(database: Database, target: ConnectionTarget) -> None:
    fill(target)
    hold(target, 1, 1)
    async with listening(database) as (_notices, heard):
        execute(target, "TRUNCATE box_ownership")
        assert await heard.count(1) == [ReadAgain()]


async def test_a_change_that_could_not_be_recorded_is_told_all_the_same(
    database: Database, target: ConnectionTarget
) -> None:
    fill(target)
    execute(target, "DROP TABLE syncsphere_desktop.ownership_events")
    async with listening(database) as (_notices, heard):
        hold(target, 1, 1)
        assert await heard.count(1) == [ReadAgain()]


async def test_after_a_lost_connection_everything_is_read_again(
    database: Database, target: ConnectionTarget
) -> None:
    async with listening(database) as (_notices, heard):
        kill_all(target)
        assert await heard.count(1) == [ReadAgain()]


async def test_without_triggers_the_table_is_counted(database: Database, target: ConnectionTarget) -> None:
    fill(target)
    MigrationRunner(target).downgrade("0006")
    async with listening(database) as (notices, heard):
        assert notices.mode is ListenerMode.POLLING
        execute(target, "INSERT INTO users (username, email, password_hash) VALUES ('di', 'd@x', '-')")
        hold(target, 1, 1)
        assert await heard.count(1) == [ReadAgain()]


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"projects": 5}',
        '{"projects": ["1"]}',
        '{"rows": [[1, 1, "no uuid", 1, null, "claimed"]], "at": 1, "origin": null}',
        '{"rows": [[1, 1]], "at": 1, "origin": null}',
        '{"rows": [["1", 1, "00000000000000000000000000000001", 1, null, ""]], "at": 1, "origin": ""}',
        '{"rows": [], "at": 1e300, "origin": null}',
        '{"rows": [], "at": "NaN", "origin": null}',
        "[" * 100_000,
    ],
)
def test_what_is_no_notice_of_ours_is_nothing(payload: str) -> None:
    assert list(parse_ownership(payload, "")) == []


def test_pending_changes_stay_bounded_and_keep_the_newest_owner() -> None:
    pending = PendingOwnership()
    pending.add(change(1, None, 7, row=7))
    for number in range(50_000):
        pending.add(change(1 + number % 3, 3, number % 100, row=number % 100))
    told = pending.take()

    assert len(told) <= 20_000
    newest = {news.row_id: news.owner_id for news in told if isinstance(news, OwnershipChange)}
    assert newest == {number: 1 + (49_900 + number) % 3 for number in range(100)}
    first = next(news for news in told if isinstance(news, OwnershipChange) and news.row_id == 7)
    assert first.previous_owner_id is None


def test_too_many_rows_are_a_wish_to_read() -> None:
    pending = PendingOwnership()
    for number in range(30_000):
        pending.add(change(1, None, number, row=number))
    pending.add(ReadAgain(ProjectId(3)))

    assert pending.take() == [ReadAgain()]
    assert pending.take() == []
