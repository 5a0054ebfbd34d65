"""The bytes of stored versions, out of the server: in slices where they are wanted, or all in one stream.

A bundle is never fetched whole into memory. `RemoteBundle` is a file object whose reads become slices, so
that a ZIP's directory and graph are read without its samples; `BundleStreams.pour` sends everything, half a
MiB at a time, each made of the server's own chunks.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

import psycopg2
from sqlalchemy import Connection
from typing_extensions import override

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.copy_errors import repeated_errors_unheard
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.domain.ids import BundleId, RowVersion
from syncsphere_desktop.errors import NotFoundError, QueryError
from syncsphere_desktop.seeking import SeekableReader

T = TypeVar("T")

STREAMING = Timeouts(statement=3600.0, idle_in_transaction=600.0)
"""Time-outs of reading a bundle: a slow line takes its time, and so may the disk that it is written to."""

SLICE = 512 << 10
"""Bytes of a row of the stream: larger ones leave the caches of both processors, smaller ones cost rows."""
_SMALLEST, _LARGEST = 64 << 10, 4 << 20
_WINDOWS = 3

_DESCRIBED = """
SELECT octet_length(bundle_data) AS size, xmin::text AS row_version FROM project_bundles WHERE id = %(id)s
"""
_SLICED = """
SELECT substring(bundle_data FROM %(start)s FOR %(length)s) AS slice, xmin::text AS row_version
FROM project_bundles WHERE id = %(id)s
"""
# One statement sees one state of the row, however long it takes.
_POURED = f"""
COPY (SELECT substring(b.bundle_data FROM n * {SLICE} + 1 FOR {SLICE})
      FROM project_bundles b, generate_series(0, (octet_length(b.bundle_data) - 1) / {SLICE}) AS n
      WHERE b.id = {{id}} ORDER BY n) TO STDOUT (FORMAT binary)
"""


class RemoteBundle(SeekableReader):
    """One bundle as a file object, for the time of a transaction. Reads what follows ahead.

    Raises NotFoundError when the version is not there, or is deleted or replaced while it is read. `fetched`
    counts the bytes that came from the server.
    """

    def __init__(self, connection: Connection, bundle_id: BundleId) -> None:
        row = connection.exec_driver_sql(_DESCRIBED, {"id": bundle_id}).one_or_none()
        if row is None:
            raise _gone(bundle_id)
        super().__init__(row.size)
        self._connection = connection
        self._id = bundle_id
        self._row_version: str = row.row_version
        # Where each window starts, the one used last at the end.
        self._windows: dict[int, bytes] = {}
        self._ahead = _SMALLEST
        self.fetched = 0

    @override
    def readinto(self, buffer: Any, /) -> int:
        block = self._some(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def _some(self, wanted: int) -> bytes:
        """Return up to `wanted` bytes from where it stands, none at the end."""
        if wanted <= 0 or self.at >= self.size:
            return b""
        start = next((s for s, kept in self._windows.items() if s <= self.at < s + len(kept)), None)
        if start is None:
            start = self._fetch(wanted)
        kept = self._windows[start] = self._windows.pop(start)
        block = kept[self.at - start : self.at - start + wanted]
        self.at += len(block)
        return block

    def _fetch(self, wanted: int) -> int:
        """Fetch the window that begins where it stands: a larger one each time when read on and on."""
        goes_on = any(start + len(kept) == self.at for start, kept in self._windows.items())
        self._ahead = min(self._ahead * 2, _LARGEST) if goes_on else _SMALLEST
        length = min(max(self._ahead, min(wanted, _LARGEST)), self.size)
        start = self.at
        if not goes_on:  # at the end of a file, what comes before is wanted next
            start = min(start, self.size - length)
        length = min(length, self.size - start)
        row = self._connection.exec_driver_sql(
            _SLICED, {"start": start + 1, "length": length, "id": self._id}
        ).one_or_none()
        if row is None:
            raise _gone(self._id)
        if row.row_version != self._row_version or len(row.slice) != length:
            raise NotFoundError(f"The bundle version with the id {self._id} was replaced while it was read.")
        while len(self._windows) >= _WINDOWS:
            del self._windows[next(iter(self._windows))]
        self._windows[start] = bytes(row.slice)
        self.fetched += length
        return start


@dataclass(frozen=True, slots=True)
class PouredBundle:
    """What went through a stream: its size in bytes, its sha256 in lower-case hex, and the row's version."""

    size: int
    sha256: str
    row_version: RowVersion


