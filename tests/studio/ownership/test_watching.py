from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from typing_extensions import override

from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership import ChangeSource, OwnershipChange, ReadAgain
from syncsphere_desktop.domain.ownership_agreement import AgreementState
from syncsphere_desktop.errors import AppError, ConnectionLostError
from syncsphere_desktop.feed.messages import ServerRefused, UserJoined, UserLeft
from syncsphere_desktop.feed.state import Overflowed
from syncsphere_desktop.studio.ownership.watch_ports import ALL, WatchPacing
from syncsphere_desktop.studio.ownership.watch_status import WatchWay
from syncsphere_desktop.studio.ownership.watching import OwnershipWatch
from tests.fakes.ownership_sources import FakeFeed, FakeNotices, FakeTable

P, Q = ProjectId(1), ProjectId(2)
ADA, BOB, EVE = UserId(1), UserId(2), UserId(3)
BOX, OTHER = UUID(int=1), UUID(int=2)
QUICK = WatchPacing(
    read_pause=0.002, read_share=1.0, poll=0.05, tick=0.01, batch=0.001, retry=0.02, answer=0.2
)


@dataclass
class Studio:
    """A watch over fakes; `changes` are all that it told."""

    table: FakeTable
    notices: FakeNotices
    feed: FakeFeed
    watch: OwnershipWatch
    changes: list[OwnershipChange] = field(default_factory=list)

    def owner(self, project: ProjectId = P, box: UUID = BOX) -> UserId | None:
        found = self.watch.picture(project).boxes.get(box)
        return None if found is None else found.owner_id

    def way(self) -> WatchWay:
        return self.watch.status.way

    @property
    def is_true(self) -> bool:
        """Whether every picture is the table."""
        return all(
            {box: shown.owner_id for box, shown in picture.boxes.items()} == self.table.rows.get(project, {})
            and not picture.unconfirmed
            for project, picture in self.watch.pictures.items()
        )


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


@asynccontextmanager
async def watching(
    *,
    notices: ListenerMode = ListenerMode.LIVE,
    has_feed: bool = True,
    pacing: WatchPacing = QUICK,
) -> AsyncIterator[Studio]:
    table, sayer, feed = FakeTable(P, Q), FakeNotices(notices), FakeFeed()
    table.put(P, BOX, ADA)
    table.put(Q, OTHER, BOB)
    feed.server = {P: {BOX: ADA}, Q: {OTHER: BOB}}
    watch = OwnershipWatch(table, sayer, feed if has_feed else None, pacing=pacing)
    studio = Studio(table, sayer, feed, watch)
    watch.subscribe(studio.changes.extend)
    watch.show([P])
    await watch.start()
    if has_feed:
        feed.connect()
    try:
        yield studio
    finally:
        await watch.shutdown()
        assert not feed.is_running
        assert not sayer.is_running


async def test_the_table_is_read_before_anything_is_told() -> None:
    async with watching() as studio:
        assert studio.owner() is None
        await until(lambda: studio.owner() == ADA)
        assert studio.changes == []


async def test_a_claim_is_shown_at_once_and_confirmed_by_a_notice() -> None:
    async with watching() as studio:
        await until(lambda: studio.owner() == ADA)
        studio.feed.claim(P, BOX, BOB)
        assert studio.owner() == BOB
        assert studio.watch.picture(P).unconfirmed == {BOX}
        studio.notices.tell(studio.table.put(P, BOX, BOB))
        assert studio.is_true
        await until(lambda: len(studio.changes) == 1)
        assert studio.changes[0].source is ChangeSource.FEED


async def test_without_notices_the_table_is_read_to_confirm_a_claim() -> None:
    async with watching(notices=ListenerMode.OFF) as studio:
        await until(lambda: studio.owner() == ADA)
        studio.table.put(P, BOX, BOB)
        studio.feed.claim(P, BOX, BOB)
        await until(lambda: studio.is_true and studio.owner() == BOB)
        assert studio.way() is WatchWay.FEED


