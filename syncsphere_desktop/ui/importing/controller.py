"""Importing audio in the window: dropped, chosen or pasted files, their preview, the job, the report."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.studio.audio_import.journal import InterruptedImport
from syncsphere_desktop.studio.ports import ProjectStore, UserStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.importing.addresses import Sources, lines_of, read_addresses
from syncsphere_desktop.ui.importing.columns import name_of, planned_list
from syncsphere_desktop.ui.importing.drop_zone import DropZone
from syncsphere_desktop.ui.importing.preview import Choices, ImportDialog
from syncsphere_desktop.ui.importing.run import ImportRuns
from syncsphere_desktop.ui.importing.targets import DropTarget, HasReceiver, ShowsProjects, TakesFiles
from syncsphere_desktop.ui.importing.work import Importing
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.file_dialog import ask_for_paths

_GROUP = "Audio"
_OPENING = "syncsphere_desktop.studio.audio_import.opening"
_PROBES = "syncsphere_desktop.storage.probing.pool"
_OFFERED = 40


@dataclass(frozen=True, slots=True)
class ImportParts:
    """What importing works with. `open_importer` opens the store; `blockingly` runs work on a thread.

    `has_journals` says, blocking, whether imports may have been cut off. `refused` says in a sentence why
    nothing can be imported, or is None.
    """

    open_importer: Callable[[], Awaitable[Importing]]
    projects: ProjectStore
    users: UserStore
    blockingly: Callable[[Callable[[], Any]], Awaitable[Any]]
    has_journals: Callable[[], bool]
    refused: str | None = None


class ImportController(QObject):
    """A part of the session that is no view: it has the window's drops, actions and dialogs for importing.

    `current` gives the controller of the view that is shown, `show_view` goes to one.
    """

    def __init__(
        self,
        parts: ImportParts,
        context: ViewContext,
        window: MainWindow,
        current: Callable[[], object],
        show_view: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._parts = parts
        self._context = context
        self._window = window
        self._current = current
        self._scope = context.scope.child("importing", on_error=self._show_error)
        self._importer: Importing | None = None
        self._opening = asyncio.Lock()
        self._asking = False
        self._uploader: User | None = None
        self.runs = ImportRuns(context, self._scope, self.importer, parts.blockingly)
        self.zone = DropZone(
            window,
            target_at=self._target_at,
            receiver=self._receiver,
            refused=lambda: parts.refused,
            goes_elsewhere=self._goes_to_the_view,
        )
        self.zone.began.connect(self._on_zone_began)
        self.zone.dropped.connect(self._on_zone_dropped)
        self.zone.view_wanted.connect(show_view)
        self._actions = self._made_actions()
        if parts.refused is None:
            self._scope.spawn(self._recover(), key="recover")

    @classmethod
    def for_session(
        cls,
        session: Session,
        context: ViewContext,
        window: MainWindow,
        current: Callable[[], object],
        show_view: Callable[[str], None],
    ) -> ImportController:
        """Build it for an open session."""
        audio = session.audio

        async def open_importer() -> Importing:
            # On a thread: what looks into audio files takes some 25 ms to import.
            await audio.access.blockingly(lambda: importlib.import_module(_PROBES))
            opening = await audio.access.blockingly(lambda: importlib.import_module(_OPENING))
            importer: Importing = await opening.importer_of(audio)
            return importer

        parts = ImportParts(
            open_importer=open_importer,
            projects=session.projects,
            users=session.users,
            blockingly=audio.access.blockingly,
            has_journals=partial(_has_files, audio.journals),
            refused=session.database.read_only_reason,
        )
        return cls(parts, context, window, current, show_view)

    # What can be wished for

    def choose_files(self, into: Project | None = None) -> None:
        """Ask for files, then import them."""
        self._choose(QFileDialog.FileMode.ExistingFiles, "Import audio files", into)

    def choose_folder(self, into: Project | None = None) -> None:
        """Ask for a folder, then import what is in it."""
        self._choose(QFileDialog.FileMode.Directory, "Import a folder of audio", into)

    def paste(self, into: Project | None = None) -> None:
        """Import the files that were copied in a file manager."""
        mime = QGuiApplication.clipboard().mimeData()
        lines = lines_of(mime)
        self._ask(
            lambda: self._import(lines, into or self._receiver(), nothing="The clipboard holds no files.")
        )

    def take(self, paths: Sequence[Path], into: Project | None = None) -> None:
        """Import these files and folders."""
        self._ask(lambda: self._preview(paths, into or self._receiver()))

    async def importer(self) -> Importing:
        """Return the session's importer, made when it is first wished for. Raises StorageError."""
        async with self._opening:  # two may wish for the first one at once
            if self._importer is None:
                self._importer = await self._parts.open_importer()
            return self._importer

    async def shutdown(self) -> None:
        """End every import, and take no files any more; what is stored whole by then stays."""
        self.zone.close()
        for action in self._actions:
            self._window.removeAction(action)
            action.deleteLater()
        await self._scope.shutdown()
        if self._importer is not None:
            importer, self._importer = self._importer, None
            await importer.close()

    # From a wish to the preview

    def _choose(self, mode: QFileDialog.FileMode, title: str, into: Project | None) -> None:
        if open_dialog(self._window) is not None or self._refuse():
            return
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(mode)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, mode is QFileDialog.FileMode.Directory)
        ask_for_paths(dialog, lambda chosen: self.take(chosen, into))

    def _ask(self, question: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if open_dialog(self._window) is None and not self._asking and not self._refuse():
            self._asking = True
            self._scope.spawn(self._asked(question()))

    async def _asked(self, question: Coroutine[Any, Any, None]) -> None:
        try:
            await question
        finally:
            self._asking = False

    def _refuse(self) -> bool:
        if self._parts.refused is not None:
            self._context.toasts.show_message(self._parts.refused, "warning")
        return self._parts.refused is not None

    async def _import(self, lines: Sequence[str], into: Project | None, *, nothing: str) -> None:
        sources: Sources = await read_addresses(lines)
        if not sources.paths:
            self._context.toasts.show_message(nothing, "warning")
            return
        if sources.elsewhere:
            told = counted(sources.elsewhere, "address", "addresses")
            self._context.toasts.show_message(f"{told} elsewhere than on this computer: left out.", "warning")
        await self._preview(sources.paths, into)

    async def _preview(
        self, paths: Sequence[Path], into: Project | None, uploader: User | None = None
    ) -> None:
        choices = Choices(self._parts.projects.rows, self._parts.users.rows, into, uploader or self._uploader)
        files = planned_list(self._scope)
        await asyncio.sleep(0)
        dialog = ImportDialog(self._window, self._scope, self.importer, paths, choices, files)
        self._asking = False  # from here on it is the dialog that keeps others away
        wish = await dialog.ask()
        if wish is not None:
            self._uploader = wish.uploader
            await self.runs.run(wish)

    # Drops

    def _receiver(self) -> Project | None:
        view = self._current()
        return view.receiving_project() if isinstance(view, HasReceiver) else None

    def _target_at(self, place: QPoint) -> DropTarget | None:
        view = self._current()
        return view.project_at(place) if isinstance(view, ShowsProjects) else None

    def _goes_to_the_view(self, lines: Sequence[str]) -> bool:
        view = self._current()
        return isinstance(view, TakesFiles) and view.takes_files(lines)

    def _on_zone_began(self) -> None:
        self._scope.spawn(self._offer_projects(), key="offer")

    async def _offer_projects(self) -> None:
        query = ListQuery(Sort("updated_at", descending=True))
        page, _count = await self._parts.projects.rows.first_page(query, _OFFERED)
        self.zone.offer_projects([project for project in page.rows if project is not None])

    def _on_zone_dropped(self, lines: list[str], into: Project | None) -> None:
        self._window.activateWindow()
        view = self._current()
        if isinstance(view, TakesFiles) and view.takes_files(lines):
            view.take_files(lines, into)
            return
        self._ask(
            lambda: self._import(lines, into, nothing="What was dropped are no files of this computer.")
        )

    # Imports that were cut off

    async def _recover(self) -> None:
        """Clean up after imports whose process died, and offer to go on with them."""
        if not await self._parts.blockingly(self._parts.has_journals):
            return
        importer = await self.importer()
        await importer.recover()
        for cut_off in await importer.interrupted():
            await self._offer_to_go_on(importer, cut_off)

    async def _offer_to_go_on(self, importer: Importing, cut_off: InterruptedImport) -> None:
        try:
            project = await self._parts.projects.get(cut_off.project_id)
        except NotFoundError:
            await importer.forget(cut_off.import_id)
            return
        what = name_of(cut_off.sources[0]) if len(cut_off.sources) == 1 else "files"
        self._context.toasts.show_message(
            f"The import of {what} into {project.name} did not come to its end.",
            "warning",
            action="Go on",
            on_action=lambda: self._ask(lambda: self._go_on(cut_off, project)),
            seconds=60.0,
        )

    async def _go_on(self, cut_off: InterruptedImport, project: Project) -> None:
        uploader = None
        if cut_off.uploader is not None:
            try:
                uploader = await self._parts.users.get(cut_off.uploader)
            except NotFoundError:
                self._uploader = None  # nobody rather than whom another import was for
                self._context.toasts.show_message(
                    "The user who was to be the uploader was deleted meanwhile: choose somebody, or nobody.",
                    "warning",
                )
        await self._preview(cut_off.sources, project, uploader)

    # The window

    def _made_actions(self) -> list[QAction]:
        wishes = (
            ("Import audio files…", self.choose_files, "Ctrl+Shift+I"),
            ("Import a folder of audio…", self.choose_folder, "Ctrl+Shift+D"),
            ("Import copied files", self.paste, "Ctrl+V"),
        )
        actions = [
            add_action(self._window, text, partial(do, None), shortcut=keys, group=_GROUP, everywhere=True)
            for text, do, keys in wishes
        ]
        for action in actions:
            action.setEnabled(self._parts.refused is None)
        return actions

    def _show_error(self, error: AppError) -> None:
        self._context.toasts.show_error(error.message, details=error.details)


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
