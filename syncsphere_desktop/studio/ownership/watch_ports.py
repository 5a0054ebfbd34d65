"""What the watch over ownership needs: the table, its notices, the feed, and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Protocol

from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import Holding, OwnershipNews
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.feed.messages import Sendable
from syncsphere_desktop.feed.state import FeedListener, FeedState, StateListener


class All(Enum):
    """Stands for every project there is, also those that come later."""

    ALL = auto()


ALL = All.ALL
Shown = Collection[ProjectId] | All


class HoldingsTable(Protocol):
    """The table of who holds what. Raises NotFoundError for a project that is gone, and AppError."""

    async def holdings(self, project_id: ProjectId) -> tuple[Holding, ...]: ...

    async def all_holdings(self) -> tuple[Holding, ...]:
        """Return those of every project; each names its own."""
        ...


class Notices(Protocol):
    """Tells of changes of the table as they are committed, in that order."""

    @property
    def mode(self) -> ListenerMode: ...
    def subscribe(self, callback: Callable[[Sequence[OwnershipNews]], None]) -> Callable[[], None]: ...
    def subscribe_mode(self, callback: Callable[[ListenerMode], None], /) -> Callable[[], None]: ...
    async def start(self) -> None: ...
    async def shutdown(self) -> None: ...


class Feed(Protocol):
    """The live feed; what it is about is in `feed.client.FeedClient`."""

    @property
    def state(self) -> FeedState: ...
    def start(self) -> None: ...
    async def shutdown(self) -> None: ...
    def watch(self, projects: Iterable[ProjectId]) -> None: ...
    async def send(self, message: Sendable, /) -> None: ...
    def subscribe(self, listener: FeedListener) -> Callable[[], None]: ...
    def subscribe_state(self, listener: StateListener, /) -> Callable[[], None]: ...


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> Moment: ...


class SystemClock:
    """This machine's clocks."""

    def now(self) -> Moment:
        """Return the time by both of them."""
        return Moment(datetime.now(UTC), time.monotonic())


@dataclass(frozen=True, slots=True)
class WatchPacing:
    """How often what is done, in seconds."""

    read_pause: float = 0.05
    """Between two reads of one project's rows, at least."""
    read_share: float = 0.1
    """The share of the time that is spent reading, at most: large tables are read more rarely."""
    poll: float = 3.0
    """Between two reads where neither feed nor notices tell of changes."""
    compare: float = 30.0
    """Between two reads in any case, give or take a fifth."""
    tick: float = 0.25
    batch: float = 0.016
    """Between two batches for the listeners; the first change after a pause is told at once."""
    patience: float = 3.0
    """How long a read may take before the status says that the database does not answer."""
    retry: float = 0.5
    """After a read that failed; it doubles up to `retry_longest`."""
    retry_longest: float = 10.0
    answer: float = 5.0
    """How long the feed's server may take to tell its state before a difference counts without it."""
    forget_presence: float = 30.0
    """How long presence stays as it was after the feed broke off."""
