"""Gathers what a feed says into batches: of what supersedes itself only the last is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence

from syncsphere_desktop.feed.messages import (
    OwnershipClaimed,
    OwnershipReleased,
    StateSynced,
    Unknown,
    UserJoined,
    UserLeft,
)
from syncsphere_desktop.feed.state import Connected, Disconnected, FeedEvent, Overflowed


class Mailbox:
    """Calls `deliver` with batches, at least `seconds` apart; the first after a pause comes at once.

    No more than `limit` events wait: what would be more goes, and an `Overflowed` stands in its place.
    """

    def __init__(self, deliver: Callable[[Sequence[FeedEvent]], None], *, seconds: float, limit: int) -> None:
        self.merged = 0
        self.dropped = 0
        self._deliver = deliver
        self._seconds = seconds
        self._limit = limit
        self._waiting: dict[Hashable, FeedEvent] = {}
        self._handle: asyncio.Handle | None = None
        self._last = float("-inf")
        self._is_closed = False

    def put(self, event: FeedEvent) -> None:
        """Take an event into the next batch, in the place of one that it supersedes."""
        if self._is_closed:
            return
        key = _key(event)
        waiting = self._waiting
        if waiting.pop(key, None) is not None:
            self.merged += 1
        elif len(waiting) >= self._limit:
            self._overflow()
        waiting[key] = event
        if self._handle is None:
            self._schedule()

    def close(self) -> None:
        """Tell nothing any more."""
        self._is_closed = True
        self._waiting.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _overflow(self) -> None:
        """Give up what the table knows better; what says that it has to be read stays."""
        kept: dict[Hashable, FeedEvent] = {
            key: event for key, event in self._waiting.items() if isinstance(key, _Once)
        }
        self.dropped += len(self._waiting) - len(kept)
        self._waiting.clear()
        self._waiting.update(kept)
        self._waiting[Overflowed] = Overflowed()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._last + self._seconds - loop.time()
        self._handle = loop.call_soon(self._flush) if wait <= 0 else loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._handle = None
        self._last = asyncio.get_running_loop().time()
        batch = tuple(self._waiting.values())
        self._waiting.clear()
        self._deliver(batch)


class _Once:
    """The key of what nothing supersedes."""


def _key(event: FeedEvent) -> Hashable:
    if type(event) is OwnershipClaimed or type(event) is OwnershipReleased:
        return event.project_id, event.box_uuid.int  # whose hash takes a tenth of the UUID's own
    if isinstance(event, (UserJoined, UserLeft)):
        return UserJoined, event.project_id, event.user
    if isinstance(event, StateSynced):
        return StateSynced, event.project_id
    if isinstance(event, Unknown):
        return Unknown, event.project_id, event.type
    if isinstance(event, (Connected, Disconnected)):
        return _Once()
    return event
