"""One runner at a time: a session's advisory lock, asked for again and again but never waited for.

A session that waits for a lock holds a snapshot, and `CREATE INDEX CONCURRENTLY` elsewhere would wait for it:
the two would wait for each other. So each attempt is a statement of its own, in no transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import TimedOutError

_KEY = 0x53796E6353706872
"""Some number that nobody else uses: "SyncSphr" in ASCII."""
_POLL_SECONDS = 0.1


@contextmanager
def migration_lock(connection: Connection, wait_seconds: float, progress: Progress) -> Iterator[None]:
    """Hold the lock in a `with` block; raises TimedOutError when another app holds it for too long.

    The connection must be in autocommit mode while the lock is asked for.
    """
    deadline = time.monotonic() + wait_seconds
    while not _try(connection):
        if time.monotonic() >= deadline:
            raise TimedOutError(
                "Another app has been changing the schema of this database for"
                f" {wait_seconds:.0f} seconds; please try again when it is done."
            )
        progress("Another app is changing the schema; waiting for it", None)
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        if not connection.invalidated and not connection.closed:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_KEY})")


def _try(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_KEY})").scalar_one())
