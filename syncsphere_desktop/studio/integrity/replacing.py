"""Giving a row another file: the new one is stored first, the old one goes into quarantine last."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO

from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.sound import SoundFacts
from syncsphere_desktop.domain.trash import TrashDraft, TrashEntry
from syncsphere_desktop.errors import (
    ConnectionLostError,
    FileError,
    NotFoundError,
    OutcomeUnknownError,
)
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.storage.paths import StorePath, new_path
from syncsphere_desktop.studio.integrity.inspection import Prober
from syncsphere_desktop.studio.integrity.library import Library, path_in
from syncsphere_desktop.studio.integrity.placing import KEEP_FOR, Placing, kept_place
from syncsphere_desktop.studio.integrity.ports import ContentRows, FileRows, TrashRows
from syncsphere_desktop.studio.integrity.settling import Settling
from syncsphere_desktop.studio.threads import Threads


class ContentReplacer:
    """Replaces what is in rows' files, one at a time."""

    def __init__(
        self,
        *,
        store: AudioStore,
        trash: TrashRows,
        files: FileRows,
        contents: ContentRows,
        prober: Prober,
    ) -> None:
        self._files = files
        self._trash = trash
        self._prober = prober
        self._threads = Threads(1, "audio-replace")
        self._library = Library(store, files, contents, self._threads)
        self._placing = Placing(self._library, trash)
        self._settling = Settling(self._library, trash)

    async def close(self) -> None:
        """Wait for what is under way and end the thread."""
        await self._threads.close()

    async def replace(self, file: AudioFile, source: Path, *, progress: Progress = silent) -> AudioFile:
        """Give a row the content of `source`, with what it tells of itself; return the row.

        The row keeps its id and its name, whose ending follows the new format. The former file goes into
        quarantine unless another row names it. Raises NotAudioError and ProbeLimitError for what the library
        does not take, FileError, StorageError, and ConflictError when others changed the row meanwhile:
        nothing is changed then.
        """
        progress(f"Probing {source.name}", None)
        facts = await self._threads(partial(self._prober.probe, source, decode=True))
        async with self._trash.exclusive():
            await self._threads(self._library.store.check_writable)
            await self._settling.run()
            if await self._files.find(file.id) is None:
                raise NotFoundError("The row was deleted meanwhile.")
            progress(f"Storing {source.name}", None)
            return await self._replace(file, source, facts)

    async def _replace(self, file: AudioFile, source: Path, facts: SoundFacts) -> AudioFile:
        filename = _renamed(file.filename, source)
        target = new_path(file.project_id or 0, filename)
        former = path_in(self._library.store, file.file_path)
        async with self._placing.placed(target, lambda: _opened(source), "Left by replacing") as placed:
            # Announced before the row lets go of it, so that a crash in between leaves no stray file.
            leaving = await self._announce(file, former)
            draft = AudioFileDraft(file.project_id or ProjectId(0), filename, placed.path)
            try:
                changed = await self._files.replace(file, StoredAudio(draft, placed.content, facts))
            except (ConnectionLostError, OutcomeUnknownError):
                raise  # settled when it is known whether the row was changed
            except Exception:
                if leaving is not None:
                    await self._trash.abandon(leaving.id)
                raise
        if leaving is not None:
            await self._settling.settle(leaving)
        return changed

    async def _announce(self, file: AudioFile, former: StorePath | None) -> TrashEntry | None:
        """Announce that the former file of the row is about to leave, if there is one."""
        stored = None if former is None else await self._library.stat(former)
        if former is None or stored is None:
            return None
        draft = TrashDraft(
            file.file_path,
            kept_place(former),
            "Replaced by another file",
            size=stored.size,
            former_of=file.id,
        )
        return (await self._trash.begin([draft], keep_for=KEEP_FOR))[0]


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except OSError as error:
        raise FileError(f"“{source.name}” can't be read: {error.strerror or error}.") from error


def _renamed(filename: str, source: Path) -> str:
    """Return the row's name with the ending of the file that it gets."""
    if PurePath(filename).suffix.lower() == source.suffix.lower() or not source.suffix:
        return filename
    return PurePath(filename).stem + source.suffix.lower()
