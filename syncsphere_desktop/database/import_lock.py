"""Locks that imports hold until their transactions end: one for the import, one for each project.

A server finishes a COMMIT it was sent although nobody waits for the answer. Whoever cleans up after a process
that was killed must not look before that, and so waits for the lock of its import.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, func, select

from syncsphere_desktop.domain.ids import ProjectId

_CONTENTS_OF_PROJECT = 0x53796E63
"""The first of a lock's two numbers, "Sync" in ASCII; the second is the project."""


def hold(connection: Connection, import_id: UUID) -> None:
    """Let `wait` wait until the end of this transaction."""
    connection.execute(select(func.pg_advisory_xact_lock_shared(_key(import_id))))


def wait(connection: Connection, import_id: UUID) -> None:
    """Wait until every transaction that holds the import has ended; raises TimedOutError."""
    connection.execute(select(func.pg_advisory_xact_lock(_key(import_id))))


def hold_contents(connection: Connection, projects: Collection[ProjectId]) -> None:
    """Be the only one to add known contents to these projects, until the end of this transaction.

    What others added is seen by statements after this one.
    """
    for project in sorted(projects):  # in one order everywhere, so that no two wait for each other
        connection.execute(select(func.pg_advisory_xact_lock(_CONTENTS_OF_PROJECT, project)))


def _key(import_id: UUID) -> int:
    return int.from_bytes(import_id.bytes[:8], signed=True)
