"""What is done with the selected files: moved, downloaded, replaced, removed, looked into again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.humane import counted, number
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError, InputError, NotFoundError
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport, Did
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.library.deeds import LibraryDeeds, Work, report_sentence, run_as_job
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog, RemoveFilesDialog, ReplaceFileDialog
from syncsphere_desktop.ui.tables.selection import RowSelection
from syncsphere_desktop.ui.widgets.file_dialog import ask_for_paths

_AT_ONCE = 10_000
_KNOWN_AT_MOST = 1_000
Ask = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
Update = Callable[[AudioFile, dict[str, object]], Awaitable[AudioFile]]


class FileHandling(QObject):
    """Asks, then acts; long work shows as a job. `ask` begins a dialog, one at a time."""

    changed = Signal()
    """Rows were changed: the list is to be read again."""
    removed = Signal(object)
    """The ids, as a set, of rows that are gone."""
    replaced = Signal(object)
    """The row with another content."""

    def __init__(
        self,
        context: ViewContext,
        deeds: LibraryDeeds,
        projects: RowSource[Project],
        selection: RowSelection[AudioFile],
        update: Update,
        ask: Ask,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._deeds = deeds
        self._projects = projects
        self._selection = selection
        self._update = update
        self._ask = ask
        self._spawn = spawn

    def move(self) -> None:
        """Ask into which project the selected files go."""
        if self._selection.count:
            self._ask(self._move)

    def download(self) -> None:
        """Ask for a folder, and copy the selected files into it."""
        if not self._selection.count:
            return
        dialog = QFileDialog(self._context.window, "Download into a folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        ask_for_paths(dialog, lambda chosen: self.download_to(chosen[0]))

    def download_to(self, folder: Path) -> None:
        """Copy the selected files into a folder, as a job."""
        self._spawn(self._download(folder))

    def replace(self, file: AudioFile) -> None:
        """Ask for the file whose content a row's file gets."""
        dialog = QFileDialog(self._context.window, f"Replace the content of {file.filename}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_paths(dialog, lambda chosen: self.replace_by(file, chosen[0]))

    def replace_by(self, file: AudioFile, source: Path) -> None:
        """Say what replacing touches, and replace."""
        self._ask(lambda: self._replace(file, source))

    def remove(self) -> None:
        """Say what removing the selected files touches, and take them into quarantine."""
        if self._selection.count:
            self._ask(self._remove)

    def reprobe(self) -> None:
        """Look into the selected files again, as a job."""
        if self._selection.count:
            self._spawn(self._reprobe())

    async def _move(self) -> None:
        files = await self._known("moved", _KNOWN_AT_MOST)
        count = len(files)
        there = {file.project_id for file in files}
        without = [project for project in there if project is not None] if len(there) == 1 else []
        one = count == 1
        dialog = ChooseProjectDialog(
            self._context.window,
            self._context.scope,
            self._projects,
            title=f"Move {files[0].filename}" if one else f"Move {number(count)} files",
            confirm="Move to {}",
            sentence="The row changes its project; in the storage the file stays where it is.",
            without=without,
        )
        project = await dialog.ask()
        if project is not None:
            self._spawn(self._move_to(files, project))

    async def _move_to(self, files: Sequence[AudioFile], project: Project) -> None:
        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            return await self._move_each(files, project, control, progress)

        await self._act(f"Move {counted(len(files), 'file')} to {project.name}", "moved", work)
        self.changed.emit()

    async def _move_each(
        self, files: Sequence[AudioFile], project: Project, control: WorkControl, progress: Progress
    ) -> ActionReport:
        outcomes: list[ActionOutcome] = []
        for at, file in enumerate(files):
            if control.cancelled:
                return ActionReport(tuple(outcomes), cancelled=True)
            progress(f"{number(at)} of {counted(len(files), 'file')}", at / len(files))
            did, reason = Did.DONE, None
            try:
                await self._update(file, {"project_id": project.id})
            except (NotFoundError, InputError) as error:
                did, reason = Did.FAILED, error.message
            except AppError as error:
                if error.retryable:
                    raise
                did, reason = Did.SKIPPED, error.message
            outcomes.append(ActionOutcome(did, file.file_path, reason, file.id))
        return ActionReport(tuple(outcomes))

    async def _download(self, folder: Path) -> None:
        files = await self._known("downloaded", _AT_ONCE)
        await self._act(
            f"Download {counted(len(files), 'file')} to {folder.name}",
            f"copied to {folder.name}",
            lambda control, progress: self._deeds.download(files, folder, control=control, progress=progress),
        )

    async def _reprobe(self) -> None:
        ids = await self._ids("looked into")
        await self._act(
            f"Look into {counted(len(ids), 'file')}",
            "looked into",
            lambda control, progress: self._deeds.reprobe(ids, control=control, progress=progress),
        )
        self.changed.emit()

    async def _remove(self) -> None:
        ids = await self._ids("removed")
        known = await self._selection.fetch(_KNOWN_AT_MOST)
        dialog = RemoveFilesDialog(self._context.window, len(ids), known)
        if await dialog.ask():
            self._spawn(self._remove_all(ids, dialog.reason))

    async def _remove_all(self, ids: Sequence[AudioFileId], reason: str) -> None:
        report = await self._act(
            f"Remove {counted(len(ids), 'file')}",
            "removed to quarantine",
            lambda control, progress: self._deeds.remove(ids, reason, control=control, progress=progress),
        )
        self.removed.emit({outcome.file_id for outcome in report.done if outcome.file_id is not None})

    async def _replace(self, file: AudioFile, source: Path) -> None:
        if await ReplaceFileDialog(self._context.window, file, source).ask():
            changed = await self._deeds.replace(file, source)
            self._context.toasts.show_success(f"{changed.filename} has the content of {source.name} now.")
            self.replaced.emit(changed)

    async def _act(self, title: str, done_words: str, work: Work) -> ActionReport:
        report = await run_as_job(self._context.jobs, title, done_words, work)
        tone = "warning" if report.not_done else "info" if report.cancelled else "success"
        self._context.toasts.show_message(report_sentence(report, done_words), tone)
        return report

    async def _ids(self, verb: str) -> list[AudioFileId]:
        """Return the ids of the selected rows. Raises InputError for too many."""
        self._refuse_more_than(_AT_ONCE, verb)
        return [AudioFileId(row_id) for row_id in await self._selection.resolve()]

    async def _known(self, verb: str, limit: int) -> list[AudioFile]:
        self._refuse_more_than(limit, verb)
        files = await self._selection.fetch(limit)
        if not files:
            raise NotFoundError("The selected files are gone.")
        return files

    def _refuse_more_than(self, limit: int, verb: str) -> None:
        selected = self._selection.count
        if selected > limit:
            raise InputError(
                f"At most {number(limit)} files are {verb} at once; {number(selected)} are selected."
            )
