"""Imports audio files into a project: plan, run, recover what a crash left, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from syncsphere_desktop.domain import humane
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.audio_import import journal as journals
from syncsphere_desktop.studio.audio_import.control import ImportControl, WorkCancelledError
from syncsphere_desktop.studio.audio_import.journal import InterruptedImport, Journal
from syncsphere_desktop.studio.audio_import.naming import shown
from syncsphere_desktop.studio.audio_import.plan import ImportPlan, PlannedFile
from syncsphere_desktop.studio.audio_import.planner import LOOKERS, Planner, Prober
from syncsphere_desktop.studio.audio_import.ports import ContentRows, FileRows, ImportRows
from syncsphere_desktop.studio.audio_import.present import Present
from syncsphere_desktop.studio.audio_import.progress import ImportListener, unheard
from syncsphere_desktop.studio.audio_import.recovery import Recovery, RecoveryReport
from syncsphere_desktop.studio.audio_import.report import ImportReport
from syncsphere_desktop.studio.audio_import.running import COPIERS, ImportRun, Parts, nothing_to_do
from syncsphere_desktop.studio.audio_import.undoing import Keeper, UndoReport, undo_import
from syncsphere_desktop.studio.threads import Threads
from syncsphere_desktop.studio.work_control import WorkControl

_NAMED = 3
"""How many sources are named in the list of imports."""


class AudioImporter:
    """Imports into one store and one database. Owns its threads and its `keeper`; `close` ends them.

    `journals` is the folder of this user's import journals. `claim` is awaited before the first file is
    written, and marks the store as this studio's; `keeper` takes what is undone. Progress is told in the
    event loop.
    """

    def __init__(
        self,
        *,
        store: AudioStore,
        files: FileRows,
        contents: ContentRows,
        imports: ImportRows,
        pool: Prober,
        keeper: Keeper,
        journals: Path,
        claim: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._contents = contents
        self._imports = imports
        self._prober = pool
        self._keeper = keeper
        self._journals = journals
        self._claim = claim
        self._looking = Threads(LOOKERS, "audio-look")
        self._copying = Threads(COPIERS, "audio-copy")
        self._committing = Threads(1, "audio-commit")
        self._controls: set[ImportControl] = set()

    async def close(self) -> None:
        """Cancel what is under way, wait for it, and end the threads."""
        for control in self._controls:
            control.cancel()
        for threads in (self._looking, self._copying, self._committing):
            await threads.close()
        await self._keeper.close()

    async def plan(
        self, sources: Sequence[Path], project: Project, *, progress: Progress = silent
    ) -> ImportPlan:
        """Find out what importing files and folders would do; nothing is written.

        Ends soon after its task is cancelled. Raises what the store and the database raise.
        """
        with self._looking_around() as control:
            planner = self._planner(control, progress)
            files = await planner.compare(await planner.look(sources), project.id)
        return await self._planned(sources, project, files)

    async def replan(self, plan: ImportPlan, project: Project, *, progress: Progress = silent) -> ImportPlan:
        """Return the plan of the same files for another project: only duplicates are looked for anew."""
        with self._looking_around() as control:
            files = await self._planner(control, progress).compare(plan.files, project.id)
        return await self._planned(plan.sources, project, files)

    async def run(
        self,
        plan: ImportPlan,
        *,
        uploader: UserId | None = None,
        control: ImportControl | None = None,
        progress: ImportListener = unheard,
    ) -> ImportReport:
        """Import what a plan names as new. What ends it early is told in the report.

        Raises AppError when it can't begin. Cancelling its task cancels the import: it ends soon, with
        everything either in the library or gone.
        """
        control = control or ImportControl()
        running = asyncio.ensure_future(self._run(plan, uploader, control, progress))
        self._controls.add(control)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            control.cancel()
            await asyncio.wait([running])
            raise
        finally:
            self._controls.discard(control)

    async def recover(self) -> RecoveryReport:
        """Clean up after imports whose processes died; also done before each run.

        Raises StorageError, FileError and what the database raises; what was not settled then is settled
        another time.
        """
        recovery = Recovery(self._journals, self._store, self._contents, self._imports, self._committing)
        return await recovery.run()

    async def interrupted(self) -> tuple[InterruptedImport, ...]:
        """Return the imports into this store and database that were cancelled or cut off.

        Planning the same sources into the same project goes on with one. Raises what `recover` does.
        """
        found = await self._committing(lambda: journals.interrupted(self._journals))
        if not found:
            return ()
        store = await self._committing(self._store.identity)
        database = await self._imports.database_identity()
        return tuple(one for one in found if one.store == store and one.database == database)

    async def forget(self, import_id: UUID) -> None:
        """Offer an interrupted import no more."""
        await self._committing(partial(journals.forget_interrupted, self._journals, import_id))

    async def undo(
        self, import_id: UUID, *, control: WorkControl | None = None, progress: Progress = silent
    ) -> UndoReport:
        """Take a whole import back into quarantine; see `undo_import`."""
        report = await undo_import(import_id, self._imports, self._keeper, control, progress)
        await self.forget(import_id)
        return report

    @contextmanager
    def _looking_around(self) -> Iterator[ImportControl]:
        """Give what ends the work of the threads with the block, or when the importer is closed."""
        control = ImportControl()
        self._controls.add(control)
        try:
            yield control
        except WorkCancelledError:
            raise asyncio.CancelledError from None
        finally:
            control.cancel()
            self._controls.discard(control)

    def _planner(self, control: ImportControl, progress: Progress) -> Planner:
        loop = asyncio.get_running_loop()
        present = Present(self._store, self._contents, self._looking)

        def tell(sentence: str, share: float | None) -> None:
            loop.call_soon_threadsafe(progress, sentence, share)

        return Planner(self._store, present, self._prober, self._looking, control.checkpoint, tell)

    async def _planned(
        self, sources: Sequence[Path], project: Project, files: Sequence[PlannedFile]
    ) -> ImportPlan:
        going_on = await self._going_on(sources, project.id)
        return await self._looking(
            lambda: ImportPlan(
                import_id=going_on.import_id if going_on else uuid4(),
                project_id=project.id,
                project_name=project.name,
                sources=tuple(sources),
                files=tuple(files),
                continues=going_on is not None,
            )
        )

    async def _going_on(self, sources: Sequence[Path], project_id: ProjectId) -> InterruptedImport | None:
        wanted = _absolute(sources)
        for one in await self.interrupted():
            if one.project_id == project_id and one.sources == wanted:
                return one
        return None

    async def _run(
        self, plan: ImportPlan, uploader: UserId | None, control: ImportControl, progress: ImportListener
    ) -> ImportReport:
        await self.recover()
        if not plan.new:
            await self.forget(plan.import_id)
            return nothing_to_do(plan)
        journal = await self._begin(plan, uploader)
        is_over = is_finished = False
        try:
            source = _in_words(plan.sources)
            remembered = await self._imports.begin(plan.import_id, plan.project_id, source)
            parts = Parts(
                self._store, self._files, self._contents, self._prober, self._copying, self._committing
            )
            run = ImportRun(plan, parts, journal, control, uploader, remembered=remembered)
            report = await run.run(progress)
            is_over = report.is_complete
            try:
                await self._imports.finish(
                    plan.import_id, duplicates=report.duplicates, rejected=report.rejected
                )
                is_finished = True
            except AppError as error:  # the recovery does it another time
                report = replace(report, problem=report.problem or error.message)
        finally:
            await self._committing(lambda: journal.close(interrupted=not is_over, keep=not is_finished))
        return report

    async def _begin(self, plan: ImportPlan, uploader: UserId | None) -> Journal:
        if self._claim is not None:
            await self._claim()
        store = await self._committing(self._store.mark)
        database = await self._imports.database_identity()
        head = InterruptedImport(
            plan.import_id, plan.project_id, _absolute(plan.sources), uploader, store, database
        )
        return await self._committing(lambda: Journal(self._journals, head))


def _absolute(sources: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(source.absolute() for source in sources)


def _in_words(sources: Sequence[Path]) -> str:
    """Return where an import comes from, as in `Takes, Kick.wav and 3 more`."""
    names = [shown(source.name or str(source)) for source in sources]
    if len(names) <= _NAMED:
        return ", ".join(names) or "nothing"
    return f"{', '.join(names[:_NAMED])} and {humane.number(len(names) - _NAMED)} more"
