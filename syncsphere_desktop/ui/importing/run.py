"""Imports under way, each a job, one after the other; and what is shown and done after them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.audio_import.control import ImportControl
from syncsphere_desktop.studio.audio_import.progress import ImportProgress
from syncsphere_desktop.studio.audio_import.report import ImportReport
from syncsphere_desktop.studio.audio_import.undoing import UndoReport
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.app.jobs import Job, JobState
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.importing.columns import imported_list
from syncsphere_desktop.ui.importing.preview import ImportWish
from syncsphere_desktop.ui.importing.report_dialog import AfterReport, ReportDialog
from syncsphere_desktop.ui.importing.saving import ask_where, save_report
from syncsphere_desktop.ui.importing.words import parts_of, progress_words, share_of
from syncsphere_desktop.ui.importing.work import Importing
from syncsphere_desktop.ui.library.deeds import report_sentence, run_as_job
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_OFFER = "Report…"
_UNDONE = "taken back to quarantine"


@dataclass
class FinishedImport:
    """An import that ended, and whether it was undone since."""

    report: ImportReport
    undone: bool = False


class ImportRuns(QObject):
    """Runs imports and shows their reports."""

    def __init__(
        self,
        context: ViewContext,
        scope: TaskScope,
        importer: Callable[[], Awaitable[Importing]],
        blockingly: Callable[[Callable[[], Any]], Awaitable[Any]],
    ) -> None:
        super().__init__()
        self._context = context
        self._scope = scope
        self._importer = importer
        self._blockingly = blockingly
        self._turn = asyncio.Lock()

    async def run(self, wish: ImportWish) -> None:
        """Run an import as a job, after those that were begun before it; then tell what came of it."""
        control = ImportControl()

        def pause(waits: bool) -> None:  # noqa: FBT001  # what a job calls
            if waits:
                control.pause()
            else:
                control.resume()

        plan = wish.plan
        title = f"Import {counted(plan.new, 'file')} into {plan.project_name}"
        job = self._context.jobs.start(title, cancel=control.cancel, pause=pause)
        job.report(0.0, "Waits for its turn")
        try:
            await asyncio.sleep(0)  # the preview closes, the jobs open: a turn of the loop each
            self._context.jobs.shown_requested.emit()
            async with self._turn:
                importer = await self._importer()
                report = await importer.run(
                    plan,
                    uploader=None if wish.uploader is None else wish.uploader.id,
                    control=control,
                    progress=lambda progress: show_progress(job, progress),
                )
                if report.cancelled:  # it was wished for, so the next start offers nothing
                    await importer.forget(plan.import_id)
        except BaseException as error:
            control.cancel()  # its threads would wait for ever where it was paused
            job.end(*_ending(error))
            raise
        finished = FinishedImport(report)
        state = JobState.DONE if report.is_complete else JobState.FAILED
        job.end(
            JobState.CANCELLED if report.cancelled else state,
            report.summary(),
            offer=(_OFFER, lambda: self.show_report(finished)),
        )
        self._tell(finished)

    def show_report(self, finished: FinishedImport) -> None:
        """Show the report of an import, unless a dialog is open."""
        if open_dialog(self._context.window) is None:
            self._scope.spawn(self._report(finished))

    def _tell(self, finished: FinishedImport) -> None:
        """Show the report where somebody should look at it, else a line that leads to it."""
        report = finished.report
        wants_eyes = report.rejected > 0 or report.problem is not None
        if wants_eyes and open_dialog(self._context.window) is None:
            self.show_report(finished)
            return
        self._context.toasts.show_message(
            report.summary(),
            "warning" if wants_eyes else "info" if report.cancelled else "success",
            action=_OFFER,
            on_action=lambda: self.show_report(finished),
            seconds=20.0 if wants_eyes else 8.0,
        )

    async def _report(self, finished: FinishedImport) -> None:
        report = finished.report
        files = imported_list(self._scope)
        await asyncio.sleep(0)
        dialog = ReportDialog(self._context.window, report, files, undone=finished.undone)
        dialog.save_requested.connect(lambda: ask_where(dialog, lambda path: self.save(report, path)))
        dialog.undo_requested.connect(lambda: self._scope.spawn(_ask_to_undo(dialog), key="ask to undo"))
        wish = await dialog.ask()
        if wish is AfterReport.SHOW:
            self._context.open_view("library", {"import_id": str(report.import_id)})
        elif wish is AfterReport.UNDO:
            self._scope.spawn(self._undo(finished))

    def save(self, report: ImportReport, path: Path) -> None:
        """Write the report into a file."""
        self._scope.spawn(self._save(report, path))

    async def _save(self, report: ImportReport, path: Path) -> None:
        await self._blockingly(lambda: save_report(report, path))
        self._context.toasts.show_success(f"The report is in {path.name}.")

    async def _undo(self, finished: FinishedImport) -> None:
        report = finished.report
        undone: list[UndoReport] = []

        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            async with self._turn:
                importer = await self._importer()
                undone.append(await importer.undo(report.import_id, control=control, progress=progress))
            return undone[-1].action

        title = f"Undo the import into {report.project_name}"
        action = await run_as_job(self._context.jobs, title, _UNDONE, work)
        finished.undone = undone[-1].is_complete
        told = report_sentence(action, _UNDONE)
        if undone[-1].gone:
            told += f" {counted(undone[-1].gone, 'file')} removed or replaced since: left as it is."
        tone = "success" if finished.undone else "warning"
        self._context.toasts.show_message(told, tone)


async def _ask_to_undo(shown: ReportDialog) -> None:
    """Ask over the report; it closes with a yes, and stays with a no."""
    report = shown.report
    files = counted(report.imported, "file")
    dialog = ConfirmDialog(
        shown,
        title=f"Undo the import of {files} into {report.project_name}?",
        effects=[
            "Their rows leave the library, and the files go to the quarantine.",
            "What was changed or replaced since stays.",
            "Each can be restored from there.",
        ],
        confirm="Undo import",
        dangerous=False,
    )
    if await dialog.ask():
        shown.accept_with(AfterReport.UNDO)


def show_progress(job: Job, progress: ImportProgress) -> None:
    """Show in a job how far an import is, in all and in each file that is under way."""
    parts = parts_of(progress)
    job.report(share_of(progress), progress_words(progress), parts or job.parts)


def _ending(error: BaseException) -> tuple[JobState, str]:
    if isinstance(error, AppError):
        return JobState.FAILED, error.message
    if isinstance(error, asyncio.CancelledError):
        return JobState.CANCELLED, "The connection was left."
    return JobState.FAILED, "The app met a mistake of its own."
