"""A lock that one session holds among all that use a database, for as long as a piece of work takes."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import psycopg2
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.failures import translate
from syncsphere_desktop.database.reaching import connect_failure
from syncsphere_desktop.errors import TimedOutError

_WAIT_SECONDS = 3.0
_POLL_SECONDS = 0.1


class SessionLock:
    """An advisory lock on a connection of its own, held in an `async with` block; used once.

    `key` is the lock's number. Raises TimedOutError with the sentence `busy` when another session keeps it,
    and what connecting raises. It ends with this process, and when the connection breaks.
    """

    def __init__(
        self, database: Database, key: int, busy: str, *, wait_seconds: float = _WAIT_SECONDS
    ) -> None:
        self._database = database
        self._key = key
        self._busy = busy
        self._wait_seconds = wait_seconds
        self._is_given_up = threading.Event()
        self._connection: RawConnection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="session-lock")

    async def __aenter__(self) -> None:
        taking = asyncio.wrap_future(self._thread.submit(self._take))
        try:
            await asyncio.shield(taking)
        except BaseException:
            self._is_given_up.set()
            await asyncio.wait({taking})
            await self._release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._release()

    async def _release(self) -> None:
        """Close the connection, which gives the lock back, and end the thread."""
        closing = asyncio.wrap_future(self._thread.submit(self._close))
        try:
            await asyncio.shield(closing)
        finally:
            await asyncio.wait({closing})
            self._thread.shutdown(wait=True)

    def _take(self) -> None:
        try:
            self._connection = self._database.connect()
        except psycopg2.Error as error:
            raise connect_failure(error, self._database.profile) from error
        try:
            self._connection.autocommit = True
            self._wait_for(self._connection)
        except psycopg2.Error as error:
            raise translate(error) from error

    def _wait_for(self, connection: RawConnection) -> None:
        """Ask again and again: a session that waits inside the server would hold up others."""
        deadline = time.monotonic() + self._wait_seconds
        with connection.cursor() as cursor:
            while True:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", (self._key,))
                row = cursor.fetchone()
                if row is not None and row[0]:
                    return
                if time.monotonic() >= deadline or self._is_given_up.wait(_POLL_SECONDS):
                    raise TimedOutError(self._busy)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
