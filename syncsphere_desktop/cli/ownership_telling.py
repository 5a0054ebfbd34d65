"""Tells the holders of tracks through the live feed what a command is about to do, where there is a feed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncsphere_desktop.domain.humane import counted

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.ids import ProjectId
    from syncsphere_desktop.feed.endpoint import FeedEndpoint
    from syncsphere_desktop.studio.ownership.acting import ActPlan
    from syncsphere_desktop.studio.ownership.feed_telling import FeedTelling
    from syncsphere_desktop.studio.ownership.watching import OwnershipWatch

_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Telling:
    """What tells the owners; or, where nobody can be told, a sentence that says why."""

    telling: FeedTelling | None
    silence: str | None


@asynccontextmanager
async def telling_owners(
    database: Database, endpoint: FeedEndpoint | None, plan: ActPlan
) -> AsyncIterator[Telling]:
    """Follow the feed of a plan's projects in a `with` block, without being present there."""
    if endpoint is None:
        yield Telling(None, "There is no feed, so nobody is told.")
        return
    from syncsphere_desktop.feed.client import FeedClient
    from syncsphere_desktop.feed.endpoint import FeedMode
    from syncsphere_desktop.studio.ownership.feed_telling import FeedTelling
    from syncsphere_desktop.studio.ownership.opening import ownership_watch

    feed = FeedClient(replace(endpoint, mode=FeedMode.OBSERVE))
    watch = ownership_watch(database, None, feed=feed)
    projects = {box.project_id for box in plan.boxes if box.project_id is not None}
    watch.show(projects)
    try:
        await watch.start()
        if await _is_heard(watch, projects):
            yield Telling(FeedTelling(feed, watch.presence), None)
        else:
            reason = feed.state.reason or "It does not say who is there."
            yield Telling(None, f"The feed can't be used, so nobody is told. {reason}")
    finally:
        await watch.shutdown()


async def _is_heard(watch: OwnershipWatch, projects: Collection[ProjectId]) -> bool:
    """Wait until the feed has said who is present in each project; whether it did in time."""
    import asyncio

    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_SECONDS
    while not all(watch.presence(project).is_known for project in projects):
        if loop.time() > end:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True


def told_sentence(plan: ActPlan, told: int, silence: str | None) -> str | None:
    """Return who was told before an act, or None where nobody had anything to lose."""
    if not plan.owners:
        return None
    if silence is not None:
        return silence.replace("nobody is told", "nobody was told")
    if told == len(plan.owners):
        return "Its owner was told." if told == 1 else f"All {told} owners were told."
    if not told:
        return "None of the owners was there to be told."
    return f"{counted(told, 'owner')} of {len(plan.owners)} could be told."
