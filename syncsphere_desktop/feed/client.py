"""Follows a feed over any number of reconnects and tells what it says, in batches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.endpoint import FeedEndpoint, FeedMode
from syncsphere_desktop.feed.lifetime import Lifetime
from syncsphere_desktop.feed.links import FeedLink
from syncsphere_desktop.feed.mailbox import Mailbox
from syncsphere_desktop.feed.messages import (
    FeedMessage,
    Malformed,
    OwnershipClaimed,
    OwnershipReleased,
    Sendable,
    ServerRefused,
    Unknown,
    UserLeft,
    UserRef,
)
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.sessions import gone
from syncsphere_desktop.feed.state import (
    Connected,
    Disconnected,
    FeedCounts,
    FeedEvent,
    FeedListener,
    FeedPhase,
    FeedState,
    StateListener,
)

_L = TypeVar("_L")

_log = logging.getLogger(__name__)


class FeedClient:
    """Follows the feed at `endpoint` for the projects of `watch`, in the event loop that starts it.

    Listeners are called in that loop, with batches in the order of arrival: of several frames about one box,
    or one person in one project, only the last is told. Nothing is raised for the network's sake: `state`
    says how it stands.
    """

    def __init__(self, endpoint: FeedEndpoint, *, pacing: FeedPacing | None = None) -> None:
        self.endpoint = endpoint
        self._pacing = pacing or FeedPacing()
        self._lifetime = Lifetime(self._pacing)
        self._mailbox = Mailbox(self._deliver, seconds=self._pacing.batch, limit=self._pacing.waiting)
        self._outlet = _Outlet(self)
        self._links: dict[FeedLink, asyncio.Task[None]] = {}
        self._link_of: dict[ProjectId | None, FeedLink] = {}
        self._wanted: frozenset[ProjectId] = frozenset()
        self._listeners: list[FeedListener] = []
        self._state_listeners: list[StateListener] = []
        self._state = FeedState()
        self._is_running = False
        self._was_live = False
        self._received = self._malformed = self._unknown = self._foreign = self._refused = 0

    @property
    def state(self) -> FeedState:
        """Return how the feed stands."""
        return self._state

    @property
    def counts(self) -> FeedCounts:
        """Return how many frames came, and what became of them."""
        return FeedCounts(
            received=self._received,
            merged=self._mailbox.merged,
            malformed=self._malformed,
            unknown=self._unknown,
            foreign=self._foreign,
            refused=self._refused,
            dropped=self._mailbox.dropped,
        )

    def start(self) -> None:
        """Begin to follow, in the running event loop; once."""
        self._is_running = True
        self._assign()

    async def shutdown(self) -> None:
        """Say goodbye where joined, close every socket and end every task. Nothing is told any more."""
        self._is_running = False
        self._listeners.clear()
        self._state_listeners.clear()
        self._mailbox.close()
        tasks = list(self._links.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._links.clear()
        self._link_of.clear()

    def watch(self, projects: Iterable[ProjectId]) -> None:
        """Follow these projects from now on, and no others."""
        self._wanted = frozenset(projects)
        if self._is_running:
            self._assign()

    async def send(self, message: Sendable) -> None:
        """Send a message on the socket of its project; raises FeedUnavailableError where none is live."""
        link = self._link_of.get(message.project_id)
        if link is None:
            raise gone(self.endpoint)
        await link.send(message)

    def subscribe(self, listener: FeedListener) -> Callable[[], None]:
        """Call `listener` with each batch; returns what ends that."""
        self._listeners.append(listener)
        return lambda: _remove(self._listeners, listener)

    def subscribe_state(self, listener: StateListener) -> Callable[[], None]:
        """Call `listener` at each change of the state; returns what ends that."""
        self._state_listeners.append(listener)
        return lambda: _remove(self._state_listeners, listener)

    def network_returned(self) -> None:
        """Try again at once, and test the open sockets: this machine is on a network again."""
        for link in self._links:
            link.network_returned()

    def _assign(self) -> None:
        """Spread the projects over links: who has one keeps it, and as few are opened as will do."""
        room = self._pacing.projects_per_socket
        wishes = {link: set(link.projects & self._wanted) for link in self._links if self._goes_on(link)}
        for project in sorted(self._wanted.difference(*wishes.values())):
            link = next((link for link, taken in wishes.items() if len(taken) < room), None)
            if link is None:
                link = FeedLink(self.endpoint, self._pacing, self._lifetime, self._outlet)
                wishes[link] = set()
            wishes[link].add(project)
        self._link_of = {project: link for link, taken in wishes.items() for project in taken}
        for link, taken in wishes.items():
            if not taken:
                self._links[link].cancel()
                continue
            if frozenset(taken) != link.projects:
                link.assign(frozenset(taken))
            if link not in self._links:
                self._start(link)
        self._refresh()

    def _goes_on(self, link: FeedLink) -> bool:
        return self._links[link].cancelling() == 0

    def _start(self, link: FeedLink) -> None:
        task = asyncio.create_task(link.run(), name="feed link")
        self._links[link] = task
        task.add_done_callback(lambda done: self._on_link_end(link, done))

    def _on_link_end(self, link: FeedLink, task: asyncio.Task[None]) -> None:
        self._links.pop(link, None)
        if not task.cancelled() and task.exception() is not None:
            task.get_loop().call_exception_handler(
                {"message": "The feed ended by a bug", "exception": task.exception(), "task": task}
            )
        self._refresh()

    def _take(self, message: FeedMessage | Malformed) -> None:
        self._received += 1
        if type(message) is OwnershipClaimed or type(message) is OwnershipReleased:
            if message.project_id in self._link_of:
                self._mailbox.put(message)
            else:
                self._foreign += 1
            return
        if isinstance(message, Malformed):
            self._malformed += 1
        elif message.project_id in self._link_of:
            if not isinstance(message, UserLeft) or not self._is_me(message.user):
                self._mailbox.put(message)
        elif isinstance(message, (Unknown, ServerRefused)):
            self._mailbox.put(message)
        else:
            self._foreign += 1
        if isinstance(message, Unknown):
            self._unknown += 1
        elif isinstance(message, ServerRefused):
            self._refused += 1

    def _is_me(self, user: UserRef) -> bool:
        """Return whether a user who is said to have left is this client, on a socket that was replaced."""
        return self.endpoint.mode is FeedMode.JOIN and user == self.endpoint.user_id

    def _put(self, event: FeedEvent) -> None:
        if self._is_running:
            self._mailbox.put(event)
            self._refresh()

    def _deliver(self, batch: Sequence[FeedEvent]) -> None:
        for listener in tuple(self._listeners):
            listener(batch)

    def _refresh(self) -> None:
        """Work out how the feed stands, and tell it where that changed."""
        links = [link for link in self._links if self._goes_on(link)]
        down = [link for link in links if not link.is_up]
        if not self._is_running or not links:
            phase, self._was_live = FeedPhase.OFF, False
        elif not down:
            phase, self._was_live = FeedPhase.LIVE, True
        else:
            phase = FeedPhase.RECONNECTING if self._was_live else FeedPhase.CONNECTING
        reason = next((link.reason for link in down if link.reason), None)
        sockets = sum(link.sockets for link in self._links)
        old = self._state
        if (old.phase, old.reason, old.sockets) == (phase, reason, sockets):
            return
        since = old.since if old.phase is phase else datetime.now(UTC)
        self._state = FeedState(phase, since, reason, sockets)
        if old.phase is not phase:
            _log.info("The feed is %s%s", phase.value, f": {reason}" if reason else "")
        for listener in tuple(self._state_listeners):
            listener(self._state)


class _Outlet:
    """Hands what links tell on to the client."""

    def __init__(self, client: FeedClient) -> None:
        self._client = client
        self.on_message = client._take
        self.on_change = client._refresh

    def on_up(self, link: FeedLink, *, is_renewal: bool) -> None:
        self._client._put(Connected(link.projects, is_renewal))

    def on_down(self, link: FeedLink) -> None:
        self._client._put(Disconnected(link.projects))


def _remove(listeners: list[_L], listener: _L) -> None:
    if listener in listeners:
        listeners.remove(listener)
