"""What the view of ownership works with, and how that is built for an open session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.ownership import BoxOwnership, GridTrack
from syncsphere_desktop.domain.ownership_agreement import Agreement
from syncsphere_desktop.domain.ownership_history import OwnershipEvent
from syncsphere_desktop.domain.ownership_picture import Picture
from syncsphere_desktop.domain.presence import Presence
from syncsphere_desktop.errors import AppError, InputError
from syncsphere_desktop.feed.state import FeedCounts
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.acting import OwnershipStore, OwnerTelling
from syncsphere_desktop.studio.ownership.watch_ports import Shown
from syncsphere_desktop.studio.ownership.watch_status import WatchStatus
from syncsphere_desktop.studio.ports import CollaboratorStore, ProjectStore, UserStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.ownership.past_values import Past

if TYPE_CHECKING:
    from syncsphere_desktop.feed.client import FeedClient
    from syncsphere_desktop.feed.endpoint import FeedEndpoint
    from syncsphere_desktop.studio.ownership.late_feed import LateFeed

Ends = Callable[[], None]
"""Ends what it was given for, as a subscription."""


class Watch(Protocol):
    """Pictures who holds what, as it happens; met by `OwnershipWatch`."""

    @property
    def status(self) -> WatchStatus: ...
    @property
    def agreement(self) -> Agreement: ...
    @property
    def failure(self) -> AppError | None: ...
    def picture(self, project_id: ProjectId) -> Picture: ...
    def presence(self, project_id: ProjectId) -> Presence: ...
    def subscribe_repaint(self, listener: Callable[[Mapping[ProjectId, frozenset[UUID]]], None]) -> Ends: ...
    def subscribe_status(self, listener: Callable[[WatchStatus], None]) -> Ends: ...
    def subscribe_agreement(self, listener: Callable[[Agreement], None]) -> Ends: ...
    def subscribe_presence(self, listener: Callable[[frozenset[ProjectId]], None]) -> Ends: ...
    def show(self, projects: Shown) -> None: ...
    def read_again(self) -> None: ...
    async def start(self) -> None: ...
    async def shutdown(self) -> None: ...


class Names(Protocol):
    """Names a project's boxes in the order of its timeline."""

    async def tracks(self, project_id: ProjectId) -> tuple[GridTrack, ...]: ...


class TrackUndo(Protocol):
    """Takes an act on tracks back; met by `Undo`."""

    async def undo(self, entry_id: int) -> str: ...


@dataclass(frozen=True, slots=True)
class OwnershipParts:
    """What the view works with; `telling` is None without a feed."""

    watch: Watch
    names: Names
    rows: RowSource[BoxOwnership]
    collaborators: CollaboratorStore
    projects: ProjectStore
    people: UserStore
    events: RowSource[OwnershipEvent]
    history: Past
    store: OwnershipStore
    undo: TrackUndo
    telling: OwnerTelling | None = None
    feed_counts: Callable[[], FeedCounts] | None = None
    network_returned: Callable[[], None] | None = None
    """Has the feed try again at once; None without one."""


def parts_for_session(
    session: Session,
    report_bug: Callable[[BaseException], None],
    tell_problem: Callable[[AppError], None],
) -> OwnershipParts:
    """Return the parts over an open session's database and feed. The watch is started by the view.

    Where the profile's feed has no address that can be used, `tell_problem` hears of it and the view goes
    without.
    """
    from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
    from syncsphere_desktop.database.repositories.ownership_history import OwnershipHistory
    from syncsphere_desktop.studio.ownership.feed_telling import FeedTelling
    from syncsphere_desktop.studio.ownership.naming import TrackNames
    from syncsphere_desktop.studio.ownership.opening import ownership_watch

    database = session.database
    repository = OwnershipRepository(database, session.actor)
    history = OwnershipHistory(database)
    feed = _feed_of(session, tell_problem)
    watch = ownership_watch(database, None, report_bug=report_bug, feed=feed)
    return OwnershipParts(
        watch=watch,
        names=TrackNames(database),
        rows=repository.rows,
        collaborators=session.collaborators,
        projects=session.projects,
        people=session.users,
        events=history.events,
        history=history,
        store=repository,
        undo=session.undo,
        telling=None if feed is None else FeedTelling(feed, watch.presence),
        feed_counts=None if feed is None else lambda: feed.counts,
        network_returned=None if feed is None else feed.network_returned,
    )


def _feed_of(session: Session, tell_problem: Callable[[AppError], None]) -> FeedClient | LateFeed | None:
    from syncsphere_desktop.feed.client import FeedClient
    from syncsphere_desktop.feed.endpoint import FeedEndpoint
    from syncsphere_desktop.studio.ownership.late_feed import LateFeed

    def endpoint_of(target: ConnectionTarget) -> FeedEndpoint | None:
        try:
            return FeedEndpoint.of(target)
        except InputError as error:
            tell_problem(error)
            return None

    endpoint, later = endpoint_of(session.target), session.feed_later
    if endpoint is not None:
        return FeedClient(endpoint)
    if later is None:
        return None

    async def find() -> FeedEndpoint | None:
        target = await later()
        return None if target is None else endpoint_of(target)

    return LateFeed(find)
