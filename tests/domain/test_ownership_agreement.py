from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import ChangeSource, OwnershipChange, holding_of
from syncsphere_desktop.domain.ownership_agreement import SETTLE_SECONDS, FeedAccount
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.domain.ownership_picture import Picture

PROJECT = ProjectId(1)
ADA, BOB = UserId(1), UserId(2)
BOX, OTHER = UUID(int=1), UUID(int=2)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> Moment:
    return Moment(START + timedelta(seconds=seconds), seconds)


def table(*owners: UserId) -> Picture:
    picture = Picture(PROJECT)
    rows = [(OwnershipId(number), owner) for number, owner in enumerate(owners, 1)]
    picture.take_read([holding_of(rows, BOX)] if rows else [], at(0), at(0))
    return picture


def account(**boxes: UserId | str) -> FeedAccount:
    made = FeedAccount()
    made.synced({UUID(int=int(key[1:])): owner for key, owner in boxes.items()}, at(0))
    return made


def test_the_same_is_no_difference() -> None:
    assert not account(b1=ADA).compare(table(ADA), at(100)).differences
    assert not account().compare(table(), at(100)).differences


def test_a_box_that_both_know_differently_is_one() -> None:
    (found,) = account(b1=BOB).compare(table(ADA), at(100)).differences
    assert (found.box_uuid, found.feed_owner, found.table_owners) == (BOX, BOB, (ADA,))


def test_a_box_that_only_one_knows_is_one() -> None:
    assert [d.table_owners for d in account().compare(table(ADA), at(100)).differences] == [(ADA,)]
    assert [d.feed_owner for d in account(b2="guest").compare(table(), at(100)).differences] == ["guest"]


def test_each_of_several_holders_is_right() -> None:
    assert not account(b1=BOB).compare(table(ADA, BOB), at(100)).differences
    assert account().compare(table(ADA, BOB), at(100)).differences


def test_a_box_that_moved_a_moment_ago_waits_until_both_are_at_rest() -> None:
    feed, picture = account(b1=ADA), table(ADA)
    feed.told(BOX, BOB, at(100))
    moving = feed.compare(picture, at(100.5))
    assert (moving.differences, moving.settles_in) == ((), SETTLE_SECONDS - 0.5)
    assert feed.compare(picture, at(100 + SETTLE_SECONDS)).differences
    change = OwnershipChange(START, PROJECT, BOX, BOB, ADA, ChangeSource.NOTICE, OwnershipId(1))
    picture.take_notice(change, at(103))
    assert not feed.compare(picture, at(103)).differences


def test_frames_before_the_first_state_say_nothing() -> None:
    feed = FeedAccount()
    feed.told(BOX, ADA, at(0))
    assert feed.synced_at is None
    assert not feed.owners
    feed.synced({BOX: ADA}, at(1))
    feed.told(BOX, None, at(2))
    assert not feed.owners
    feed.lost()
    assert feed.synced_at is None


def test_a_server_that_names_boxes_without_end_is_not_believed() -> None:
    feed = FeedAccount()
    feed.synced({UUID(int=number): ADA for number in range(100_001)}, at(0))
    assert feed.synced_at is None
    assert not feed.owners
