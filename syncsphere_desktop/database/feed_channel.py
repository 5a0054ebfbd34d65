"""The channel on which the feed servers of one database tell each other who is present."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from psycopg2.extensions import connection as RawConnection  # noqa: N812
from sqlalchemy import Connection, text
from typing_extensions import override

from syncsphere_desktop.database.change_probe import Probe
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.listener_thread import Subject
from syncsphere_desktop.database.notice_listener import NoticeListener
from syncsphere_desktop.errors import AppError

_log = logging.getLogger(__name__)

FEED_CHANNEL = "syncsphere_desktop_feed"

_LONGEST = 7900  # a payload of 8,000 bytes is refused
_MOST_WAITING = 1000
_PAUSE_SECONDS = 1.0

# A queue that is half full is left alone, as a full one refuses every commit of everybody.
_TELL = text(
    "SELECT count(pg_notify(:channel, payload)) FROM unnest(CAST(:payloads AS text[])) AS payload"
    " WHERE pg_notification_queue_usage() < 0.5"
)


class FeedChannel(NoticeListener[str]):
    """Sends and hears short texts. Nobody waits for it: what can't be sent is dropped, the oldest first."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, _SUBJECT, poll_seconds=60.0, flush_seconds=0.005)
        self._callbacks: list[Callable[[str], None]] = []
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._sending: asyncio.Task[None] | None = None

    @property
    def longest(self) -> int:
        """Bytes of the longest text that can be sent."""
        return _LONGEST

    def publish(self, payload: str) -> None:
        """Send a text to every server that listens, this one too."""
        self._waiting.append(payload)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with each text; returns what ends that."""
        self._callbacks.append(listener)
        return lambda: self._callbacks.remove(listener) if listener in self._callbacks else None

    @override
    async def shutdown(self) -> None:
        """Send what waits, if that can be done at once, and stop listening."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=_PAUSE_SECONDS)
            if self._sending is not None:
                self._sending.cancel()
                await asyncio.gather(self._sending, return_exceptions=True)
        await super().shutdown()

    @override
    def _tell(self, events: Sequence[str]) -> None:
        for payload in events:
            for callback in list(self._callbacks):
                callback(payload)

    async def _send(self) -> None:
        try:
            while self._waiting:
                payloads = list(self._waiting)
                self._waiting.clear()

                def tell(connection: Connection, payloads: list[str] = payloads) -> None:
                    connection.execute(_TELL, {"channel": FEED_CHANNEL, "payloads": payloads})

                try:
                    await self._database.run(tell)
                except AppError as error:
                    _log.info("The other feed servers could not be told: %s", error.message)
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            self._sending = None


class _Heard:
    """Texts that wait for a busy event loop; where there are too many, the oldest are dropped."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque(maxlen=_MOST_WAITING * 10)

    def add(self, event: str, /) -> None:
        """Take a text in."""
        if event:
            self._texts.append(event)

    def take(self) -> list[str]:
        """Return the texts in their order, and forget them."""
        texts = list(self._texts)
        self._texts.clear()
        return texts


def _alive(connection: RawConnection) -> Probe:
    """Find out whether the connection lives: notices of this channel need no triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Probe(has_notices=True, counters={})


_SUBJECT: Subject[str] = Subject(
    channel=FEED_CHANNEL,
    gap="",
    pending=_Heard,
    probe=_alive,
    parse=lambda payload, _origin: [payload],
    between=lambda _before, _after: [],
)