async def test_a_claim_that_never_reaches_the_table_is_taken_back() -> None:
    async with watching() as studio:
        await until(lambda: studio.owner() == ADA)
        studio.feed.claim(P, BOX, BOB)
        assert studio.owner() == BOB
        await until(lambda: studio.owner() == ADA)
        assert [c.source for c in studio.changes] == [ChangeSource.FEED, ChangeSource.TABLE]


async def test_a_claim_by_somebody_without_an_id_shows_nobody() -> None:
    async with watching() as studio:
        await until(lambda: studio.owner() == ADA)
        studio.feed.claim(P, BOX, "guest-7")
        assert studio.owner() == ADA


async def test_reconnect_reads_the_table_again() -> None:
    async with watching(notices=ListenerMode.OFF, pacing=replace(QUICK, poll=60.0)) as studio:
        await until(lambda: studio.owner() == ADA)
        studio.feed.disconnect()
        studio.table.put(P, BOX, EVE)
        studio.feed.connect()
        await until(lambda: studio.owner() == EVE)
        assert [c.source for c in studio.changes] == [ChangeSource.TABLE]


@pytest.mark.parametrize("news", [ReadAgain(), ReadAgain(P)])
async def test_what_notices_left_out_is_read(news: ReadAgain) -> None:
    async with watching(has_feed=False) as studio:
        await until(lambda: studio.owner() == ADA)
        studio.table.put(P, BOX, EVE)
        studio.notices.tell(news)
        await until(lambda: studio.owner() == EVE)


async def test_a_feed_that_overflowed_is_made_up_for_by_the_table() -> None:
    async with watching(notices=ListenerMode.OFF, pacing=replace(QUICK, poll=60.0)) as studio:
        await until(lambda: studio.owner() == ADA)
        studio.table.put(P, BOX, EVE)
        studio.feed.tell(Overflowed())
        await until(lambda: studio.owner() == EVE)
        await until(lambda: P in studio.feed.asked)


async def test_without_feed_and_notices_the_table_is_polled_and_the_status_says_so() -> None:
    async with watching(notices=ListenerMode.OFF, has_feed=False) as studio:
        await until(lambda: studio.owner() == ADA)
        assert studio.way() is WatchWay.POLLING
        studio.table.put(P, BOX, EVE)
        await until(lambda: studio.owner() == EVE)
        now = datetime.now(UTC)
        assert "every few seconds" in studio.watch.status.sentence(now)
        assert "5 s ago" in replace(studio.watch.status, read_at=now - timedelta(seconds=5)).sentence(now)


async def test_the_status_follows_feed_notices_and_table() -> None:
    async with watching() as studio:
        told: list[WatchWay] = []
        studio.watch.subscribe_status(lambda status: told.append(status.way))
        await until(lambda: studio.watch.status.read_at is not None)
        assert studio.way() is WatchWay.FEED
        studio.feed.disconnect("The server restarts.")
        assert studio.way() is WatchWay.NOTICES
        assert studio.watch.status.reason == "The server restarts."
        studio.notices.become(ListenerMode.OFF)
        assert studio.way() is WatchWay.POLLING
        studio.table.break_off()
        await until(lambda: studio.way() is WatchWay.OFFLINE)
        assert studio.owner() == ADA  # what was known stays to be seen
        studio.table.failure = None
        studio.table.put(P, BOX, EVE)
        await until(lambda: studio.owner() == EVE)
        studio.notices.become(ListenerMode.LIVE)
        studio.feed.connect()
        assert studio.way() is WatchWay.FEED
        ways = [WatchWay.NOTICES, WatchWay.POLLING, WatchWay.OFFLINE, WatchWay.POLLING, WatchWay.NOTICES]
        # The first reading is told too.
        assert [way for before, way in zip([None, *told], told, strict=False) if way is not before] == [
            WatchWay.FEED,
            *ways,
            WatchWay.FEED,
        ]


