"""One run of an import: files are staged, get their names and then their rows, batch by batch.

The order is what makes a crash harmless: the journal names the files, then they are written under temporary
names and made durable, then they get their names, then their rows are committed. Several batches are under
way at once, so that the disk does not wait for the database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from syncsphere_desktop.domain.audio import AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.ids import AudioFileId, UserId
from syncsphere_desktop.errors import AppError, OutcomeUnknownError, StorageError
from syncsphere_desktop.storage.base import AudioStore, Staged
from syncsphere_desktop.studio.audio_import.control import ImportControl
from syncsphere_desktop.studio.audio_import.journal import Journal
from syncsphere_desktop.studio.audio_import.outcomes import Outcomes
from syncsphere_desktop.studio.audio_import.plan import ImportPlan, Verdict
from syncsphere_desktop.studio.audio_import.planner import Prober
from syncsphere_desktop.studio.audio_import.ports import ContentRows, FileRows
from syncsphere_desktop.studio.audio_import.present import Present
from syncsphere_desktop.studio.audio_import.progress import ImportListener, Meter
from syncsphere_desktop.studio.audio_import.recovery import sweep
from syncsphere_desktop.studio.audio_import.report import ImportedFile, ImportReport, ImportStatus
from syncsphere_desktop.studio.audio_import.staging import Batch, Entry, Stager
from syncsphere_desktop.studio.threads import Threads

_log = logging.getLogger(__name__)

COPIERS = 4
"""Files that are copied at the same time."""

BATCH_FILES = 100
BATCH_BYTES = 256 << 20
"""A batch that holds so many bytes gets no further file, lest small files wait for large ones."""

_PROJECT_GONE = "The project was deleted before the import ended, and the file's row with it."
_ROW_GONE = "Its row was deleted before the import ended."
_HERE = "The project has the same content already."
_BATCHES_AT_ONCE = 3
_TOLD_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with. `copying` has COPIERS threads, `committing` has one."""

    store: AudioStore
    files: FileRows
    contents: ContentRows
    prober: Prober
    copying: Threads
    committing: Threads


