"""Compares feed and table until it is certain that they agree, or where they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership_agreement import (
    DIFFERENCES_SHOWN,
    Agreement,
    AgreementState,
    Difference,
    FeedAccount,
)
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.domain.ownership_picture import Picture
from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.endpoint import OBSERVER
from syncsphere_desktop.feed.messages import SyncRequested
from syncsphere_desktop.feed.state import FeedPhase, FeedState
from syncsphere_desktop.studio.ownership.watch_ports import Feed

_MOST_ASKED = 50


@dataclass(slots=True)
class _Doubt:
    """Differences that were seen, and are looked at again with a fresh state and a fresh table."""

    since: float
    found: frozenset[Difference]


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at one project came to. `asks` wants a fresh state of the feed and a read of the table."""

    asks: bool = False
    is_settled: bool = True


class AgreementKeeper:
    """Keeps what is known of each project, and sums it up."""

    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        self._doubts: dict[ProjectId, _Doubt] = {}
        self._known: dict[ProjectId, tuple[Difference, ...]] = {}

    def forget_all_but(self, projects: Mapping[ProjectId, Picture]) -> None:
        """Drop what is known of other projects."""
        for kept in (self._doubts, self._known):
            for project_id in [project_id for project_id in kept if project_id not in projects]:
                del kept[project_id]

    def look(self, picture: Picture, account: FeedAccount | None, now: Moment) -> Look:
        """Compare one project's feed and table as they are now."""
        project_id = picture.project_id
        if account is None or account.synced_at is None or picture.read_at is None:
            self._known.pop(project_id, None)
            self._doubts.pop(project_id, None)
            return Look(is_settled=False)
        comparison = account.compare(picture, now)
        found = frozenset(comparison.differences)
        settled = comparison.settles_in is None
        if not found - frozenset(self._known.get(project_id, ())):
            # Nothing new is in doubt: what is left of the known differences holds. Moving boxes are none.
            self._doubts.pop(project_id, None)
            self._known[project_id] = comparison.differences
            return Look(is_settled=settled)
        doubt = self._doubts.get(project_id)
        if doubt is None or not found <= doubt.found:
            self._doubts[project_id] = _Doubt(now.seconds, found)
            return Look(asks=True, is_settled=False)
        is_read = picture.read_at.seconds >= doubt.since
        is_told = account.synced_at.seconds >= doubt.since
        if is_read and (is_told or now.seconds - doubt.since >= self._answer_seconds):
            del self._doubts[project_id]
            self._known[project_id] = comparison.differences
            return Look(is_settled=settled)
        return Look(is_settled=False)

    def agreement(
        self,
        projects: Mapping[ProjectId, Picture],
        feed: FeedState | None,
        refusal: str | None,
        at: datetime,
    ) -> Agreement:
        """Return the outcome over all projects."""
        if feed is None:
            return Agreement(reason="There is no feed to compare the table with.")
        known = [self._known.get(project_id) for project_id in projects]
        differences = [difference for found in known if found for difference in found]
        if differences:
            shown = tuple(differences[:DIFFERENCES_SHOWN])
            return Agreement(AgreementState.DIFFERS, shown, len(differences), at, "")
        if known and all(found is not None for found in known):
            return Agreement(AgreementState.AGREE, (), 0, at, "")
        return Agreement(reason=_why_unknown(feed, refusal), checked_at=at)


def _why_unknown(feed: FeedState, refusal: str | None) -> str:
    if feed.phase is not FeedPhase.LIVE:
        return feed.reason or "The feed is not connected."
    if refusal is not None:
        return f"The feed's server does not tell its state: {refusal}"
    return "Feed and table are being compared."


class StateAsker:
    """Asks the feed's server for the state of projects, a bounded number at a time."""

    def __init__(self, feed: Feed | None) -> None:
        self._feed = feed
        self.tasks: set[asyncio.Task[None]] = set()
        """What is under way; whoever ends the feed cancels them."""

    def ask(self, projects: Collection[ProjectId]) -> None:
        """Ask for these; without a feed, or too often, nothing is asked."""
        if self._feed is None or not projects or len(self.tasks) >= _MOST_ASKED:
            return
        task = asyncio.create_task(self._send(self._feed, tuple(projects)[:_MOST_ASKED]), name="feed-asker")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, feed: Feed, projects: Sequence[ProjectId]) -> None:
        for project_id in projects:
            try:
                await feed.send(SyncRequested(project_id, OBSERVER))
            except FeedError:
                return  # its state says so, and the comparison waits for the next connection
