from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.lifetime import Backoff, Lifetime
from syncsphere_desktop.feed.mailbox import Mailbox
from syncsphere_desktop.feed.messages import OwnershipClaimed, OwnershipReleased, ServerRefused
from syncsphere_desktop.feed.overlap import Message, Overlap
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.state import Connected, FeedEvent, Overflowed

PROJECT = ProjectId(7)


def claimed(box: int, owner: int) -> OwnershipClaimed:
    """Return a claim of a box by its number."""
    return OwnershipClaimed(PROJECT, UUID(int=box), UserId(owner))


def released(box: int) -> OwnershipReleased:
    """Return a release of a box by its number."""
    return OwnershipReleased(PROJECT, UUID(int=box))


async def until(batches: list[Sequence[FeedEvent]]) -> None:
    """Wait until the first batch was delivered."""
    while not batches:  # noqa: ASYNC110  # a mailbox sets no event
        await asyncio.sleep(0)


async def test_a_later_frame_takes_the_place_of_an_earlier_one() -> None:
    batches: list[Sequence[FeedEvent]] = []
    mailbox = Mailbox(batches.append, seconds=0.001, limit=100)
    for event in (claimed(1, 3), claimed(2, 3), released(1), claimed(1, 4)):
        mailbox.put(event)
    await until(batches)

    assert batches == [(claimed(2, 3), claimed(1, 4))]
    assert mailbox.merged == 2


async def test_one_box_in_two_projects_is_two_boxes() -> None:
    batches: list[Sequence[FeedEvent]] = []
    mailbox = Mailbox(batches.append, seconds=0.001, limit=100)
    other = OwnershipClaimed(ProjectId(8), UUID(int=1), UserId(3))
    mailbox.put(claimed(1, 3))
    mailbox.put(other)
    await until(batches)

    assert batches == [(claimed(1, 3), other)]


async def test_what_does_not_fit_is_given_up_and_said_so() -> None:
    batches: list[Sequence[FeedEvent]] = []
    mailbox = Mailbox(batches.append, seconds=0.001, limit=10)
    up = Connected(frozenset({PROJECT}))
    mailbox.put(up)
    for box in range(1000):
        mailbox.put(claimed(box, 3))
        mailbox.put(ServerRefused(f"no {box}"))
    await until(batches)

    assert len(batches[0]) <= 10
    assert batches[0][:2] == (up, Overflowed())
    assert mailbox.dropped > 1900


async def test_a_closed_mailbox_tells_nothing() -> None:
    batches: list[Sequence[FeedEvent]] = []
    mailbox = Mailbox(batches.append, seconds=0, limit=10)
    mailbox.put(claimed(1, 3))
    mailbox.close()
    mailbox.put(claimed(2, 3))
    for _ in range(5):
        await asyncio.sleep(0)

    assert batches == []


def test_each_frame_of_two_sockets_is_told_once_whichever_is_ahead() -> None:
    frames: list[Message] = [claimed(1, 3), released(1), claimed(1, 3), claimed(2, 4), released(1)]
    for old in range(len(frames) + 1):
        for new in range(len(frames) + 1):
            told: list[object] = []
            overlap = Overlap(told.append, limit=100)
            for message in frames[:new]:
                overlap.from_new(message)
            for message in frames[:old]:
                overlap.from_old(message)
            overlap.switch()
            for message in frames[old:]:
                overlap.from_old(message)
            for message in frames[new:]:
                overlap.from_new(message)
            assert told == frames


def test_two_ends_alike_are_a_habit_and_one_is_none() -> None:
    lifetime = Lifetime(FeedPacing(renew=240, renew_least=5))
    lifetime.ended(30)
    lifetime.ended(100)
    assert lifetime.seconds == 240

    lifetime.ended(110)
    assert lifetime.seconds == 80
    assert 72 <= lifetime.jittered() <= 80
    lifetime.ended(2)
    lifetime.ended(2)
    assert lifetime.seconds == 5
    for _ in range(30):
        lifetime.renewed()
    assert lifetime.seconds == 240


def test_waits_double_up_to_a_bound_and_begin_anew() -> None:
    backoff = Backoff(FeedPacing(retry_first=0.25, retry_longest=30))
    waits = [backoff.next() for _ in range(2000)]

    assert 0.125 <= waits[0] <= 0.25
    assert 2 <= waits[4] <= 4
    assert all(15 <= wait <= 30 for wait in waits[10:])
    backoff.reset()
    assert backoff.next() <= 0.25