class ImportRun:
    """Runs one plan once."""

    def __init__(
        self,
        plan: ImportPlan,
        parts: Parts,
        journal: Journal,
        control: ImportControl,
        uploader: UserId | None,
        *,
        remembered: bool,
    ) -> None:
        self._plan = plan
        self._remembered = remembered
        self._parts = parts
        self._journal = journal
        self._control = control
        self._uploader = uploader
        self._loop = asyncio.get_running_loop()
        self._meter = Meter(plan.new, plan.bytes, control)
        self._outcomes = Outcomes(plan)
        self._present = Present(parts.store, parts.contents, parts.committing)
        self._stager = Stager(parts.store, parts.prober, control, self._meter, self._on_storage_problem)
        self._finishing = asyncio.Lock()
        self._problem: AppError | None = None

    async def run(self, progress: ImportListener) -> ImportReport:
        """Import what is new, and return what became of every file. Raises FileError for the journal."""
        started = time.monotonic()
        telling = asyncio.create_task(self._tell(progress), name="tell how far an import is")
        try:
            await self._import_all()
        finally:
            telling.cancel()
            await asyncio.wait([telling])
        progress(self._meter.progress())
        is_cancelled = self._control.cancelled
        files = await self._remaining(
            await self._parts.committing(lambda: self._outcomes.all(cancelled=is_cancelled))
        )
        seconds = time.monotonic() - started
        return await self._parts.committing(lambda: self._report(files, seconds, cancelled=is_cancelled))

    def _report(self, files: tuple[ImportedFile, ...], seconds: float, *, cancelled: bool) -> ImportReport:
        left_out = any(file.status is ImportStatus.CANCELLED for file in files)
        return ImportReport(
            import_id=self._plan.import_id,
            project_id=self._plan.project_id,
            project_name=self._plan.project_name,
            files=files,
            seconds=seconds,
            cancelled=cancelled and left_out,
            problem=self._problem.message if self._problem else None,
            remembered=self._remembered,
            hidden=self._plan.hidden,
        )

    async def _tell(self, progress: ImportListener) -> None:
        while True:
            progress(self._meter.progress())
            await asyncio.sleep(_TOLD_EVERY)

    async def _import_all(self) -> None:
        room = asyncio.Semaphore(_BATCHES_AT_ONCE)
        under_way: set[asyncio.Task[None]] = set()

        async def carry(batch: Batch) -> None:
            try:
                await self._carry(batch)
            finally:
                room.release()

        try:
            for batch in self._batches():
                await room.acquire()
                _take_landed(under_way)
                if self._control.cancelled or self._problem is not None:
                    break
                under_way.add(asyncio.create_task(carry(batch), name="import a batch of files"))
            while under_way:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                _take_landed(under_way)
        finally:
            if under_way:  # a bug, or the end of the loop: the journal tells the next start what to look at
                self._control.cancel()
                await asyncio.wait(under_way)

    def _batches(self) -> Iterator[Batch]:
        entries: list[Entry] = []
        size = 0
        for index, file in enumerate(self._plan.files):
            if file.verdict is not Verdict.NEW:
                continue
            entries.append(Entry.of(index, file, self._plan.project_id))
            size += file.size
            if len(entries) >= BATCH_FILES or size >= BATCH_BYTES:
                yield Batch(entries)
                entries, size = [], 0
        if entries:
            yield Batch(entries)

    async def _carry(self, batch: Batch) -> None:
        """Take a batch all the way; raises FileError when the journal can't be kept."""
        parts = self._parts
        announced = [entry.announced for entry in batch.entries]
        number = await parts.committing(lambda: self._journal.announce(announced))
        await asyncio.gather(*(parts.copying(lambda: self._stager.work(batch)) for _ in range(COPIERS)))
        async with self._finishing:
            try:
                await self._finish(batch)
            except OutcomeUnknownError as error:
                self._stop(error)
                return  # the journal keeps the batch: the next start asks which rows there are
            except AppError as error:
                self._stop(error)
            finally:
                self._outcomes.refused(batch.entries)
            left = [entry for entry in batch.entries if entry.status is None or entry.may_be_left]
            if left and not await self._could_sweep(left):
                return
            await parts.committing(lambda: self._journal.settle(number))

    async def _finish(self, batch: Batch) -> None:
        """Give the staged files their names and their rows. Raises AppError, and then none has a row."""
        lost = await self._refuse_duplicates(batch)
        ready = [(entry, staged) for entry in batch.ready if (staged := entry.staged) is not None]
        if not ready:
            return
        stored = [self._stored(entry, staged) for entry, staged in ready]
        await self._parts.committing(lambda: self._parts.store.commit_all([staged for _, staged in ready]))
        added = await self._parts.files.add_many(stored, self._plan.import_id, but_for=lost)
        for (entry, _), one in zip(ready, added, strict=True):
            if one.is_new:
                self._outcomes.imported(entry, one.id)
            else:  # another import was quicker by a moment
                entry.twin, entry.may_be_left = one.id, True
                entry.decide(ImportStatus.DUPLICATE, _HERE)

    async def _refuse_duplicates(self, batch: Batch) -> frozenset[AudioFileId]:
        """Refuse what the project got since it was planned, and what turned out to be equal.

        Return the rows that are said to have one of the contents although their files are not there.
        """
        found = [(entry, staged) for entry in batch.ready if (staged := entry.staged) is not None]
        sha256s = {staged.content.sha256 for _, staged in found}
        known = await self._present.rows(self._plan.project_id, sha256s)
        here = known.rows
        for entry, staged in found:
            sha256 = staged.content.sha256
            if sha256 in here or sha256 not in sha256s or self._outcomes.has(sha256):
                entry.twin = here[sha256].id if sha256 in here else None
                entry.decide(ImportStatus.DUPLICATE, _HERE)
                await self._parts.committing(staged.discard)
            sha256s.discard(sha256)  # the first of equal ones is imported
        return known.lost

    def _stored(self, entry: Entry, staged: Staged) -> StoredAudio:
        assert entry.facts is not None
        draft = AudioFileDraft(
            self._plan.project_id, entry.filename, entry.announced.final, uploaded_by=self._uploader
        )
        return StoredAudio(draft, staged.content, entry.facts)

    async def _could_sweep(self, left: Sequence[Entry]) -> bool:
        """Remove what was written and got no row; where that can't be done, the next start does it."""
        written = [entry.announced for entry in left]
        try:
            await sweep(written, self._parts.store, self._parts.contents, self._parts.committing)
        except AppError as error:
            _log.warning("Files of an import are left to the next start: %s", error.message)
            return False
        return True

    async def _remaining(self, files: tuple[ImportedFile, ...]) -> tuple[ImportedFile, ...]:
        """Return what became of the files, those being rejected whose rows others deleted meanwhile."""
        ids = {file.id for file in files if file.id is not None}
        if not ids:
            return files
        try:
            remaining = await self._parts.files.remaining(ids, self._plan.project_id)
        except AppError as error:
            _log.warning("Nobody can say which rows of an import are still there: %s", error.message)
            return files
        gone = ids - remaining.ids
        if not gone:
            return files
        reason = _ROW_GONE if remaining.has_project else _PROJECT_GONE
        await self._take_back(self._outcomes.stored_for(gone))
        return tuple(
            replace(file, status=ImportStatus.REJECTED, reason=reason, id=None) if file.id in gone else file
            for file in files
        )

    async def _take_back(self, entries: Sequence[Entry]) -> None:
        """Remove the files of rows that are gone; the journal names them until that is done."""
        if not entries:
            return
        announced = [entry.announced for entry in entries]
        number = await self._parts.committing(lambda: self._journal.announce(announced))
        if await self._could_sweep(entries):
            await self._parts.committing(lambda: self._journal.settle(number))

    def _on_storage_problem(self, error: StorageError) -> None:
        """Learn on a thread that the store failed."""
        self._loop.call_soon_threadsafe(self._stop, error)

    def _stop(self, error: AppError) -> None:
        """End the import early, for the first problem there is."""
        if self._problem is None:
            self._problem = error
            _log.warning("An import stops: %s (%s)", error.message, error.details)
        self._stager.stop()
        self._control.resume()  # a paused import would never come to its end


def _take_landed(under_way: set[asyncio.Task[None]]) -> None:
    """Take the tasks that ended out of the set; raises what one of them raised."""
    for task in [task for task in under_way if task.done()]:
        under_way.discard(task)
        task.result()


def nothing_to_do(plan: ImportPlan) -> ImportReport:
    """Return the report of a plan that imports nothing; no import is remembered for it."""
    files = Outcomes(plan).all(cancelled=False)
    return ImportReport(
        plan.import_id,
        plan.project_id,
        plan.project_name,
        files,
        seconds=0.0,
        remembered=False,
        hidden=plan.hidden,
    )
