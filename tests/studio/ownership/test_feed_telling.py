"""What the people of a project are told through the feed when an admin does something to their tracks."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from typing_extensions import override

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import HeldRow
from syncsphere_desktop.domain.ownership_acts import HeldBox
from syncsphere_desktop.domain.presence import Presence
from syncsphere_desktop.errors import FeedUnavailableError
from syncsphere_desktop.feed.messages import ProjectNotice, Sendable
from syncsphere_desktop.studio.ownership.acting import ActPlan
from syncsphere_desktop.studio.ownership.feed_telling import FeedTelling
from tests.fakes.ownership_sources import FakeFeed

_SONG = ProjectId(1)
_HYMN = ProjectId(2)
_ADA, _BOB = UserId(1), UserId(2)


class _Words(FakeFeed):
    """Keeps what was said; the second project has no socket."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[ProjectNotice] = []

    @override
    async def send(self, message: Sendable) -> None:
        if message.project_id == _HYMN:
            raise FeedUnavailableError("No socket is open.")
        assert isinstance(message, ProjectNotice)
        self.said.append(message)


def _presence(project: ProjectId) -> Presence:
    return Presence(is_known=True, known_since=datetime.now(UTC), active=frozenset({_ADA}))


def _held(project: ProjectId, number: int, owner: UserId) -> HeldBox:
    row = HeldRow(OwnershipId(number), owner)
    return HeldBox(project, f"Song {project}", UUID(int=number), row, f"user {owner}")


async def test_the_holders_who_are_present_are_told_before_and_a_project_without_a_socket_is_left_out() -> (
    None
):
    feed = _Words()
    boxes = (_held(_SONG, 1, _ADA), _held(_SONG, 2, _BOB), _held(_HYMN, 3, _ADA))
    plan = ActPlan(boxes, None, "The session is over.")
    assert await FeedTelling(feed, _presence).announce(plan, 10.0) == 1
    assert [notice.project_id for notice in feed.said] == [_SONG]
    told = feed.said[0].message
    assert told.startswith("In 10 s: Releases 3 tracks of user 1 and user 2")
    assert told.endswith("The session is over.")
