"""What is done with versions: restored, copied, exported, imported, pruned, verified."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.listing import ListQuery, RowSource, Sort
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import AppError, FileError, InputError
from syncsphere_desktop.studio.bundles.files import ExportedBundle, export_name
from syncsphere_desktop.studio.bundles.retention import Pruned
from syncsphere_desktop.studio.bundles.verifying import VerifyReport
from syncsphere_desktop.ui.app.jobs import Job
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.bundles.deeds import BundleDeeds, bytes_told, progress_told, run_bundle_job
from syncsphere_desktop.ui.bundles.dialogs import CheckedFile, ImportBundlesDialog, NewProjectCopyDialog
from syncsphere_desktop.ui.bundles.restore_dialog import RestoreDialog
from syncsphere_desktop.ui.bundles.retention_dialog import RetentionDialog
from syncsphere_desktop.ui.bundles.words import version_of_project
from syncsphere_desktop.ui.importing.addresses import read_addresses
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from syncsphere_desktop.ui.tables.selection import RowSelection
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.file_dialog import ask_for_paths

_AT_ONCE = 10_000
_PROJECTS_AT_ONCE = 5_000
_FILES = "Bundles (*.odb *.od);;All files (*)"


class BundleHandling(QObject):
    """Asks, then acts; long work shows as a job.

    `project` gives the one whose versions are listed, or None.
    """

    added = Signal(object)
    """A version that was just stored."""
    changed = Signal()
    """Versions came or went: the list is to be read again."""

    def __init__(
        self,
        selection: RowSelection[BundleVersion],
        deeds: BundleDeeds,
        projects: RowSource[Project],
        people: RowSource[User],
        project: Callable[[], Project | None],
        context: ViewContext,
        scope: TaskScope,
        *,
        read_only: bool,
    ) -> None:
        super().__init__(selection)
        self._selection = selection
        self._deeds = deeds
        self._projects = projects
        self._people = people
        self._project = project
        self._context = context
        self._scope = scope
        self._read_only = read_only

    # Restoring and copying

    def restore(self) -> None:
        """Say what restoring the selected version changes, and restore it."""
        self._ask_about_one(self._restore)

    def copy(self) -> None:
        """Ask into which project the selected version is copied."""
        self._ask_about_one(self._copy)

    def copy_to_new_project(self) -> None:
        """Ask for the new project that begins with the selected version."""
        self._ask_about_one(self._copy_to_new_project)

    async def _restore(self, version: BundleVersion) -> None:
        if version.project_id is None:
            raise InputError("The version belongs to no project. Copy it into one instead.")
        dialog = RestoreDialog(
            self._context.window, self._scope, version, lambda: self._deeds.restore_impact(version.id)
        )
        if await dialog.ask():
            restored = await self._deeds.restore(version.id)
            self._tell_added(
                restored, f"{version_of_project(version)} is restored as version {restored.version}."
            )

    async def _copy(self, version: BundleVersion) -> None:
        dialog = ChooseProjectDialog(
            self._context.window,
            self._scope,
            self._projects,
            title=f"Copy {version_of_project(version)}",
            confirm="Copy to {}",
            sentence="It becomes the newest version there; every other stays as it is.",
            without=() if version.project_id is None else (version.project_id,),
        )
        project = await dialog.ask()
        if project is not None:
            copied = await self._deeds.copy(version.id, project.id)
            self._tell_added(copied, f"It is version {copied.version} of {project.name} now.")

    async def _copy_to_new_project(self, version: BundleVersion) -> None:
        window = self._context.window
        copied = await NewProjectCopyDialog(window, self._scope, self._deeds, self._people, version).ask()
        if copied is not None:
            self._tell_added(copied, f"{copied.project_name} was added with a copy of the version.")

    def _tell_added(self, version: BundleVersion, sentence: str) -> None:
        self._context.toasts.show_success(sentence)
        self.added.emit(version)

    # Files

    def export(self) -> None:
        """Ask where the selected versions are written to."""
        if self._selection.count == 1:
            self._scope.spawn(self._ask_for_file())
        elif self._selection.count:
            dialog = QFileDialog(self._context.window, "Export into a folder")
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
            ask_for_paths(dialog, lambda chosen: self.export_into(chosen[0]))

    def export_into(self, folder: Path) -> None:
        """Write each selected version into a folder, as a job."""
        self._scope.spawn(self._export_into(folder))

    def export_to(self, version: BundleVersion, path: Path) -> None:
        """Write a version to a file, which may be there already, as a job."""
        self._scope.spawn(self._export_to(version, path))

    async def _ask_for_file(self) -> None:
        chosen = await self._selection.fetch(1)
        if not chosen:
            return
        dialog = QFileDialog(self._context.window, "Export the version", export_name(chosen[0]), _FILES)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("odb")
        ask_for_paths(dialog, lambda paths: self.export_to(chosen[0], paths[0]))

    async def _export_to(self, version: BundleVersion, path: Path) -> None:
        async def work(job: Job) -> ExportedBundle:
            on_bytes = bytes_told(job, version.size)
            return await self._deeds.export(version.id, path, overwrite=True, on_bytes=on_bytes)

        title = f"Export {version_of_project(version)}"
        written = await run_bundle_job(self._context.jobs, title, work, lambda done: size(done.size))
        self._context.toasts.show_success(f"{version_of_project(version)} is in {written.path.name}.")

    async def _export_into(self, folder: Path) -> None:
        versions = await self._selection.fetch(_AT_ONCE)
        total = sum(version.size for version in versions)

        async def work(job: Job) -> tuple[int, list[str]]:
            done, left = 0, list[str]()
            for place, version in enumerate(versions):
                on_bytes = bytes_told(job, total, done, f"{place + 1} of {len(versions)} · ")
                try:
                    await self._deeds.export(version.id, folder / export_name(version), on_bytes=on_bytes)
                except FileError as error:
                    left.append(error.message)
                done += version.size
            return len(versions) - len(left), left

        title = f"Export {counted(len(versions), 'version')}"
        written, left = await run_bundle_job(self._context.jobs, title, work, lambda found: _written(*found))
        tone = "warning" if left else "success"
        told = f"{_written(written, left)} Folder: {folder.name}."
        self._context.toasts.show_message(told, tone, details="\n".join(left) or None)

    def choose_files(self) -> None:
        """Ask for bundles that become versions."""
        if self._read_only or open_dialog(self._context.window) is not None:
            return
        dialog = QFileDialog(self._context.window, "Import bundles", "", _FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        ask_for_paths(dialog, self.take)

    def take(self, paths: Sequence[Path], into: Project | None = None) -> None:
        """Say what these files are, and import them into a project, which is asked for where it is open."""
        if not self._read_only and paths and open_dialog(self._context.window) is None:
            self._scope.spawn(self._import(sorted(paths), into or self._project()), key="dialog")

    def take_dropped(self, lines: Sequence[str], into: Project | None) -> None:
        """Import what was dropped; `lines` are its addresses, unread."""
        if not self._read_only:
            self._scope.spawn(self._import_dropped(lines, into))

    async def _import_dropped(self, lines: Sequence[str], into: Project | None) -> None:
        sources = await read_addresses(lines)
        if not sources.paths:
            raise InputError("What was dropped are no files of this computer.")
        self.take(sources.paths, into)

    async def _import(self, paths: Sequence[Path], into: Project | None) -> None:
        project = into or await self._asked_project(paths)
        if project is None:
            return
        files = [await self._checked(path, project.id) for path in paths]
        good = [file.path for file in files if file.check is not None]
        if not good:
            reasons = [f"{file.path.name}: {file.refused}" for file in files]
            raise InputError(
                reasons[0] if len(files) == 1 else "None of the files is a bundle.",
                details="\n".join(reasons),
            )
        if await ImportBundlesDialog(self._context.window, project, files).ask():
            self._scope.spawn(self._store(good, project))

    async def _asked_project(self, paths: Sequence[Path]) -> Project | None:
        what = paths[0].name if len(paths) == 1 else counted(len(paths), "file")
        dialog = ChooseProjectDialog(
            self._context.window,
            self._scope,
            self._projects,
            title=f"Import {what}",
            confirm="Import into {}",
            sentence="A file becomes the newest version of a project.",
        )
        return await dialog.ask()

    async def _checked(self, path: Path, project_id: ProjectId) -> CheckedFile:
        try:
            return CheckedFile(path, await self._deeds.check_import(path, project_id))
        except (InputError, FileError) as error:
            return CheckedFile(path, refused=error.message)

    async def _store(self, paths: Sequence[Path], project: Project) -> None:
        sizes = [_size_of(path) for path in paths]

        async def work(job: Job) -> BundleVersion:
            stored: BundleVersion | None = None
            for place, path in enumerate(paths):
                on_bytes = bytes_told(job, sum(sizes), sum(sizes[:place]), f"{path.name} · ")
                stored = await self._deeds.store(path, project.id, on_bytes=on_bytes)
            assert stored is not None
            return stored

        what = paths[0].name if len(paths) == 1 else counted(len(paths), "file")
        version = await run_bundle_job(
            self._context.jobs, f"Import {what}", work, lambda last: f"Version {last.version}"
        )
        self._tell_added(
            version,
            f"{what} is version {version.version} of {project.name} now."
            if len(paths) == 1
            else f"{what} are versions of {project.name} now.",
        )

    # All versions of a project, or of all projects

    def simulate_retention(self) -> None:
        """Show which versions rules would remove, and remove them where that is agreed to."""
        if open_dialog(self._context.window) is None:
            self._scope.spawn(self._retain(self._project()), key="dialog")

    def verify(self) -> None:
        """Decode every version of the listed project, or of all projects, as a job."""
        if not self._read_only:
            self._scope.spawn(self._verify(self._project()), key="verify")

    async def _retain(self, project: Project | None) -> None:
        only = None if project is None else project.id
        dialog = RetentionDialog(
            self._context.window,
            self._scope,
            "all projects" if project is None else project.name,
            self._names,
            lambda: self._deeds.candidates(only),
            read_only=self._read_only,
        )
        plan = await dialog.ask()
        if plan is None:
            return

        async def work(_job: Job) -> Pruned:
            return await self._deeds.prune(plan)

        title = f"Remove {counted(len(plan.removed), 'version')}"
        try:
            pruned = await run_bundle_job(self._context.jobs, title, work, _pruned)
        finally:
            self.changed.emit()
        self._context.toasts.show_message(_pruned(pruned), "warning" if pruned.stayed else "success")

    async def _names(self) -> dict[ProjectId, str]:
        page, _count = await self._projects.first_page(ListQuery(Sort("name")), _PROJECTS_AT_ONCE)
        return {project.id: project.name for project in page.rows if project is not None}

    async def _verify(self, project: Project | None) -> None:
        async def work(job: Job) -> VerifyReport:
            only = None if project is None else project.id
            return await self._deeds.verify(only, progress_told(job))

        whose = "all projects" if project is None else project.name
        title = f"Verify the versions of {whose}"
        try:
            report = await run_bundle_job(self._context.jobs, title, work, _verified)
        finally:
            self.changed.emit()
        found = [
            f"Version {one.version} of {one.project_name}: {' '.join(one.problems)}"
            for one in report.findings
        ]
        tone = "success" if report.is_sound else "warning"
        self._context.toasts.show_message(_verified(report), tone, details="\n".join(found) or None)

    def _ask_about_one(self, question: Callable[[BundleVersion], Coroutine[Any, Any, None]]) -> None:
        """Begin a dialog about the selected version, where anything may be changed."""
        if self._read_only or self._selection.count != 1 or open_dialog(self._context.window) is not None:
            return

        async def ask() -> None:
            chosen = await self._selection.fetch(1)
            if chosen:
                await question(chosen[0])

        self._scope.spawn(ask(), key="dialog", on_error=self._on_failed)

    def _on_failed(self, error: AppError) -> None:
        self._context.toasts.show_error(error.message, details=error.details)
        self.changed.emit()


def _written(written: int, left: Sequence[str]) -> str:
    told = f"{counted(written, 'version')} written."
    return f"{told} {counted(len(left), 'version')} left out: {left[0]}" if left else told


def _pruned(pruned: Pruned) -> str:
    told = f"{counted(len(pruned.removed), 'version')} removed ({size(pruned.freed)})."
    stayed = len(pruned.stayed)
    return f"{told} {counted(stayed, 'version')} stayed: something changed meanwhile." if stayed else told


def _verified(report: VerifyReport) -> str:
    told = f"{counted(report.sound, 'version')} sound"
    if report.damaged:
        told += f", {report.damaged} damaged"
    return told + (f", {report.unknown} of a newer version." if report.unknown else ".")


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise FileError(f"{path.name} can't be read.", details=str(error)) from error
