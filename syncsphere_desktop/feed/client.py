"""Follows a feed over any number of reconnects and tells what it says, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.messages import Sendable
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.state import FeedCounts, FeedListener, FeedState, StateListener


class FeedClient:
    """Follows the feed at `endpoint` for the projects of `watch`, in the event loop that starts it.

    Listeners are called in that loop, with batches in the order of arrival: of several frames about one box,
    or one person in one project, only the last is told. Nothing is raised for the network's sake: `state`
    says how it stands.
    """

    def __init__(self, endpoint: FeedEndpoint, *, pacing: FeedPacing | None = None) -> None:
        self.endpoint = endpoint
        self._pacing = pacing or FeedPacing()

    @property
    def state(self) -> FeedState:
        """Return how the feed stands."""
        raise NotImplementedError

    @property
    def counts(self) -> FeedCounts:
        """Return how many frames came, and what became of them."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to follow, in the running event loop; once."""
        raise NotImplementedError

    async def shutdown(self) -> None:
        """Say goodbye where joined, close every socket and end every task. Nothing is told any more."""
        raise NotImplementedError

    def watch(self, projects: Iterable[ProjectId]) -> None:
        """Follow these projects from now on, and no others."""
        raise NotImplementedError

    async def send(self, message: Sendable) -> None:
        """Send a message on the socket of its project; raises FeedUnavailableError where none is live."""
        raise NotImplementedError

    def subscribe(self, listener: FeedListener) -> Callable[[], None]:
        """Call `listener` with each batch; returns what ends that."""
        raise NotImplementedError

    def subscribe_state(self, listener: StateListener) -> Callable[[], None]:
        """Call `listener` at each change of the state; returns what ends that."""
        raise NotImplementedError

    def network_returned(self) -> None:
        """Try again at once, and test the open sockets: this machine is on a network again."""
        raise NotImplementedError
