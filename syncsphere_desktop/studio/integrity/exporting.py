"""Copying audio files out of the store, whole or not at all, in folders that say where they belong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import BinaryIO

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import FileError, NotFoundError
from syncsphere_desktop.storage.base import AudioStore, no_bytes
from syncsphere_desktop.storage.copying import Blocks, copied
from syncsphere_desktop.storage.paths import stored_path
from syncsphere_desktop.storage.renaming import rename_new
from syncsphere_desktop.studio.integrity.acting import Thing, act_on_each
from syncsphere_desktop.studio.integrity.hashing import hashed
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport
from syncsphere_desktop.studio.integrity.ports import ContentRows
from syncsphere_desktop.studio.outgoing import safe_name, told_as_file_errors
from syncsphere_desktop.studio.threads import Threads
from syncsphere_desktop.studio.work_control import WorkControl

_NO_PROJECT = "Without project"
_ROWS_AT_A_TIME = 500


class Structure(StrEnum):
    """Which folders an export makes."""

    PROJECTS = "projects"
    """One for each project, by its name."""
    STORED = "stored"
    """Those of the storage."""
    FLAT = "flat"


class AudioExporter:
    """Copies files out. What is there already stays, unless it is to be overwritten: names are counted up."""

    def __init__(self, *, store: AudioStore, contents: ContentRows) -> None:
        self._store = store
        self._contents = contents
        self._threads = Threads(1, "audio-export")
        self._blocks = Blocks()

    async def close(self) -> None:
        """Wait for what is under way and end the thread."""
        await self._threads.close()

    async def export(
        self,
        ids: Sequence[AudioFileId],
        folder: Path,
        *,
        structure: Structure = Structure.PROJECTS,
        project_names: Mapping[ProjectId, str] | None = None,
        overwrite: bool = False,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Copy these rows' files below `folder`, which is made; each outcome's path is where its copy is.

        What is there already with the same content is left as it is; with `overwrite` a file of that name
        and another content is replaced, but none that this very export made. A copy whose bytes are not
        those that were recorded is not kept, and told. Raises StoreUnavailableError, and FileError for a
        folder that can't be written to.
        """
        names = project_names or {}
        control = control or WorkControl()
        names_of = _Names(overwrite=overwrite)
        await self._threads(lambda: _made(folder))
        rows = await self._rows(list(dict.fromkeys(ids)))

        async def act(thing: Thing) -> ActionOutcome:
            row = rows.get(thing.file_id) if thing.file_id is not None else None
            if row is None:
                raise NotFoundError("The row was deleted meanwhile.")
            given, content = await self._threads(
                lambda: self._copy(
                    row, folder / _place(row, structure, names, self._store), names_of, control
                )
            )
            if given.was_there:
                return thing.unchanged(str(given.path), "It's there already, the same.")
            return thing.done(path=str(given.path), size=content.size)

        things = [
            Thing(rows[file_id].filename if file_id in rows else "", file_id)
            for file_id in dict.fromkeys(ids)
        ]
        return await act_on_each(things, act, doing="Exporting", control=control, progress=progress)

    async def _rows(self, ids: Sequence[AudioFileId]) -> Mapping[AudioFileId, RowToCheck]:
        found: dict[AudioFileId, RowToCheck] = {}
        for start in range(0, len(ids), _ROWS_AT_A_TIME):
            for row in await self._contents.rows(ids[start : start + _ROWS_AT_A_TIME]):
                found[row.id] = row
        return found

    def _copy(
        self, row: RowToCheck, wish: Path, names: _Names, control: WorkControl
    ) -> tuple[_Given, Content]:
        """Copy one file to the first free name like `wish`; blocks."""
        path = stored_path(row.file_path, self._store.root)
        _made(wish.parent)
        part = wish.parent / f".syncsphere-{os.urandom(8).hex()}.part"
        with self._store.open(path) as source, told_as_file_errors(wish), _written(part) as sink:
            content = copied(
                source,
                lambda block: _write(sink, block),
                block=self._blocks.take(),
                on_bytes=no_bytes,
                check=control.checkpoint,
            )
            sink.flush()
            os.fsync(sink.fileno())
            if row.content is not None and content != row.content:
                raise FileError("Its bytes are not those that were stored, so no copy was made.")
            return names.give(part, wish, content), content


def _place(row: RowToCheck, structure: Structure, names: Mapping[ProjectId, str], store: AudioStore) -> Path:
    name = safe_name(row.filename)
    if structure is Structure.FLAT:
        return Path(name)
    if structure is Structure.STORED:
        folders = stored_path(row.file_path, store.root).split("/")[:-1]
        return Path(*(safe_name(part) for part in folders), name)
    if row.project_id is None:
        return Path(_NO_PROJECT, name)
    return Path(safe_name(names.get(row.project_id) or f"Project {row.project_id}"), name)


@contextmanager
def _written(part: Path) -> Iterator[BinaryIO]:
    """Open a new file, and remove it at the end unless it got another name."""
    try:
        with part.open("xb") as sink:
            yield sink
    finally:
        part.unlink(missing_ok=True)


def _write(sink: BinaryIO, block: memoryview) -> None:
    sink.write(block)


def _made(folder: Path) -> None:
    with told_as_file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class _Given:
    """Where a copy is, and whether the very same file was there before."""

    path: Path
    was_there: bool


class _Names:
    """Gives the copies of one export their names: `Kick.wav`, `Kick (2).wav`.

    Names that differ in case alone count as one, for where they may be taken next.
    """

    def __init__(self, *, overwrite: bool) -> None:
        self._overwrite = overwrite
        self._taken: set[str] = set()

    def give(self, part: Path, wish: Path, content: Content) -> _Given:
        """Give a copy the first name that is free, or that the very same file has; blocks."""
        for number in count(1):
            name = wish if number == 1 else wish.with_name(f"{wish.stem} ({number}){wish.suffix}")
            if str(name).casefold() in self._taken:
                continue
            given = self._tried(part, name, content)
            if given is not None:
                self._taken.add(str(name).casefold())
                return given
        raise AssertionError("counting up never ends")

    def _tried(self, part: Path, name: Path, content: Content) -> _Given | None:
        try:
            rename_new(str(part), str(name))
        except FileExistsError:
            if _is_the_same(name, content):
                return _Given(name, was_there=True)
            if not self._overwrite or not name.is_file() or name.is_symlink():
                return None
            part.replace(name)
        return _Given(name, was_there=False)


def _is_the_same(path: Path, content: Content) -> bool:
    if not path.is_file() or path.stat().st_size != content.size:
        return False
    with path.open("rb") as stream:
        return hashed(stream) == content
