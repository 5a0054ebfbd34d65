"""The thread that waits for notices on a connection of its own, and for counters where there are none."""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import psycopg2
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database.change_probe import Probe
from syncsphere_desktop.database.connection import Database

_log = logging.getLogger(__name__)

_PROBE_SECONDS = 30.0
"""How often a live connection is asked whether it still lives and the triggers are still there."""
_BACKOFF = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)


class ListenerMode(StrEnum):
    """How changes are learnt: as they happen, by asking every few seconds, or not at all."""

    LIVE = "live"
    POLLING = "polling"
    OFF = "off"


EventT = TypeVar("EventT")


class Pending(Protocol[EventT]):
    """Events that wait to be told, merged so that its size is bounded."""

    def add(self, event: EventT, /) -> None: ...
    def take(self) -> list[EventT]: ...


@dataclass(frozen=True, slots=True)
class Subject(Generic[EventT]):
    """What is listened for: a channel, what its notices say, and how to find out where there are none.

    `gap` is the event that says that changes may have gone unseen. `parse` gets a payload and the origin of
    the own connections, `between` two probes.
    """

    channel: str
    gap: EventT
    pending: Callable[[], Pending[EventT]]
    probe: Callable[[RawConnection], Probe]
    parse: Callable[[str, str], Iterable[EventT]]
    between: Callable[[Probe, Probe], Iterable[EventT]]


class ListenerThread(Generic[EventT]):
    """Connects, listens, and connects again when that breaks, until it is stopped.

    `on_mode` and `on_news` are called in `loop`; after `on_news` the owner calls `take`. `tried` is done when
    the first attempt to connect has ended, `ended` when the thread has nothing more to say.
    """

    def __init__(
        self,
        database: Database,
        subject: Subject[EventT],
        poll_seconds: float,
        loop: asyncio.AbstractEventLoop,
        on_mode: Callable[[ListenerMode], None],
        on_news: Callable[[], None],
    ) -> None:
        self._database = database
        self._subject = subject
        self._poll_seconds = poll_seconds
        self._loop = loop
        self._on_mode = on_mode
        self._on_news = on_news
        self.tried: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._lock = threading.Lock()
        self._news = subject.pending()
        self._is_announced = False
        self._is_stopping = threading.Event()
        self._attempt = 0
        # A byte on this pair wakes the thread up; unlike a pipe it can be selected on every system.
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="database-listener", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """End the thread and wait for it; a connection that is being made is waited for."""
        self._is_stopping.set()
        self._wake_sender.send(b"\0")
        await self.ended
        self._thread.join()
        self._wake_receiver.close()
        self._wake_sender.close()

    def take(self) -> list[EventT]:
        """Return what was learnt since the last time, merged."""
        with self._lock:
            news, self._news = self._news, self._subject.pending()
            self._is_announced = False
        return news.take()

    def _run(self) -> None:
        try:
            while not self._is_stopping.is_set():
                try:
                    with closing(self._database.connect()) as connection:
                        self._listen(connection)
                except psycopg2.Error as error:
                    _log.info("Not listening for changes: %s", str(error).strip() or type(error).__name__)
                self._tell_mode(ListenerMode.OFF)
                self._pause()
        finally:
            # Also where a bug ends the thread: nobody may wait for it in vain.
            self._tell_mode(ListenerMode.OFF)
            self._loop.call_soon_threadsafe(_resolve, self.ended)

    def _pause(self) -> None:
        delay = _BACKOFF[min(self._attempt, len(_BACKOFF) - 1)]
        self._attempt += 1
        self._is_stopping.wait(delay)

    def _listen(self, connection: RawConnection) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {self._subject.channel}")
        probe = self._subject.probe(connection)
        self._tell_mode(_mode_of(probe))
        if self._attempt > 0:
            self._add([self._subject.gap])
        self._attempt = 1  # from now on each connection is one after a gap
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            selector.register(self._wake_receiver, selectors.EVENT_READ)
            looked_at = time.monotonic()
            while True:
                pause = _PROBE_SECONDS if probe.has_notices else self._poll_seconds
                selector.select(max(0.0, looked_at + pause - time.monotonic()))
                if self._is_stopping.is_set():
                    return
                connection.poll()
                self._take_notices(connection, wanted=probe.has_notices)
                if time.monotonic() >= looked_at + pause:
                    probe = self._look_again(connection, probe)
                    looked_at = time.monotonic()

    def _take_notices(self, connection: RawConnection, *, wanted: bool) -> None:
        notices = [notice.payload for notice in connection.notifies]
        connection.notifies.clear()
        if wanted:
            origin = self._database.origin
            self._add([event for payload in notices for event in self._subject.parse(payload, origin)])

    def _look_again(self, connection: RawConnection, before: Probe) -> Probe:
        after = self._subject.probe(connection)
        if after.has_notices is not before.has_notices:
            self._tell_mode(_mode_of(after))
            self._add([self._subject.gap])
        elif not after.has_notices:
            self._add(list(self._subject.between(before, after)))
        return after

    def _add(self, changes: list[EventT]) -> None:
        if not changes:
            return
        with self._lock:
            for change in changes:
                self._news.add(change)
            announced, self._is_announced = self._is_announced, True
        if not announced:
            self._loop.call_soon_threadsafe(self._on_news)

    def _tell_mode(self, mode: ListenerMode) -> None:
        self._loop.call_soon_threadsafe(self._on_mode, mode)
        self._loop.call_soon_threadsafe(_resolve, self.tried)


def _mode_of(probe: Probe) -> ListenerMode:
    return ListenerMode.LIVE if probe.has_notices else ListenerMode.POLLING


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
