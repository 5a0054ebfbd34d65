"""Tells the people of a project through the live feed what happens to their tracks, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from syncsphere_desktop.domain.humane import counted, time_left
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership import OwnershipChange
from syncsphere_desktop.domain.presence import Presence
from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.endpoint import OBSERVER
from syncsphere_desktop.feed.messages import ProjectNotice
from syncsphere_desktop.studio.ownership.acting import ActPlan
from syncsphere_desktop.studio.ownership.watch_ports import Feed


class FeedTelling:
    """Sends words to projects. `presence` says who is there to read them.

    Claims and releases themselves are the server's to send: it reads them in the table.
    """

    def __init__(self, feed: Feed, presence: Callable[[ProjectId], Presence]) -> None:
        self._feed = feed
        self._presence = presence

    async def announce(self, plan: ActPlan, grace: float) -> int:
        """Tell of an act before it is done; return how many of the holders are present and were told."""
        when = f"In {time_left(grace)}" if grace else "Now"
        told: set[UserId] = set()
        for project_id in _projects(box.project_id for box in plan.boxes):
            if await self._say(project_id, f"{when}: {plan.sentence} {plan.reason}"):
                active = self._presence(project_id).active
                told |= {owner for owner in plan.owners if owner in active}
        return len(told)

    async def done(self, changes: Sequence[OwnershipChange]) -> None:
        """Tell that tracks changed hands."""
        for project_id in _projects(change.project_id for change in changes):
            count = len({change.box_uuid for change in changes if change.project_id == project_id})
            await self._say(project_id, f"{counted(count, 'track')} changed hands.")

    async def _say(self, project_id: ProjectId, words: str) -> bool:
        try:
            await self._feed.send(ProjectNotice(project_id, OBSERVER, words))
        except FeedError:
            return False
        return True


def _projects(found: Iterable[ProjectId | None]) -> list[ProjectId]:
    return list(dict.fromkeys(project for project in found if project is not None))
