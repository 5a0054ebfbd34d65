"""Tells the app that rows changed, by whoever: by the database's notices where it has them, else by counting.

A thread of its own waits for them, as a Windows event loop can't watch libpq's socket. What it learns comes
to the event loop merged: a flood of notices is a few events, and memory stays bounded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from syncsphere_desktop.database.change_events import (
    ChangeEvent,
    EverythingMayHaveChanged,
    Operation,
    TableChanged,
)
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.listener_thread import ListenerMode, ListenerThread

__all__ = [
    "ChangeEvent",
    "ChangeListener",
    "EverythingMayHaveChanged",
    "ListenerMode",
    "Operation",
    "TableChanged",
]

_FLUSH_SECONDS = 0.1
"""In a flood, events come this far apart."""


class ChangeListener:
    """Listens for changes of the six tables, and connects again by itself when the connection breaks.

    Callbacks run in the event loop that `start` was awaited in. Without notices the tables' counters are
    asked every `poll_seconds`.
    """

    def __init__(self, database: Database, *, poll_seconds: float = 3.0) -> None:
        self._database = database
        self._poll_seconds = poll_seconds
        self._callbacks: list[Callable[[ChangeEvent], None]] = []
        self._mode_callbacks: list[Callable[[ListenerMode], None]] = []
        self._mode = ListenerMode.OFF
        self._flush_timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._thread: ListenerThread | None = None

    @property
    def mode(self) -> ListenerMode:
        """Return how changes are learnt now."""
        return self._mode

    def subscribe(self, callback: Callable[[ChangeEvent], None]) -> Callable[[], None]:
        """Call `callback` with each event; returns what ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    def subscribe_mode(self, callback: Callable[[ListenerMode], None]) -> Callable[[], None]:
        """Call `callback` at each change of the mode; returns what ends that."""
        self._mode_callbacks.append(callback)
        return lambda: self._mode_callbacks.remove(callback) if callback in self._mode_callbacks else None

    async def start(self) -> None:
        """Start listening; returns when the first attempt to connect has ended, well or not.

        What is read after this misses nothing: every gap ends with EverythingMayHaveChanged.
        """
        if self._thread is not None:
            return
        loop = asyncio.get_running_loop()
        thread = ListenerThread(self._database, self._poll_seconds, loop, self._take_mode, self._take_news)
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

    def _take_mode(self, mode: ListenerMode) -> None:
        if mode is not self._mode:
            self._mode = mode
            for callback in list(self._mode_callbacks):
                callback(mode)

    def _take_news(self) -> None:
        """Tell at once, or in a flood a moment after the last time."""
        if self._flush_timer is None:
            wait = max(0.0, self._flushed_at + _FLUSH_SECONDS - time.monotonic())
            self._flush_timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._flushed_at = time.monotonic()
        if self._thread is not None:
            for event in self._thread.take().take():
                for callback in list(self._callbacks):
                    callback(event)