async def test_feed_and_table_agree_and_a_change_on_its_way_is_no_difference() -> None:
    async with watching() as studio:
        await until(lambda: studio.watch.agreement.state is AgreementState.AGREE)
        told: list[AgreementState] = []
        studio.watch.subscribe_agreement(lambda agreement: told.append(agreement.state))
        for owner in (BOB, EVE, None, ADA):
            change = studio.table.put(P, BOX, owner)
            studio.notices.tell(change)
            await asyncio.sleep(0.05)
            studio.feed.claim(P, BOX, owner)
        await asyncio.sleep(0.1)
        assert told == []


async def test_a_difference_is_told_with_both_sides_and_taken_back() -> None:
    async with watching() as studio:
        studio.feed.server[P][BOX] = BOB
        studio.feed.server[P][OTHER] = "guest"
        studio.feed.disconnect()
        studio.feed.connect()
        await until(lambda: studio.watch.agreement.state is AgreementState.DIFFERS)
        agreement = studio.watch.agreement
        assert [(d.box_uuid, d.feed_owner, d.table_owners) for d in agreement.differences] == [
            (BOX, BOB, (ADA,)),
            (OTHER, "guest", ()),
        ]
        assert agreement.total == 2
        assert studio.owner() == ADA
        studio.feed.server[P] = {BOX: ADA}
        studio.feed.disconnect()
        assert studio.watch.agreement.state is AgreementState.DIFFERS
        studio.feed.connect()
        await until(lambda: studio.watch.agreement.state is AgreementState.AGREE)


async def test_a_frame_that_got_lost_is_no_difference_once_the_server_was_asked() -> None:
    async with watching() as studio:
        await until(lambda: studio.watch.agreement.state is AgreementState.AGREE)
        told: list[AgreementState] = []
        studio.watch.subscribe_agreement(lambda agreement: told.append(agreement.state))
        studio.feed.server[P][BOX] = EVE  # and no frame
        studio.notices.tell(studio.table.put(P, BOX, EVE))
        await until(lambda: P in studio.feed.asked)
        await asyncio.sleep(0.1)
        assert told == []
        assert studio.watch.agreement.state is AgreementState.AGREE


async def test_a_server_that_refuses_to_tell_its_state_leaves_the_agreement_unknown() -> None:
    async with watching() as studio:
        await until(lambda: studio.watch.agreement.state is AgreementState.AGREE)
        studio.feed.disconnect()
        await until(lambda: studio.watch.agreement.state is AgreementState.UNKNOWN)
        studio.feed.answers = False
        studio.feed.connect()
        studio.feed.tell(ServerRefused("relation does not exist"))
        await until(lambda: "relation does not exist" in studio.watch.agreement.reason)
        studio.feed.claim(P, BOX, BOB)
        assert studio.owner() == BOB


async def test_presence_is_known_by_the_feed_alone() -> None:
    pacing = replace(QUICK, forget_presence=0.05)
    async with watching(pacing=pacing) as studio:
        studio.feed.active[P] = {ADA}
        studio.feed.disconnect()
        studio.feed.connect()
        changed: list[frozenset[ProjectId]] = []
        studio.watch.subscribe_presence(changed.append)
        assert studio.watch.presence(P).active == {ADA}
        studio.feed.tell(UserJoined(P, "guest"), UserJoined(P, BOB), UserLeft(P, ADA), UserJoined(Q, EVE))
        assert studio.watch.presence(P).active == {"guest", BOB}
        assert changed == [{P}]
        assert ADA in studio.watch.presence(P).last_seen
        studio.feed.disconnect()
        assert studio.watch.presence(P).is_known  # a reconnection is normal life
        await until(lambda: not studio.watch.presence(P).is_known)
        assert studio.watch.presence(P).active == frozenset()


