"""The journal of an import: which files it is about to store, written before it does, read after a crash.

One append-only file a run, of one JSON document a line: first what the import is, then what it announces and
what it settled. The process that runs it holds a lock beside it, so that a journal without a holder is one of
a process that died.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import FileError
from syncsphere_desktop.files import replace_file, take_lock
from syncsphere_desktop.storage.paths import StorePath

_VERSION = 1
_JOURNAL, _LOCK, _INTERRUPTED = ".journal", ".lock", ".interrupted"


@dataclass(frozen=True, slots=True)
class InterruptedImport:
    """An import that did not come to its end. Planning the same sources into its project goes on with it.

    `store` and `database` are the identities of where it writes to.
    """

    import_id: UUID
    project_id: ProjectId
    sources: tuple[Path, ...]
    uploader: UserId | None
    store: str
    database: str


@dataclass(frozen=True, slots=True)
class Announced:
    """A file on its way: where it is written first, and which name it gets."""

    temporary: StorePath
    final: StorePath


@dataclass(frozen=True, slots=True)
class JournalContent:
    """What a journal says: the import, and the files that it announced and did not settle."""

    head: InterruptedImport
    unsettled: tuple[Announced, ...]


class Journal:
    """The journal of a running import. Blocking; for one thread at a time. Raises FileError."""

    def __init__(self, folder: Path, head: InterruptedImport) -> None:
        self._path = folder / f"{head.import_id}-{uuid4().hex[:8]}{_JOURNAL}"
        self._head = head
        with _as_file_errors(self._path):
            lock = take_lock(self._path.with_suffix(_LOCK))
            if lock is None:
                raise FileError("The journal of a new import is held by another process.")
            self._lock = lock
            try:
                replace_file(self._path, _line(_document(head)))
                flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
                self._descriptor = os.open(self._path, flags)
            except BaseException:
                os.close(lock)
                raise
        self._unsettled: set[int] = set()
        self._next = 0

    @property
    def is_settled(self) -> bool:
        """Whether all that was announced was settled."""
        return not self._unsettled

    def announce(self, files: Sequence[Announced]) -> int:
        """Say durably which files will be written, and return the number that settles them."""
        number, self._next = self._next, self._next + 1
        self._unsettled.add(number)
        self._write({"announce": number, "files": [[file.temporary, file.final] for file in files]})
        return number

    def settle(self, number: int) -> None:
        """Say that each of the files announced together has its row, or is gone."""
        # Not durable: a settled file that is looked at again after a power cut is found to be settled.
        self._write({"settled": number}, durable=False)
        self._unsettled.discard(number)

    def close(self, *, interrupted: bool, keep: bool = False) -> None:
        """End the journal; one that is settled goes away unless `keep`, any other stays for the recovery.

        `interrupted` remembers the import, so that it can be gone on with.
        """
        with _as_file_errors(self._path):
            os.close(self._descriptor)
            try:
                if self.is_settled and not keep:
                    if interrupted:
                        remember_interrupted(self._path.parent, self._head)
                    else:
                        forget_interrupted(self._path.parent, self._head.import_id)
                    _remove(self._path)
            finally:
                os.close(self._lock)

    def _write(self, document: object, *, durable: bool = True) -> None:
        with _as_file_errors(self._path):
            rest = memoryview(_line(document))
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            if durable:
                os.fsync(self._descriptor)


class AbandonedJournal:
    """The journal of a dead process, locked until it is released or removed. Raises FileError."""

    def __init__(self, path: Path, lock: int, content: JournalContent) -> None:
        self._path = path
        self._lock = lock
        self.content = content

    def release(self) -> None:
        """Leave it for another time."""
        os.close(self._lock)

    def remove(self) -> None:
        """Remove it, as all that it announced is settled; the import is remembered as interrupted."""
        try:
            with _as_file_errors(self._path):
                remember_interrupted(self._path.parent, self.content.head)
                _remove(self._path)
        finally:
            os.close(self._lock)


def take_abandoned(folder: Path) -> list[AbandonedJournal]:
    """Lock and return the journals of dead processes; raises FileError."""
    found = []
    with _as_file_errors(folder):
        for path in sorted(folder.glob(f"*{_JOURNAL}")):
            lock = take_lock(path.with_suffix(_LOCK))
            if lock is None:
                continue  # its process lives
            content = None
            try:
                content = _content(path)
                if content is None:
                    _remove(path)  # ended, or cut off before it announced anything
            except _UnknownVersionError:
                pass  # another version of the app knows what to do with it
            finally:
                if content is None:
                    os.close(lock)
            if content is not None:
                found.append(AbandonedJournal(path, lock, content))
    return found


class _UnknownVersionError(Exception):
    """Raised for a document of another version of the app."""


def remember_interrupted(folder: Path, head: InterruptedImport) -> None:
    """Remember an import as one that can be gone on with. Raises OSError."""
    replace_file(folder / f"{head.import_id}{_INTERRUPTED}", _line(_document(head)))


def forget_interrupted(folder: Path, import_id: UUID) -> None:
    """Forget an import that came to its end, or that nobody will go on with. Raises OSError."""
    (folder / f"{import_id}{_INTERRUPTED}").unlink(missing_ok=True)


def interrupted(folder: Path) -> tuple[InterruptedImport, ...]:
    """Return the imports that can be gone on with; raises FileError."""
    with _as_file_errors(folder):
        found = []
        for path in sorted(folder.glob(f"*{_INTERRUPTED}")):
            with suppress(FileNotFoundError, _UnknownVersionError):
                found.append(_head(json.loads(path.read_bytes())))
        return tuple(found)


def _content(path: Path) -> JournalContent | None:
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # what has no end of line was never acted on
    except FileNotFoundError:
        return None
    head = None
    announced: dict[int, list[Announced]] = {}
    for line in lines:
        try:
            document = json.loads(line)
        except ValueError:  # a block that a power cut left empty; what it says was never acted on
            continue
        if "settled" in document:
            announced.pop(document["settled"], None)
        elif "announce" in document:
            files = [
                Announced(StorePath(temporary), StorePath(final)) for temporary, final in document["files"]
            ]
            announced[document["announce"]] = files
        else:
            head = _head(document)
    if head is None:
        return None
    return JournalContent(head, tuple(file for files in announced.values() for file in files))


def _line(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _document(head: InterruptedImport) -> dict[str, object]:
    sources = [str(source) for source in head.sources]  # JSON carries names that are no text as escapes
    return {"version": _VERSION, **asdict(head), "import_id": str(head.import_id), "sources": sources}


def _head(document: Any) -> InterruptedImport:
    """Return the import that a document names."""
    if document.get("version") != _VERSION:
        raise _UnknownVersionError
    return InterruptedImport(
        UUID(document["import_id"]),
        ProjectId(document["project_id"]),
        tuple(Path(source) for source in document["sources"]),
        None if document["uploader"] is None else UserId(document["uploader"]),
        document["store"],
        document["database"],
    )


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(_LOCK).unlink(missing_ok=True)


@contextmanager
def _as_file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError("The journal of imports can't be kept.", details=f"{path}: {error}") from error
