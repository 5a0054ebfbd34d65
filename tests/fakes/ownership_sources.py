"""A table, its notices and a feed in memory, for the watch over ownership. What is told is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import (
    ChangeSource,
    Holding,
    OwnershipChange,
    OwnershipNews,
    ReadAgain,
    holding_of,
)
from syncsphere_desktop.errors import AppError, ConnectionLostError, NotFoundError
from syncsphere_desktop.feed.messages import (
    OwnershipClaimed,
    OwnershipReleased,
    Sendable,
    StateSynced,
    SyncRequested,
    UserRef,
)
from syncsphere_desktop.feed.state import (
    Connected,
    Disconnected,
    FeedEvent,
    FeedListener,
    FeedPhase,
    FeedState,
    StateListener,
)


class FakeTable:
    """Rows of one box each; `reads` counts how often somebody asked."""

    def __init__(self, *projects: ProjectId) -> None:
        self.rows: dict[ProjectId, dict[UUID, UserId | None]] = {project: {} for project in projects}
        self.failure: AppError | None = None
        self.reads = 0
        self._ids: dict[tuple[ProjectId, UUID], OwnershipId] = {}

    def put(self, project: ProjectId, box: UUID, owner: UserId | None) -> OwnershipChange:
        """Change a row; returns what its notice says."""
        previous = self.rows[project].get(box)
        self.rows[project][box] = owner
        return OwnershipChange(
            datetime.now(UTC), project, box, owner, previous, ChangeSource.NOTICE, self._row(project, box)
        )

    async def holdings(self, project_id: ProjectId) -> tuple[Holding, ...]:
        """Return a project's holdings, as they are when asked."""
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        if project_id not in self.rows:
            raise NotFoundError("The project is gone.")
        held = self._held(project_id)
        await asyncio.sleep(0.001)
        return held

    async def all_holdings(self) -> tuple[Holding, ...]:
        """Return everything."""
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        held = tuple(holding for project in self.rows for holding in self._held(project))
        await asyncio.sleep(0.001)
        return held

    def break_off(self) -> None:
        """Be away until `failure` is None again."""
        self.failure = ConnectionLostError("The server went away.")

    def _row(self, project: ProjectId, box: UUID) -> OwnershipId:
        return self._ids.setdefault((project, box), OwnershipId(len(self._ids) + 1))

    def _held(self, project: ProjectId) -> tuple[Holding, ...]:
        holdings = []
        for box, owner in self.rows[project].items():
            one = holding_of([(self._row(project, box), owner)], box)
            holdings.append(
                Holding(box, one.owners, None, one.row_ids, project_id=project, row_owners=one.row_owners)
            )
        return tuple(holdings)


class FakeNotices:
    """Says what it is given."""

    def __init__(self, mode: ListenerMode = ListenerMode.LIVE) -> None:
        self.mode = mode
        self.is_running = False
        self._callbacks: list[Callable[[Sequence[OwnershipNews]], None]] = []
        self._mode_callbacks: list[Callable[[ListenerMode], None]] = []

    def subscribe(self, callback: Callable[[Sequence[OwnershipNews]], None]) -> Callable[[], None]:
        """Call `callback` with news."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def subscribe_mode(self, callback: Callable[[ListenerMode], None]) -> Callable[[], None]:
        """Call `callback` at changes of the mode."""
        self._mode_callbacks.append(callback)
        return lambda: self._mode_callbacks.remove(callback)

    async def start(self) -> None:
        """Start."""
        self.is_running = True

    async def shutdown(self) -> None:
        """Stop."""
        self.is_running = False

    def tell(self, *news: OwnershipNews) -> None:
        """Tell news."""
        for callback in list(self._callbacks):
            callback(news)

    def become(self, mode: ListenerMode) -> None:
        """Change the mode; what was missed is to be read again."""
        self.mode = mode
        for callback in list(self._mode_callbacks):
            callback(mode)
        if mode is ListenerMode.LIVE:
            self.tell(ReadAgain())


class FakeFeed:
    """A feed whose server holds `state` and answers requests for it where it `answers`."""

    def __init__(self) -> None:
        self.state = FeedState()
        self.server: dict[ProjectId, dict[UUID, UserRef]] = {}
        self.active: dict[ProjectId, set[UserRef]] = {}
        self.answers = True
        self.watched: frozenset[ProjectId] = frozenset()
        self.asked: list[ProjectId] = []
        self.is_running = False
        self._listeners: list[FeedListener] = []
        self._state_listeners: list[StateListener] = []

    def start(self) -> None:
        """Start."""
        self.is_running = True

    async def shutdown(self) -> None:
        """Stop."""
        self.is_running = False

    def watch(self, projects: Iterable[ProjectId]) -> None:
        """Follow these projects."""
        new = frozenset(projects) - self.watched
        self.watched = frozenset(projects)
        if self.state.phase is FeedPhase.LIVE and new:
            self._connect(new)

    async def send(self, message: Sendable) -> None:
        """Answer requests for the state."""
        assert isinstance(message, SyncRequested)
        self.asked.append(message.project_id)
        if self.answers:
            self.tell(self._synced(message.project_id))

    def subscribe(self, listener: FeedListener) -> Callable[[], None]:
        """Call `listener` with batches."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def subscribe_state(self, listener: StateListener) -> Callable[[], None]:
        """Call `listener` at changes of the state."""
        self._state_listeners.append(listener)
        return lambda: self._state_listeners.remove(listener)

    def tell(self, *events: FeedEvent) -> None:
        """Tell a batch."""
        for listener in list(self._listeners):
            listener(events)

    def claim(self, project: ProjectId, box: UUID, owner: UserRef | None, at: datetime | None = None) -> None:
        """Have the server hold that, and tell it."""
        held = self.server.setdefault(project, {})
        if owner is None:
            held.pop(box, None)
            self.tell(OwnershipReleased(project, box, at=at))
        else:
            held[box] = owner
            self.tell(OwnershipClaimed(project, box, owner, at=at))

    def connect(self) -> None:
        """Come to be followed."""
        self._become(FeedState(FeedPhase.LIVE, datetime.now(UTC), None, 1))
        self._connect(self.watched)

    def disconnect(self, reason: str = "The server closed the connection.") -> None:
        """Break off."""
        self.tell(Disconnected(self.watched))
        self._become(FeedState(FeedPhase.RECONNECTING, datetime.now(UTC), reason, 0))

    def _connect(self, projects: frozenset[ProjectId]) -> None:
        self.tell(Connected(projects))
        if self.answers:
            for project in projects:
                self.tell(self._synced(project))

    def _synced(self, project: ProjectId) -> StateSynced:
        return StateSynced(
            project, dict(self.server.get(project, {})), frozenset(self.active.get(project, set()))
        )

    def _become(self, state: FeedState) -> None:
        self.state = state
        for listener in list(self._state_listeners):
            listener(state)