async def test_a_project_that_is_deleted_is_emptied_and_not_followed_until_it_is_back() -> None:
    async with watching() as studio:
        await until(lambda: studio.owner() == ADA)
        rows = studio.table.rows.pop(P)
        studio.watch.read_again()
        await until(lambda: not studio.watch.picture(P).boxes)
        assert studio.changes[-1].owner_id is None
        assert P not in studio.feed.watched
        studio.table.rows[P] = rows
        studio.watch.read_again()
        await until(lambda: studio.owner() == ADA)
        assert P in studio.feed.watched


async def test_what_is_not_shown_any_more_is_forgotten_and_not_followed() -> None:
    async with watching() as studio:
        studio.watch.show([P, Q])
        await until(lambda: studio.owner(Q, OTHER) == BOB and studio.owner() == ADA)
        studio.watch.show([Q])
        assert set(studio.watch.pictures) == {Q}
        assert studio.feed.watched == {Q}
        studio.feed.claim(P, BOX, BOB)
        studio.notices.tell(studio.table.put(P, BOX, BOB))
        assert not studio.watch.picture(P).boxes


async def test_all_projects_are_shown_and_new_ones_join_them() -> None:
    async with watching() as studio:
        studio.watch.show(ALL)
        await until(lambda: studio.owner(Q, OTHER) == BOB and studio.owner() == ADA)
        new = ProjectId(3)
        studio.table.rows[new] = {}
        studio.notices.tell(studio.table.put(new, BOX, EVE))
        await until(lambda: studio.owner(new) == EVE)
        assert studio.feed.watched == {P, Q, new}
        studio.table.rows.pop(P)
        studio.watch.read_again()
        await until(lambda: not studio.watch.picture(P).boxes)


async def test_it_has_not_read_before_the_pictures_are_there() -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def projects() -> tuple[ProjectId, ...]:
        asked.set()
        await go_on.wait()
        return P, Q

    watch = OwnershipWatch(FakeTable(P, Q), None, None, all_projects=projects, pacing=QUICK)
    watch.show(ALL)
    await watch.start()
    try:
        await asked.wait()
        assert not watch.has_read
        go_on.set()
        await until(lambda: watch.has_read)
        assert set(watch.pictures) == {P, Q}
    finally:
        await watch.shutdown()


async def test_what_could_not_be_taken_in_is_read_again_at_once() -> None:
    failures: list[AppError] = [ConnectionLostError("The server went away.")]

    async def projects() -> tuple[ProjectId, ...]:
        if failures:
            raise failures.pop()
        return P, Q

    rarely = replace(QUICK, poll=3600.0, compare=3600.0)
    watch = OwnershipWatch(FakeTable(P, Q), None, None, all_projects=projects, pacing=rarely)
    watch.show(ALL)
    await watch.start()
    try:
        await until(lambda: watch.has_read and watch.failure is None)
        assert set(watch.pictures) == {P, Q}
    finally:
        await watch.shutdown()


async def test_a_flood_of_claims_reads_the_table_a_few_times_only() -> None:
    pacing = replace(QUICK, read_pause=0.05)
    async with watching(notices=ListenerMode.OFF, pacing=replace(pacing, poll=60.0)) as studio:
        await until(lambda: studio.owner() == ADA)
        before = studio.table.reads
        for number in range(2000):
            studio.feed.claim(P, UUID(int=number % 50 + 10), UserId(number % 3 + 1))
        await until(lambda: studio.is_true)
        assert studio.table.reads - before < 200


async def test_a_bug_in_a_part_is_not_swallowed() -> None:
    class BrokenTable(FakeTable):
        @override
        async def holdings(self, project_id: ProjectId) -> tuple[()]:
            raise ZeroDivisionError

    watch = OwnershipWatch(BrokenTable(P), FakeNotices(), None, pacing=QUICK)
    watch.show([P])
    await watch.start()
    await asyncio.sleep(0.02)
    with pytest.raises(ZeroDivisionError):
        await watch.shutdown()
