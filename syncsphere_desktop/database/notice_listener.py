"""What a listener for notices is beside its thread: who hears, how changes are learnt, when it tells."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.listener_thread import ListenerMode, ListenerThread, Subject

EventT = TypeVar("EventT")


class NoticeListener(ABC, Generic[EventT]):
    """Listens on a connection of its own, and connects again by itself when that breaks.

    Callbacks run in the event loop that `start` was awaited in. Without notices the tables' counters are
    asked every `poll_seconds`. In a flood, what is told comes `flush_seconds` apart; else at once.
    """

    def __init__(
        self, database: Database, subject: Subject[EventT], *, poll_seconds: float, flush_seconds: float
    ) -> None:
        self._database = database
        self._subject = subject
        self._poll_seconds = poll_seconds
        self._flush_seconds = flush_seconds
        self._mode_callbacks: list[Callable[[ListenerMode], None]] = []
        self._mode = ListenerMode.OFF
        self._flush_timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._thread: ListenerThread[EventT] | None = None

    @property
    def mode(self) -> ListenerMode:
        """Return how changes are learnt now."""
        return self._mode

    def subscribe_mode(self, callback: Callable[[ListenerMode], None]) -> Callable[[], None]:
        """Call `callback` at each change of the mode; returns what ends that."""
        self._mode_callbacks.append(callback)
        return lambda: self._mode_callbacks.remove(callback) if callback in self._mode_callbacks else None

    async def start(self) -> None:
        """Start listening; returns when the first attempt to connect has ended, well or not.

        What is read after this misses nothing: every gap ends with an event that says to read again.
        """
        if self._thread is not None:
            return
        loop = asyncio.get_running_loop()
        thread = ListenerThread(
            self._database, self._subject, self._poll_seconds, loop, self._take_mode, self._take_news
        )
        self._thread = thread
        thread.start()
        # A cancelled start leaves the thread to `shutdown`.
        await asyncio.shield(thread.tried)

    async def shutdown(self) -> None:
        """Stop listening; thread and connection are gone when this returns."""
        if self._thread is not None:
            await self._thread.stop()
            self._thread = None
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None

    @abstractmethod
    def _tell(self, events: Sequence[EventT]) -> None:
        """Call whoever listens."""

    def _take_mode(self, mode: ListenerMode) -> None:
        if mode is not self._mode:
            self._mode = mode
            for callback in list(self._mode_callbacks):
                callback(mode)

    def _take_news(self) -> None:
        """Tell at once, or in a flood a moment after the last time."""
        if self._flush_timer is None:
            wait = max(0.0, self._flushed_at + self._flush_seconds - time.monotonic())
            self._flush_timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._flushed_at = time.monotonic()
        if self._thread is not None:
            self._tell(self._thread.take())
