"""Writes what a list shows to a CSV file: all of it, or no file at all.

RFC 4180: comma, CRLF, quotes doubled. Values are exact (ISO times, bytes), not the humane ones of the window.

Spreadsheets run a cell that begins with = + - @, a tab or a carriage return as a formula, and names in the
studio are anybody's to choose: such *texts* get a leading apostrophe. Numbers stay as they are. Who reads the
file by a program and wants the bare texts passes `guard_formulas=False`.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from syncsphere_desktop.domain.exact import exact_text
from syncsphere_desktop.domain.listing import ListQuery, RowSource
from syncsphere_desktop.errors import FileError

RowT = TypeVar("RowT")
Row_contra = TypeVar("Row_contra", contravariant=True)
Progress = Callable[[int], None]
"""Called with the number of rows that were written so far."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BOM = b"\xef\xbb\xbf"
_ROWS_AT_ONCE = 500
_FETCHED_AT_ONCE = 1_000


class ExportColumn(Protocol[Row_contra]):
    """What an export needs of a list's column."""

    @property
    def title(self) -> str:
        """Return the column's heading."""
        ...

    @property
    def value(self) -> Callable[[Row_contra], object]:
        """Return what gives a row's exact value."""
        ...


async def export_csv(
    path: Path,
    columns: Sequence[ExportColumn[RowT]],
    source: RowSource[RowT],
    query: ListQuery,
    progress: Progress | None = None,
    *,
    bom: bool = True,
) -> int:
    """Write all rows that `query` lists to `path`, in its order, and return their number.

    Rows that are removed meanwhile are left out. Raises like `write_csv`, and what the source raises.
    """
    rows = listed_rows(columns, source, query)
    return await write_csv(path, [column.title for column in columns], rows, bom=bom, progress=progress)


async def listed_rows(
    columns: Sequence[ExportColumn[RowT]], source: RowSource[RowT], query: ListQuery
) -> AsyncIterator[Sequence[object]]:
    """Give the exact values of all rows that `query` lists, in its order."""
    # White space around a search means nothing to the source, but makes this a query of its own: the order
    # fixed for the export neither moves the rows of the list on screen nor is moved by its reloads.
    own = replace(query, search=f"{query.search} ")

    count = await source.prepare(own)
    for offset in range(0, count.value, _FETCHED_AT_ONCE):
        page = await source.page(own, offset, min(_FETCHED_AT_ONCE, count.value - offset))
        for row in page.rows:
            if row is not None:
                yield [column.value(row) for column in columns]


async def write_csv(
    path: Path,
    titles: Sequence[str],
    rows: AsyncIterator[Sequence[object]],
    *,
    bom: bool = True,
    guard_formulas: bool = True,
    progress: Progress | None = None,
) -> int:
    """Write `titles` and `rows` to `path` and return the number of rows.

    `bom` begins the file with the mark by which spreadsheets know UTF-8. Raises FileError (disk full, no
    right, no such folder) and whatever `rows` raises. On an error or a cancel nothing is left, and a file
    that was there before stays as it was; a cancel that comes while the complete file gets its name is late.
    """
    partial = PartialFile(path)
    written = 0
    try:
        await on_thread(partial.open)
        await asyncio.to_thread(
            partial.write, (_BOM if bom else b"") + _lines([titles], guard=guard_formulas)
        )
        batch: list[Sequence[object]] = []
        async for row in rows:
            batch.append(row)
            if len(batch) >= _ROWS_AT_ONCE:
                written += await _write(partial, batch, guard=guard_formulas)
                if progress is not None:
                    progress(written)
        written += await _write(partial, batch, guard=guard_formulas)
        await on_thread(partial.publish)
    except BaseException:
        partial.discard()
        raise
    if progress is not None:
        progress(written)
    return written


async def _write(partial: PartialFile, batch: list[Sequence[object]], *, guard: bool) -> int:
    rows = batch.copy()
    batch.clear()
    await on_thread(lambda: partial.write(_lines(rows, guard=guard)))
    return len(rows)


async def on_thread(work: Callable[[], None]) -> None:
    """Run `work` on a thread and, also when cancelled, come back only after it: it holds the file."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # retrieved: a cancelled export has nobody to tell
        raise


def _lines(rows: Iterable[Sequence[object]], *, guard: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(value, guard=guard) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: object, *, guard: bool) -> str:
    text = exact_text(value)
    if guard and isinstance(value, str) and text.startswith(_FORMULA_STARTS):
        return "'" + text
    return text


class PartialFile:
    """A temporary file beside the final one, readable by its owner alone as long as it is not complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._temporary: Path | None = None

    def open(self) -> None:
        try:
            # A target that is a link, or a folder, is met here and not after an hour of writing.
            if self._path.is_dir():
                raise FileError(f"“{self._path}” is a folder.")
            descriptor, name = tempfile.mkstemp(
                prefix=f".{self._path.name[:100]}.", suffix=".part", dir=self._path.parent
            )
        except OSError as error:
            raise self._failure(error) from error
        self._temporary = Path(name)
        self._stream = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        assert self._stream is not None
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._failure(error) from error

    def publish(self) -> None:
        """Make the bytes durable, then give them their name. An existing file keeps its rights."""
        assert self._stream is not None
        assert self._temporary is not None
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._temporary.chmod(self._mode())
            self._temporary.replace(self._path)
            self._sync_folder()
        except OSError as error:
            raise self._failure(error) from error

    def discard(self) -> None:
        if self._stream is not None:
            try:
                self._stream.close()  # flushes, which fails again where the disk is full
            except OSError:
                self._stream.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _mode(self) -> int:
        if self._path.exists():
            return self._path.stat().st_mode & 0o777
        return 0o644

    def _sync_folder(self) -> None:
        if os.name == "nt":  # a folder can't be opened there; the rename is journaled
            return
        descriptor = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _failure(self, error: OSError) -> FileError:
        reason = {
            "ENOSPC": "the disk is full",
            "EDQUOT": "the disk quota is used up",
            "EACCES": "there is no right to write there",
            "EROFS": "the disk can only be read",
            "ENOENT": "its folder does not exist",
        }.get(_name_of(error), (error.strerror or "the system refused it").lower())
        return FileError(f"“{self._path.name}” can't be written: {reason}.", details=str(error.errno))


def _name_of(error: OSError) -> str:
    import errno

    return errno.errorcode.get(error.errno or 0, "")