class BundleStreams:
    """Reads the bytes of bundles on the database's worker threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, bundle_id: BundleId, work: Callable[[BinaryIO], T]) -> T:
        """Return what `work(file object)` gives, run on a worker thread in one transaction.

        `work` may run more than once, must not keep the file object, and should not take minutes. Raises
        AppError, and what `work` raises.
        """

        def reading(connection: Connection) -> T:
            # Buffered at a size below that of the windows, so that it asks for no more than they hold.
            with io.BufferedReader(RemoteBundle(connection, bundle_id), _SMALLEST) as file:
                return work(file)

        return await self._database.run(reading, timeouts=STREAMING)

    async def pour(
        self,
        bundle_id: BundleId,
        begin: Callable[[], BinaryIO],
        *,
        on_bytes: Callable[[int], None] | None = None,
    ) -> PouredBundle:
        """Write the whole of a version, in order, to what `begin()` gives, and return what it was.

        `begin` gives a fresh place, or the old one emptied, at each attempt: one that lost its connection is
        made anew. `on_bytes` is called on the worker thread with the bytes so far; what it raises ends the
        stream, as does cancelling. Raises NotFoundError, AppError, and what writing raises.
        """

        def pouring(connection: Connection) -> PouredBundle:
            described = connection.exec_driver_sql(_DESCRIBED, {"id": bundle_id}).one_or_none()
            if described is None:
                raise _gone(bundle_id)
            sink = _CopySink(begin(), on_bytes)
            if described.size:
                _copy_out(connection, bundle_id, sink)
            if described.size and not sink.size:
                raise _gone(bundle_id)
            return PouredBundle(sink.size, sink.sha256.hexdigest(), RowVersion(int(described.row_version)))

        return await self._database.run(pouring, timeouts=STREAMING)


def _copy_out(connection: Connection, bundle_id: BundleId, sink: _CopySink) -> None:
    raw: Any = connection.connection.dbapi_connection
    try:
        with raw.cursor() as cursor, repeated_errors_unheard():
            cursor.copy_expert(_POURED.format(id=int(bundle_id)), sink)
    except psycopg2.Error:
        if sink.failure is not None:
            raise sink.failure from None
        raise


class _CopySink:
    """What COPY writes to: takes binary rows of one BYTEA each apart, and passes the values on.

    psycopg2 hands over one row at a time, the header with the first one.
    """

    _HEADER = 19
    _BEFORE_VALUE = 6

    def __init__(self, target: BinaryIO, on_bytes: Callable[[int], None] | None) -> None:
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.failure: Exception | None = None
        self._target = target
        self._on_bytes = on_bytes
        self._header_left = self._HEADER

    def write(self, message: bytes) -> None:
        """Take one message of the COPY protocol."""
        try:
            self._write(memoryview(message))
        except Exception as error:
            self.failure = error
            raise

    def _write(self, message: memoryview) -> None:
        skipped = min(self._header_left, len(message))
        self._header_left -= skipped
        row = message[skipped:]
        if len(row) <= 2:  # nothing more, or the trailer
            return
        fields, length = struct.unpack_from(">hi", row)
        value = row[self._BEFORE_VALUE :]
        if fields != 1 or length != len(value):
            raise QueryError("The server sent a bundle in a form that is not understood.")
        self._target.write(value)
        self.sha256.update(value)
        self.size += length
        if self._on_bytes is not None:
            self._on_bytes(self.size)


def _gone(bundle_id: BundleId) -> NotFoundError:
    return NotFoundError(f"There is no bundle version with the id {bundle_id} any more.")
