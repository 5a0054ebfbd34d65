"""Stores a bundle as a project's next version, streamed, in one transaction with its audit entry."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import threading
from collections.abc import Callable
from typing import Any, Protocol

import psycopg2
from sqlalchemy import Connection, func, select, update

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.copy_errors import repeated_errors_unheard
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.repositories.bundles import BUNDLES
from syncsphere_desktop.database.tables import project_bundles, projects
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId, UserId
from syncsphere_desktop.errors import CancelledByServerError, InputError, NotFoundError

LARGEST_BUNDLE = 2**30 - 1024
"""Bytes: PostgreSQL makes a row of less than 1 GiB in memory before it puts the value out of line."""

LONG = Timeouts(statement=3600.0, lock=10.0)
"""Time-outs of moving a bundle: a slow line takes its time, and another save of the project is waited for."""

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_COPY = "COPY project_bundles (id, project_id, bundle_data, version, created_by) FROM STDIN (FORMAT binary)"


class Source(Protocol):
    """Bytes that can be read again from the start: a write that lost its connection is tried anew."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


class BundleWriter:
    """Adds versions. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def add(
        self,
        project_id: ProjectId,
        source: Source,
        size: int,
        *,
        created_by: UserId | None = None,
        origin: str = "import",
        on_bytes: Callable[[int], None] | None = None,
    ) -> BundleVersion:
        """Store `size` bytes of `source` as the project's next version and return it.

        The number is taken under a lock on the project's row, so two at once get two, and last, so that
        nobody waits for another's upload. `on_bytes` is called on a worker thread with what was sent so far;
        what it raises ends the whole and leaves nothing, as does cancelling. Raises InputError above
        `LARGEST_BUNDLE` before anything is sent and where the source ends early, NotFoundError without the
        project, AppError.
        """
        refuse_too_large(size)

        stop = threading.Event()

        def work(connection: Connection) -> BundleVersion:
            source.seek(0)
            return self._add(
                connection, project_id, _CopyFeed(source, size, on_bytes, stop), created_by, origin
            )

        writing = asyncio.ensure_future(self._database.write(work, timeouts=LONG))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The server takes no cancel while it waits for data: the feed ends the COPY instead.
            stop.set()
            await asyncio.wait({writing})
            if not writing.cancelled():
                writing.exception()  # retrieved: whoever cancelled does not want it
            raise

    def _add(
        self,
        connection: Connection,
        project_id: ProjectId,
        feed: _CopyFeed,
        created_by: UserId | None,
        origin: str,
    ) -> BundleVersion:
        check_project(connection, project_id)  # before anything is sent
        bundle_id = _next_id(connection)
        feed.before = _fields_before(bundle_id, project_id, feed.size)
        feed.after = _integer(None) + _integer(created_by) + _TRAILER
        _copy(connection, feed)
        take_number(connection, bundle_id, project_id)
        stored = BUNDLES.read(connection, bundle_id)
        assert stored is not None
        content = {"size": feed.size, "sha256": feed.sha256.hexdigest(), "origin": origin}
        audit.record(
            connection,
            self._actor,
            Entity.BUNDLE,
            bundle_id,
            Action.ADD,
            before=None,
            after={**BUNDLES.values_of(stored), **content},
        )
        return stored


def refuse_too_large(size: int) -> None:
    """Raise InputError for what one value of PostgreSQL can't hold."""
    if size > LARGEST_BUNDLE:
        raise InputError(
            f"A bundle of {size:,} bytes can't be stored: PostgreSQL holds {LARGEST_BUNDLE:,} bytes at most"
            " in one value.",
            field="size",
        )


def check_project(connection: Connection, project_id: ProjectId) -> None:
    """Raise NotFoundError where there is no such project."""
    if connection.execute(select(projects.c.id).where(projects.c.id == project_id)).first() is None:
        raise _no_project(project_id)


def take_number(connection: Connection, bundle_id: BundleId, project_id: ProjectId) -> None:
    """Give a version that has no number its project's next one, under a lock until the transaction ends.

    The bundle's bytes stay where they are: only the short row is written again. Raises NotFoundError.
    """
    locked = connection.execute(
        select(projects.c.id).where(projects.c.id == project_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    if locked is None:
        raise _no_project(project_id)
    newest = connection.execute(
        select(func.max(project_bundles.c.version)).where(project_bundles.c.project_id == project_id)
    ).scalar_one()
    connection.execute(
        update(project_bundles).where(project_bundles.c.id == bundle_id).values(version=int(newest or 0) + 1)
    )


def _no_project(project_id: ProjectId) -> NotFoundError:
    return NotFoundError(f"There is no project with the id {project_id}.")


def _copy(connection: Connection, feed: _CopyFeed) -> None:
    raw: Any = connection.connection.dbapi_connection
    try:
        with raw.cursor() as cursor, repeated_errors_unheard():
            cursor.copy_expert(_COPY, feed, size=1 << 20)
    except psycopg2.Error:
        # What the feed raised reaches us as the server's word that the COPY was given up.
        if feed.failure is not None:
            raise feed.failure from None
        raise


def _next_id(connection: Connection) -> BundleId:
    number = connection.exec_driver_sql(
        "SELECT nextval(pg_get_serial_sequence('project_bundles', 'id'))"
    ).scalar_one()
    return BundleId(int(number))


def _fields_before(bundle_id: BundleId, project_id: ProjectId, size: int) -> bytes:
    return (
        _HEADER + struct.pack(">h", 5) + _integer(bundle_id) + _integer(project_id) + struct.pack(">i", size)
    )


def _integer(value: int | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">ii", 4, value)


class _CopyFeed:
    """What COPY reads: the fields before the value, the value, the fields after it."""

    def __init__(
        self, source: Source, size: int, on_bytes: Callable[[int], None] | None, stop: threading.Event
    ) -> None:
        self.before = b""
        self.after = b""
        self.sha256 = hashlib.sha256()
        self.failure: Exception | None = None
        self._source = source
        self.size = size
        self._left = size
        self._on_bytes = on_bytes
        self._stop = stop

    def read(self, size: int) -> bytes:
        """Return some of the next bytes, `size` at most, and none at the end."""
        try:
            return self._read(size)
        except Exception as error:
            self.failure = error
            raise

    def _read(self, size: int) -> bytes:
        if self._stop.is_set():
            raise CancelledByServerError("The call was cancelled; nothing was saved.")
        if self.before:
            part, self.before = self.before[:size], self.before[size:]
            return part
        if self._left:
            return self._block(size)
        part, self.after = self.after[:size], self.after[size:]
        return part

    def _block(self, size: int) -> bytes:
        block = self._source.read(min(size, self._left))
        if not block:
            raise InputError(
                f"The bundle ended {self._left:,} bytes before the {self.size:,} it was said to have."
            )
        self.sha256.update(block)
        self._left -= len(block)
        if self._on_bytes is not None:
            self._on_bytes(self.size - self._left)
        return block
