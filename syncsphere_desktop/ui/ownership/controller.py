"""The view of ownership: the live grid of a project, the list of all, and the pages beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership_agreement import Agreement
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.studio.ownership.watch_ports import ALL
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.actions import add_action, show_menu
from syncsphere_desktop.ui.app.list_controller import Wish
from syncsphere_desktop.ui.app.view import Filters, ViewContext
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from syncsphere_desktop.ui.ownership.acting import Acting
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.differences import Differences
from syncsphere_desktop.ui.ownership.grid_page import GridPage
from syncsphere_desktop.ui.ownership.list_page import ListPage
from syncsphere_desktop.ui.ownership.network import on_network_return
from syncsphere_desktop.ui.ownership.pages import TRACKS, Page, Pages
from syncsphere_desktop.ui.ownership.parts import OwnershipParts
from syncsphere_desktop.ui.ownership.past_pages import PastPages
from syncsphere_desktop.ui.ownership.status_words import feed_words
from syncsphere_desktop.ui.ownership.truth_strip import TruthStrip
from syncsphere_desktop.ui.ownership.values import Shown
from syncsphere_desktop.ui.ownership.wishes import TrackWishes
from syncsphere_desktop.ui.ownership.words import SHOWN_WORDS
from syncsphere_desktop.ui.widgets.dialog import open_dialog

PROJECT = "project_id"
_GROUP = "Ownership"
_TICK_MILLISECONDS = 1000


class OwnershipController(QObject):
    """Owns the view's widgets and tasks, and the watch over who holds what."""

    project_changed = Signal(object)
    """The `Project` that is shown, or None for all."""

    def __init__(
        self, parts: OwnershipParts, context: ViewContext, clock: GridClock, *, read_only: bool = False
    ) -> None:
        super().__init__()
        self._parts = parts
        self._context = context
        self._clock = clock
        self._read_only = read_only
        self._scope = context.scope.child("ownership", on_error=self._show_error)
        self._lists = [self._scope.child(name) for name in ("grid", "all")]
        self._is_watching = False
        self._was_shown = False
        self._project: Project | None = None
        self._wanted = _saved_project(context.layout)
        self.pages = Pages()
        self.acting = Acting(parts, context, self._scope, read_only=read_only)
        self.grid = GridPage(parts, self._lists[0], clock, read_only=read_only)
        whole = replace(context, layout=_part(context.layout, "all"))
        self.list = ListPage(parts, whole, self._lists[1], clock, read_only=read_only)
        self.wishes = TrackWishes(self.grid, self.list, self.acting, group=_GROUP, read_only=read_only)
        self.grid.restore_layout(_part(context.layout, "grid"))
        page = Page(TRACKS, "Tracks", self._frame_of, self._show_tracks)
        self.pages.add(page, self.grid.frame, self.list.frame)
        self.past = PastPages(parts, self.pages, context, self._scope, clock)
        self._differences = Differences(parts, self._scope, context.window)
        self._ends: list[Callable[[], None]] = []
        self._clocked = QTimer(self, interval=_TICK_MILLISECONDS)  # the picture grows old
        self._clocked.timeout.connect(self._show_truth)
        self._connect()
        self._add_actions()
        self.pages.show(TRACKS, None)
        self.list.listing.count_unseen()

    @classmethod
    def for_session(cls, session: Session, context: ViewContext) -> OwnershipController:
        """Build the view for an open session."""
        from syncsphere_desktop.ui.ownership.parts import parts_for_session

        read_only = session.database.read_only_reason is not None
        toasts = context.toasts
        parts = parts_for_session(
            session, context.scope.report_bug, lambda error: _discard(toasts.show_error(error.message))
        )
        return cls(parts, context, GridClock(session.clock.now), read_only=read_only)

    # What the frame asks

    @property
    def view(self) -> QWidget:
        """Return the widget to show."""
        return self.pages.stack

    @property
    def project(self) -> Project | None:
        """Return the project that is shown, or None for all."""
        return self._project

    def activate(self) -> None:
        """Be shown: begin to watch, and go to the project of the last time."""
        self.watch()
        if not self._was_shown:
            self._was_shown = True
            if self._wanted is not None:
                self._scope.spawn(self._show_project_id(self._wanted), key="project", on_error=_stay)
            self._show_page()
        self._clocked.start()
        self._focus()

    def reload(self) -> None:
        """Read again what is shown."""
        if self._was_shown:
            self.list.names.forget()
            self._parts.watch.read_again()
            self.grid.read()
            self.list.listing.reload()
            self.past.reload()

    def narrow(self, filters: Filters) -> None:
        """Show the tracks of a project, or the rows that other filters leave."""
        project = filters.get(PROJECT)
        self._wanted = None
        if isinstance(project, int) and len(filters) == 1:
            self._scope.spawn(self._show_project_id(ProjectId(project)), key="project")
            return
        self.show_project(None)
        self.list.frame.search.clear()
        self.list.listing.narrow(filters)

    def take_change(self, change: ChangeEvent) -> None:
        """Learn that rows changed: who holds what comes by the watch, names and people by this."""
        self.list.listing.take_change(change)
        self.past.take_change(change)
        everything = isinstance(change, EverythingMayHaveChanged)
        tables = {"project_bundles", "project_collaborators", "users", "projects"}
        if everything or (isinstance(change, TableChanged) and change.table in tables):
            self.list.names.forget()
            if self._was_shown and self._project is not None:
                self.grid.read()

    def unsaved(self) -> str | None:
        """Name what counts down yet: leaving calls it off."""
        return "Something done to tracks counts down yet." if self.acting.is_counting else None

    def save_layout(self) -> dict[str, object]:
        """Return sizes, columns, density and the project."""
        shown = self._wanted if self._project is None else self._project.id
        log, every = self.past.save_layout(), self.list.listing.save_layout()
        return {"grid": self.grid.save_layout(), "all": every, "log": log, "project": shown}

    async def shutdown(self) -> None:
        """End the watch and every task."""
        self._clocked.stop()
        self.grid.end()
        for end in self._ends:
            end()
        await self.past.shutdown()
        for scope in (*self._lists, self._scope):
            await scope.shutdown()
        if self._is_watching:
            await self._parts.watch.shutdown()

    # What can be wished for

    def watch(self) -> None:
        """Begin to watch who holds what, unless that goes on already."""
        if not self._is_watching:
            self._is_watching = True
            watch = self._parts.watch
            self._ends = [
                watch.subscribe_repaint(self._on_watch_repaint),
                watch.subscribe_status(lambda _status: self._show_truth()),
                watch.subscribe_agreement(self._on_watch_agreement),
                watch.subscribe_presence(self._on_watch_presence),
            ]
            if self._parts.network_returned is not None:
                self._ends.append(on_network_return(self._parts.network_returned))
            self._scope.spawn(self._start_watching(), key="watch")

    def show_project(self, project: Project | None) -> None:
        """Show the grid of a project, or the list of all."""
        self._project = project
        if project is None:
            self._wanted = None
        self._show_page()
        self.project_changed.emit(project)
        self._focus()

    def choose_project(self) -> None:
        """Ask for a project, and show its grid."""
        if open_dialog(self._context.window) is None:
            self._scope.spawn(self._choose_project(), key="dialog")

    def show_page(self, name: str) -> None:
        """Go to one of the pages."""
        self.pages.show(name, self._project)
        self._focus()

    def show_differences(self) -> None:
        """Show where feed and table differ."""
        if open_dialog(self._context.window) is None:
            self._scope.spawn(self._differences.ask(), key="dialog")

    # Pages

    def _frame_of(self, project: Project | None) -> Any:
        return self.list.frame if project is None else self.grid.frame

    def _show_tracks(self, project: Project | None) -> None:
        if not self._is_watching:
            return
        self._parts.watch.show(ALL if project is None else (project.id,))
        if project is not None:
            self.grid.show_project(project)
        self._show_truth()

    def _show_page(self) -> None:
        self.pages.show(self.pages.current.name, self._project)

    def _focus(self) -> None:
        if self.pages.current.name != TRACKS:
            return
        if self._project is None:
            if self._was_shown:
                self.list.listing.activate()
        else:
            self.grid.canvas.setFocus()

    def _connect(self) -> None:
        pages = self.pages
        pages.page_chosen.connect(self.show_page)
        pages.project_requested.connect(self.choose_project)
        pages.all_requested.connect(lambda: self.show_project(None))
        self.past.project_requested.connect(lambda wanted: self.narrow({PROJECT: wanted}))
        for truth in self._truths:
            truth.differences_requested.connect(self.show_differences)
        for inspector in (self.grid.inspector, self.list.inspector):
            inspector.copy_requested.connect(self._on_inspector_copy_requested)
        self.list.listing.view.row_activated.connect(self._on_view_row_activated)
        self.grid.canvas.activated.connect(self._on_canvas_activated)
        for owner, menu in (
            (self.grid.frame, self.grid.canvas.menu_requested),
            (self.list.frame, self.list.listing.view.menu_requested),
        ):
            menu.connect(partial(show_menu, owner, _GROUP))

    def _add_actions(self) -> None:
        for frame in self.pages.frames:
            add_action(
                frame, "Show the tracks of a project…", self.choose_project, shortcut="Ctrl+P", group=_GROUP
            )
            add_action(
                frame, "Show the tracks of all projects", lambda: self.show_project(None), group=_GROUP
            )
            add_action(frame, "Show where feed and table differ", self.show_differences, group=_GROUP)
        frame, canvas = self.grid.frame, self.grid.canvas
        wishes: list[Wish] = [
            ("Search tracks", frame.search.setFocus, "/"),
            ("Fold or unfold the inspector", frame.toggle_inspector, "Ctrl+I"),
            ("Copy the box's UUID", self._copy_box, "Ctrl+C"),
            ("Select all tracks", canvas.selection.select_all, "Ctrl+A"),
            ("Show a denser grid", partial(self.grid.step_density, 1), "Ctrl+-"),
            ("Show a less dense grid", partial(self.grid.step_density, -1), "Ctrl++"),
            ("Show only this person's tracks", self._show_person, "Ctrl+Shift+F"),
        ]
        wishes += [
            (f"Show tracks: {SHOWN_WORDS[shown].lower()}", partial(self.grid.show_only, shown), None)
            for shown in Shown
        ]
        for text, do, keys in wishes:
            add_action(frame, text, do, shortcut=keys, group="Tracks")

    def _show_person(self) -> None:
        person = self.grid.current_person()
        self.grid.show_only(Shown.ALL, None if person is None else person.id)

    def _copy_box(self) -> None:
        boxes = self.grid.canvas.selection.boxes
        if boxes:
            self._on_inspector_copy_requested("\n".join(map(str, boxes)))

    def _on_inspector_copy_requested(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    def _on_view_row_activated(self, row: Any) -> None:
        if row.project_id is not None:
            self._scope.spawn(self._show_box(row.project_id, row.box_uuid), key="project")

    def _on_canvas_activated(self) -> None:
        if self.grid.frame.save_layout()["inspector"] is False:
            self.grid.frame.toggle_inspector()

    # Projects

    async def _choose_project(self) -> None:
        dialog = ChooseProjectDialog(
            self._context.window,
            self._scope,
            self._parts.projects.rows,
            title="Tracks of one project",
            confirm="Show the tracks of {}",
        )
        project = await dialog.ask()
        if project is not None:
            self.show_project(project)

    async def _show_project_id(self, project_id: ProjectId) -> None:
        self.show_project(await self._parts.projects.get(project_id))

    async def _show_box(self, project_id: ProjectId, box_uuid: UUID) -> None:
        await self._show_project_id(project_id)
        self.grid.show_all()
        self.grid.wanted_box = box_uuid

    # The watch

    async def _start_watching(self) -> None:
        await self._parts.watch.start()
        self._show_page()
        self._show_truth()

    @property
    def _truths(self) -> tuple[TruthStrip, TruthStrip]:
        return self.grid.truth, self.list.truth

    def _show_truth(self) -> None:
        watch = self._parts.watch
        for truth in self._truths:
            truth.show_truth(watch.agreement, watch.status, self._clock.utc())
        self._context.show_feed(*feed_words(watch.agreement, watch.status, self._clock.utc()))

    def _on_watch_repaint(self, boxes: Mapping[ProjectId, frozenset[UUID]]) -> None:
        if self._project is None:
            self.list.take_repaint()
        elif self._project.id in boxes:
            self.grid.take_repaint(boxes[self._project.id])

    def _on_watch_agreement(self, agreement: Agreement) -> None:
        self._show_truth()
        self._differences.take(agreement)

    def _on_watch_presence(self, projects: frozenset[ProjectId]) -> None:
        if self._project is None:
            self.list.take_repaint()
        elif self._project.id in projects:
            self.grid.take_presence()

    def _show_error(self, error: AppError) -> None:
        if isinstance(error, NotFoundError):
            self.list.listing.reload()
        self._context.toasts.show_error(error.message, details=error.details)


def _part(layout: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return what was saved of a page; a settings file may hold anything."""
    part = layout.get(name)
    return part if isinstance(part, Mapping) else {}


def _saved_project(layout: Mapping[str, object]) -> ProjectId | None:
    saved = layout.get("project")
    return ProjectId(saved) if type(saved) is int else None


def _discard(_toast: object) -> None:
    """The notification stands by itself."""


def _stay(_error: AppError) -> None:
    """The project of the last time is gone: all projects are shown."""
