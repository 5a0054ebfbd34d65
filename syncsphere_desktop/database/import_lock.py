"""Tells whether a transaction of an import is still under way, that of a process which was killed too.

A server finishes a COMMIT it was sent although nobody waits for the answer. Whoever cleans up after the
process must not look before that.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, func, select


def hold(connection: Connection, import_id: UUID) -> None:
    """Let `wait` wait until the end of this transaction."""
    connection.execute(select(func.pg_advisory_xact_lock_shared(_key(import_id))))


def wait(connection: Connection, import_id: UUID) -> None:
    """Wait until every transaction that holds the import has ended; raises TimedOutError."""
    connection.execute(select(func.pg_advisory_xact_lock(_key(import_id))))


def _key(import_id: UUID) -> int:
    return int.from_bytes(import_id.bytes[:8], signed=True)
