"""A feed that is found only after the watch began: the local studio's own, which starts behind the window."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import FeedUnavailableError
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.messages import Sendable
from syncsphere_desktop.feed.state import (
    FeedCounts,
    FeedEvent,
    FeedListener,
    FeedPhase,
    FeedState,
    StateListener,
)

Find = Callable[[], Awaitable[FeedEndpoint | None]]


class LateFeed:
    """Follows the feed that `find` gives once it has found it; None from it means that there is none."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._client: FeedClient | None = None
        self._finding: asyncio.Task[None] | None = None
        self._wanted: frozenset[ProjectId] = frozenset()
        self._listeners: dict[object, FeedListener] = {}
        self._state_listeners: dict[object, StateListener] = {}
        self._state = FeedState(reason="The feed was not started yet.")

    @property
    def state(self) -> FeedState:
        """Return how the feed stands; connecting for as long as it is not found."""
        return self._state if self._client is None else self._client.state

    @property
    def counts(self) -> FeedCounts:
        """Return how many frames came; none before it is found."""
        return FeedCounts() if self._client is None else self._client.counts

    def start(self) -> None:
        """Begin to find it, in the running event loop; once."""
        self._state = FeedState(FeedPhase.CONNECTING, datetime.now(UTC), "The feed is being started.")
        self._finding = asyncio.create_task(self._follow(), name="find the feed")

    async def shutdown(self) -> None:
        """Stop looking for it, or following it."""
        if self._finding is not None:
            self._finding.cancel()
            await asyncio.wait({self._finding})
        if self._client is not None:
            await self._client.shutdown()

    def watch(self, projects: Iterable[ProjectId]) -> None:
        """Follow these projects from now on, and no others."""
        self._wanted = frozenset(projects)
        if self._client is not None:
            self._client.watch(self._wanted)

    async def send(self, message: Sendable, /) -> None:
        """Send a message on the socket of its project; raises FeedUnavailableError where none is live."""
        if self._client is None:
            raise FeedUnavailableError(self._state.reason or "There is no feed.")
        await self._client.send(message)

    def subscribe(self, listener: FeedListener) -> Callable[[], None]:
        """Call `listener` with each batch; returns what ends that."""
        key = object()
        self._listeners[key] = listener
        return lambda: _forget(self._listeners, key)

    def subscribe_state(self, listener: StateListener, /) -> Callable[[], None]:
        """Call `listener` at each change of the state; returns what ends that."""
        key = object()
        self._state_listeners[key] = listener
        return lambda: _forget(self._state_listeners, key)

    def network_returned(self) -> None:
        """Try again at once: this machine is on a network again."""
        if self._client is not None:
            self._client.network_returned()

    async def _follow(self) -> None:
        endpoint = await self._find()
        if endpoint is None:
            self._state = FeedState(FeedPhase.OFF, datetime.now(UTC), "The feed did not start.")
            self._tell_state(self._state)
            return
        self._client = client = FeedClient(endpoint)
        client.subscribe(self._tell)
        client.subscribe_state(self._tell_state)
        client.watch(self._wanted)
        client.start()

    def _tell(self, batch: Sequence[FeedEvent]) -> None:
        for listener in tuple(self._listeners.values()):
            listener(batch)

    def _tell_state(self, state: FeedState) -> None:
        for listener in tuple(self._state_listeners.values()):
            listener(state)


def _forget(listeners: dict[object, FeedListener] | dict[object, StateListener], key: object) -> None:
    listeners.pop(key, None)
