"""Our client and our server, with nothing between them but a socket."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.feed.endpoint import FeedEndpoint, FeedMode
from syncsphere_desktop.feed.messages import (
    OwnershipClaimed,
    OwnershipReleased,
    ProjectNotice,
    ServerRefused,
    StateSynced,
    UserJoined,
    UserLeft,
)
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.feed.state import Disconnected
from tests.fakes.feed_book import InMemoryBook
from tests.feed.hostile import BOX, PROJECT, QUICK, Following

ADA, BOB = UserId(1), UserId(2)


@pytest.fixture
def book() -> InMemoryBook:
    """Two people who may claim."""
    made = InMemoryBook()
    made.add_user(ADA, "ada", p7=Role.OWNER)
    made.add_user(BOB, "bob", p7=Role.EDITOR)
    return made


def joining(server: FeedServer, user: UserId) -> FeedEndpoint:
    """Return the way in for a user who is seen."""
    return FeedEndpoint(server.url, mode=FeedMode.JOIN, user_id=user)


async def test_an_observer_is_told_everything_and_seen_by_nobody(book: InMemoryBook) -> None:
    async with (
        FeedServer(book) as server,
        Following(FeedEndpoint(server.url)) as observer,
        Following(joining(server, ADA)) as ada,
    ):
        await observer.until_live()
        await ada.until_live()
        await ada.client.send(OwnershipClaimed(PROJECT, BOX, ADA))
        await observer.until(lambda: observer.of(OwnershipClaimed))
        await ada.client.send(OwnershipReleased(PROJECT, BOX, ADA))
        await observer.until(lambda: observer.of(OwnershipReleased))
        await ada.client.send(ProjectNotice(PROJECT, ADA, "Bass goes to Bob."))
        await observer.until(lambda: observer.of(ProjectNotice))

        assert observer.of(OwnershipClaimed)[0].owner == ADA
        assert observer.of(StateSynced)[-1].observing
        present = [event.active for event in ada.of(StateSynced)]
        assert set().union(*present) <= {ADA}
        assert {event.user for event in ada.of(UserJoined)} <= {ADA}


async def test_who_comes_second_is_told_who_holds_it(book: InMemoryBook) -> None:
    async with (
        FeedServer(book) as server,
        Following(joining(server, ADA)) as ada,
        Following(joining(server, BOB)) as bob,
    ):
        await ada.until_live()
        await bob.until_live()
        await ada.client.send(OwnershipClaimed(PROJECT, BOX, ADA))
        await bob.until(lambda: bob.of(OwnershipClaimed))
        await bob.client.send(OwnershipClaimed(PROJECT, BOX, BOB))
        await bob.until(lambda: bob.of(ServerRefused))

        assert {event.owner for event in bob.of(OwnershipClaimed)} == {ADA}


async def test_sessions_that_end_time_and_again_leave_no_gap(book: InMemoryBook) -> None:
    """The server closes each client after four seconds; ours replaces its sockets before that."""
    pacing = replace(QUICK, renew=0.2, poll_followed=60, steady=0.1, grace=5)
    async with (
        FeedServer(book, limits=Limits(session_seconds=4)) as server,
        Following(FeedEndpoint(server.url), pacing) as observer,
        Following(joining(server, ADA)) as ada,
    ):
        await observer.until_live()
        await ada.until_live()
        for number in range(1, 101):
            await ada.client.send(OwnershipClaimed(PROJECT, UUID(int=number), ADA))
            await ada.until(lambda: len(ada.of(OwnershipClaimed)) == number)  # noqa: B023
        await observer.until(lambda: len(observer.of(OwnershipClaimed)) >= 100)

        assert [event.box_uuid.int for event in observer.of(OwnershipClaimed)] == list(range(1, 101))
        assert not observer.of(Disconnected)
        assert not observer.of(UserLeft)
