"""Ends the statements of other connections, over a connection of its own.

psycopg2's own `cancel` keeps the interpreter's lock during its network call: on a dead network it would
freeze the whole app, the window included, for minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg2
from psycopg2.extensions import connection as RawConnection  # noqa: N812

_SECONDS_TO_CLOSE = 1.0


class Canceller:
    """Opens its connection at the first cancel and keeps it. Its calls block; any thread may make them."""

    def __init__(self, connect: Callable[[], RawConnection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._connection: RawConnection | None = None

    def cancel(self, pid: int) -> None:
        """Ask the server to end what that process does for us. Raises psycopg2's errors, or AppError."""
        with self._lock:
            if self._connection is not None:
                try:
                    self._ask(self._connection, pid)
                except psycopg2.Error:  # broken since it was last used: a fresh one is tried
                    self._connection.close()
                    self._connection = None
                else:
                    return
            connection = self._connect()
            connection.autocommit = True
            self._connection = connection
            self._ask(connection, pid)

    def close(self) -> None:
        """Close the connection, unless a cancel hangs in it: that one ends with its own time-out."""
        if self._lock.acquire(timeout=_SECONDS_TO_CLOSE):
            try:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
            finally:
                self._lock.release()

    def _ask(self, connection: RawConnection, pid: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_cancel_backend(%s)", (pid,))
