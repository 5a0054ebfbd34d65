"""Mending what a check found: files that lie elsewhere are found by their content, rows are told anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.audio_check import ContentRecord
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.sound import Content, ContentState, SoundFacts
from syncsphere_desktop.errors import (
    NotAudioError,
    PathOutsideStoreError,
    ProbeLimitError,
    StoredFileMissingError,
)
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.storage.paths import StorePath, new_path
from syncsphere_desktop.studio.integrity.acting import NoLongerSoError, Thing, act_on_each
from syncsphere_desktop.studio.integrity.findings import Finding
from syncsphere_desktop.studio.integrity.inspection import Prober
from syncsphere_desktop.studio.integrity.library import Library, RowNow, path_in
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport
from syncsphere_desktop.studio.integrity.placing import Placing
from syncsphere_desktop.studio.integrity.ports import CheckRows, ContentRows, FileRows, TrashRows
from syncsphere_desktop.studio.threads import Threads
from syncsphere_desktop.studio.work_control import WorkControl


class Repair:
    """Points rows at files that hold what they should, and describes files anew.

    Raises StoreUnavailableError and whatever the database raises; the rest is told in the report.
    """

    def __init__(
        self,
        *,
        store: AudioStore,
        files: FileRows,
        contents: ContentRows,
        checks: CheckRows,
        trash: TrashRows,
        prober: Prober,
    ) -> None:
        self._store = store
        self._files = files
        self._contents = contents
        self._checks = checks
        self._prober = prober
        self._threads = Threads(2, "audio-repair")
        self._library = Library(store, files, contents, self._threads)
        self._trash = trash
        self._placing = Placing(self._library, trash)

    async def close(self) -> None:
        """Wait for what is under way and end the threads."""
        await self._threads.close()

    async def relocate(
        self,
        findings: Sequence[Finding],
        *,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Find the files of rows that lost theirs by size and sha256, among the orphans of the last check.

        Where another row has the same content, its file is copied. The row names what was found from then
        on. What has no row, or no hash that was ever recorded, can't be found.
        """
        things = [Thing(finding.path, finding.file_id, finding=finding) for finding in findings]
        return await act_on_each(things, self._relocate, doing="Finding", control=control, progress=progress)

    async def reprobe(
        self,
        ids: Sequence[AudioFileId],
        *,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Take what is in the files for right: probe, decode and hash them, and describe the rows anew."""
        things = [Thing(file_id=file_id) for file_id in dict.fromkeys(ids)]
        return await act_on_each(things, self._reprobe, doing="Probing", control=control, progress=progress)

    async def _relocate(self, thing: Thing) -> ActionOutcome:
        if thing.file_id is None:
            return thing.failed("A file without a row has no other place to be.")
        now = await self._library.row(thing.file_id)
        wanted = await self._library.recorded(thing.file_id)
        if wanted is None:
            return thing.failed("Its content was never recorded, so that it can't be told from others.")
        await self._refuse_if_there(now, wanted)
        async for path in self._orphans_like(wanted):
            return await self._point(now, path, wanted)
        copy = await self._copy_of(now.file, wanted)
        if copy is not None:
            return await self._point_at_copy(now, copy, wanted)
        return thing.failed("No other file in the storage has this content.")

    async def _refuse_if_there(self, now: RowNow, wanted: Content) -> None:
        if now.path is None or now.stored is None or now.stored.size != wanted.size:
            return
        if await self._library.content(now.path) == wanted:
            raise NoLongerSoError("The file is there again, and whole.")

    async def _orphans_like(self, wanted: Content) -> AsyncIterator[StorePath]:
        for orphan in await self._checks.orphans(sizes=[wanted.size]):
            path = path_in(self._store, orphan.path)
            if path is None or await self._library.rows_naming(path):
                continue
            # Its size and time tell nothing for sure: what counts is what is in it at this moment.
            content = await self._content(path)
            if content is not None and content.sha256 != orphan.sha256:
                await self._checks.keep_orphan_hash(orphan.path, content.sha256)
            if content == wanted:
                yield path

    async def _copy_of(self, file: AudioFile, wanted: Content) -> StorePath | None:
        """Return the file of another row that has the content still."""
        for row in await self._contents.rows_with_sha256([wanted.sha256]):
            path = path_in(self._store, row.file_path)
            if row.id != file.id and path is not None and await self._content(path) == wanted:
                return path
        return None

    async def _point_at_copy(self, now: RowNow, source: StorePath, wanted: Content) -> ActionOutcome:
        target = new_path(now.file.project_id or 0, now.file.filename)
        async with self._trash.exclusive():
            opening = partial(self._store.open, source)
            async with self._placing.placed(target, opening, "Left by finding a file again") as placed:
                if placed.content != wanted:
                    raise NoLongerSoError("The file with the same content was changed this moment.")
                return await self._point(now, placed.path, wanted)

    async def _content(self, path: StorePath) -> Content | None:
        try:
            return await self._library.content(path)
        except (StoredFileMissingError, PathOutsideStoreError):
            return None

    async def _point(self, now: RowNow, path: StorePath, content: Content) -> ActionOutcome:
        file = await self._files.relocate(now.file, path)
        if file.file_size != content.size:
            file = await self._files.update(file, {"file_size": content.size})
        record = ContentRecord(file.id, file.file_path, ContentState.SOUND, None, content)
        await self._contents.record_all([record])
        await self._checks.remove_orphans([path])
        return Thing(now.file.file_path, file.id).done(path=path, size=content.size)

    async def _reprobe(self, thing: Thing) -> ActionOutcome:
        assert thing.file_id is not None
        now = await self._library.row(thing.file_id)
        thing = Thing(now.file.file_path, thing.file_id)
        if now.path is None:
            return thing.failed("The path leads out of the storage.")
        if now.stored is None:
            return thing.failed("The storage has no such file.")
        path = now.path
        try:
            content, facts = await self._threads(lambda: self._look(path))
        except (NotAudioError, ProbeLimitError) as error:
            await self._contents.record_all(
                [ContentRecord(now.file.id, now.file.file_path, ContentState.UNDECODABLE, error.reason)]
            )
            raise
        changes = {
            "file_size": content.size,
            "duration": facts.duration,
            "sample_rate": facts.sample_rate,
            "channels": facts.channels,
            "format": facts.format.value,
        }
        file = await self._files.update(now.file, changes)
        await self._contents.record_all(
            [ContentRecord(file.id, file.file_path, ContentState.SOUND, None, content, facts)]
        )
        return thing.done(size=content.size)

    def _look(self, path: StorePath) -> tuple[Content, SoundFacts]:
        with self._store.as_file(path) as local:
            facts = self._prober.probe(local, decode=True)
        return self._library.read(path), facts
