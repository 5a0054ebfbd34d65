"""The integrity view: checks, what they find, and the quarantine, on two pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.humane import ago, number
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.studio.integrity.findings import CheckReport, CheckScope
from syncsphere_desktop.studio.ports import ProjectStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.actions import add_action, show_menu
from syncsphere_desktop.ui.app.view import Filters, ViewContext
from syncsphere_desktop.ui.integrity.check_run import OTHER_CHECKS, CheckRun, CheckWish
from syncsphere_desktop.ui.integrity.findings_page import FindingsPage
from syncsphere_desktop.ui.integrity.mending import FindingsMending
from syncsphere_desktop.ui.integrity.outage import Reach, StoreOutage
from syncsphere_desktop.ui.integrity.quarantine_page import QuarantinePage
from syncsphere_desktop.ui.integrity.returning import QuarantineReturning
from syncsphere_desktop.ui.integrity.work import IntegrityWork, OpenWork
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from syncsphere_desktop.ui.tables.times import without_zone
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.segments import Segments

FINDINGS, QUARANTINE = "findings", "quarantine"
_GROUP = "Integrity"


@dataclass(frozen=True, slots=True)
class IntegrityParts:
    """What the view works with; `open_work` opens the store and gives the use cases, `reach` looks for it."""

    open_work: OpenWork
    projects: ProjectStore
    reach: Reach


class IntegrityController(QObject):
    """Owns the view's widgets and tasks."""

    def __init__(
        self,
        parts: IntegrityParts,
        context: ViewContext,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__()
        self._parts = parts
        self._context = context
        self._now = now
        self._read_only = read_only
        self._scope = context.scope.child("integrity", on_error=self._show_error)
        self._last: CheckReport | None = None
        self._mended: set[str] = set()
        self._was_shown = False
        self._retry: Callable[[], None] = self.reload
        self._projects: dict[int, str] = {}
        self._named: set[int] = set()
        pages = [replace(context, layout=_part(context.layout, name)) for name in (FINDINGS, QUARANTINE)]
        self.findings = FindingsPage(pages[0], self._scope, self._projects, read_only=read_only)
        self.quarantine = QuarantinePage(pages[1], self._scope, now, read_only=read_only)
        self.outage = StoreOutage(self.findings.failure, parts.reach, self._scope)
        self.check_run = CheckRun(context.jobs, self)
        self.mending = FindingsMending(self.findings, parts.open_work, context, self._scope)
        self.returning = QuarantineReturning(self.quarantine, parts.open_work, context, self._scope)
        self._stack = QStackedWidget()
        self._switches: list[Segments] = []
        for page in (self.findings.frame, self.quarantine.frame):
            self._stack.addWidget(page)
        self._build()
        self._connect()
        self._add_actions()

    @classmethod
    def for_session(cls, session: Session, context: ViewContext) -> IntegrityController:
        """Build the view for an open session."""
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        def open_work(*, claim: bool = False) -> AbstractAsyncContextManager[IntegrityWork]:
            return opened_integrity(session.audio, claim=claim)

        async def reach() -> AppError | None:
            await session.audio.access.look_again()
            return session.audio.access.problem

        parts = IntegrityParts(open_work, session.projects, reach)
        read_only = session.database.read_only_reason is not None
        return cls(parts, context, session.clock.now, read_only=read_only)

    # What the frame asks

    @property
    def view(self) -> QWidget:
        """Return the widget to show."""
        return self._stack

    def activate(self) -> None:
        """Be shown: tell what the last check found, unless that is known."""
        if not self._was_shown:
            self._was_shown = True
            self.reload()
        self.outage.look()
        self._page.listing.activate()

    def reload(self) -> None:
        """Read again what the last check found and what lies in quarantine; a running check goes on."""
        if self._was_shown and not self.check_run.is_running:
            self._scope.spawn(self._read(), key="read", on_error=self._show_unread)

    def narrow(self, filters: Filters) -> None:
        """Show only the findings that these filters leave."""
        self.show_page(FINDINGS)
        self.findings.frame.search.clear()
        self.findings.listing.narrow(filters)

    def take_change(self, change: ChangeEvent) -> None:
        """Read the quarantine again when it changed, by whoever."""
        about_it = isinstance(change, TableChanged) and change.table == "trash"
        if self._was_shown and (about_it or isinstance(change, EverythingMayHaveChanged)):
            self.returning.read_again()

    def unsaved(self) -> str | None:
        """Name nothing: a check that is left is taken up by the next one."""
        return None

    def save_layout(self) -> dict[str, object]:
        """Return columns, sorting and sizes."""
        return {
            FINDINGS: self.findings.listing.save_layout(),
            QUARANTINE: self.quarantine.listing.save_layout(),
        }

    async def shutdown(self) -> None:
        """End every task; a check that goes on can be taken up by the next one."""
        self.check_run.cancel()
        self.outage.end()
        await self._scope.shutdown()

    # What can be wished for

    def show_page(self, name: str) -> None:
        """Go to the findings or to the quarantine."""
        for switch in self._switches:
            switch.choose(name)
        self._stack.setCurrentWidget(self.findings.frame if name == FINDINGS else self.quarantine.frame)
        self._page.listing.activate()

    def check(self, wish: CheckWish | None = None) -> None:
        """Begin a check, unless one goes on."""
        if not self.check_run.is_running:
            self.show_page(FINDINGS)
            self._scope.spawn(self._check(wish or CheckWish()), key="check", on_error=self._show_failed)

    def check_project(self) -> None:
        """Ask for a project and check its files."""
        if open_dialog(self._context.window) is None and not self.check_run.is_running:
            self._scope.spawn(self._check_project(), key="dialog")

    @property
    def _page(self) -> FindingsPage | QuarantinePage:
        return self.findings if self._stack.currentWidget() is self.findings.frame else self.quarantine

    # Checking

    async def _read(self) -> None:
        async with self._parts.open_work() as work:
            self.returning.show(await work.quarantine.entries())
            last = await work.verifier.last()
        self.outage.end()
        if last is not None:
            self._last = last
            self.findings.show_findings(last.findings)
        self._tell_rest()

    async def _check(self, wish: CheckWish) -> None:
        self._scope.cancel("read")
        self.outage.end()
        async with self._parts.open_work() as work:
            self.findings.begin()
            self._mended.clear()
            report = await self.check_run.run(work.verifier, wish, self._go_to_findings)
        report = self._last = report.without(self._mended)
        self.findings.show_findings(report.findings)
        self._tell_rest()
        if self._stack.isVisible() and not report.notes:
            return  # the strip says it
        tone = "info" if not report.complete else "success" if report.sound else "warning"
        self._context.toasts.show_message(report.sentence, tone, details="\n".join(report.notes) or None)

    async def _check_project(self) -> None:
        dialog = ChooseProjectDialog(
            self._context.window,
            self._context.scope,
            self._parts.projects.rows,
            title="Check the audio of a project",
            confirm="Check {}",
            sentence="Its rows are checked. Files without a row belong to no project and are left out.",
        )
        project = await dialog.ask()
        if project is not None:
            self._projects[project.id] = project.name
            self.check(CheckWish(CheckScope(project.id), project.name))

    def _go_to_findings(self) -> None:
        self._context.open_view("integrity", {})

    # What is shown

    def _build(self) -> None:
        for page in (self.findings, self.quarantine):
            switch = Segments("Pages of integrity")
            switch.add(FINDINGS, "Findings")
            switch.add(QUARANTINE, "Quarantine")
            switch.chosen.connect(self.show_page)
            self._switches.append(switch)
            page.frame.add_tool(switch)
        for switch, name in zip(self._switches, (FINDINGS, QUARANTINE), strict=True):
            switch.choose(name)
        self._more = IconButton("more", "Other checks")
        self._more.clicked.connect(self._open_menu)
        self._button = Button("Check now", Kind.PRIMARY, icon_name="shield", keys="Ctrl+N")
        self._button.clicked.connect(lambda _on=False: self.check())
        self.findings.frame.add_tool(self._more)
        self.findings.frame.add_tool(self._button)
        self._empty_due = Button("Remove what is due…", tooltip="Remove for good what was kept its time")
        self._empty_due.clicked.connect(self.returning.remove_due)
        self.quarantine.frame.add_tool(self._empty_due)
        self._empty_due.setVisible(not self._read_only)  # without a parent it would be a window for a moment

    def _connect(self) -> None:
        findings, run = self.findings, self.check_run
        findings.check_requested.connect(self.check)
        findings.count_changed.connect(self._on_findings_count_changed)
        findings.forgotten.connect(self._on_findings_forgotten)
        findings.failure.action_triggered.connect(self._on_failure_action_triggered)
        findings.strip.pause_toggled.connect(run.toggle_pause)
        findings.strip.cancel_requested.connect(run.cancel)
        run.progressed.connect(findings.strip.show_progress)
        run.found.connect(findings.add_findings)
        run.running_changed.connect(self._on_run_running_changed)
        view = findings.listing.view
        view.selection.changed.connect(self._show_selected)
        findings.listing.model.loaded.connect(self._show_selected)
        view.delete_requested.connect(self.mending.quarantine)
        inspector = findings.inspector
        inspector.relocate_requested.connect(self.mending.relocate)
        inspector.reread_requested.connect(self.mending.read_anew)
        inspector.quarantine_requested.connect(self.mending.quarantine)
        inspector.library_requested.connect(self.mending.show_in_library)
        inspector.close_requested.connect(findings.frame.toggle_inspector)
        for deeds in (self.mending, self.returning):
            deeds.store_reached.connect(self.outage.end_if_of_store)
        self.mending.quarantined.connect(self.returning.read_again)
        self.mending.quarantine_wanted.connect(lambda: self.show_page(QUARANTINE))
        self.quarantine.count_changed.connect(self._on_quarantine_count_changed)
        held = self.quarantine.listing.view
        held.selection.changed.connect(self._show_held)
        held.delete_requested.connect(self.returning.remove)
        self.quarantine.listing.model.loaded.connect(self._show_held)
        self.quarantine.inspector.restore_requested.connect(self.returning.restore)
        self.quarantine.inspector.remove_requested.connect(self.returning.remove)
        self.quarantine.inspector.close_requested.connect(self.quarantine.frame.toggle_inspector)

    def _add_actions(self) -> None:
        frame, held = self.findings.frame, self.quarantine.frame
        add_action(frame, "Check now", self.check, shortcut="Ctrl+N", group=_GROUP)
        for text, wish in OTHER_CHECKS:
            add_action(frame, text, partial(self.check, wish), group=_GROUP)
        add_action(frame, "Check one project…", self.check_project, group=_GROUP)
        wishes = (
            (frame, "Find the files by their content", self.mending.relocate, "Ctrl+L"),
            (frame, "Read the files anew", self.mending.read_anew, "Ctrl+R"),
            (frame, "Move to quarantine…", self.mending.quarantine, "Del"),
            (held, "Restore", self.returning.restore, "Ctrl+R"),
            (held, "Remove for good…", self.returning.remove, "Del"),
            (held, "Remove what is due…", self.returning.remove_due, None),
        )
        for owner, text, do, keys in wishes:
            action = add_action(owner, text, do, shortcut=keys, group=_GROUP)
            action.setEnabled(not self._read_only)
        for owner in (frame, held):
            add_action(owner, "Go to the findings", lambda: self.show_page(FINDINGS), group=_GROUP)
            add_action(owner, "Go to the quarantine", lambda: self.show_page(QUARANTINE), group=_GROUP)
        for page in (self.findings, self.quarantine):
            page.listing.view.menu_requested.connect(partial(show_menu, page.frame, _GROUP))

    def _on_failure_action_triggered(self) -> None:
        self._retry()

    def _open_menu(self) -> None:
        menu = QMenu(self._more)
        for text, wish in OTHER_CHECKS:
            menu.addAction(text).triggered.connect(partial(self._on_menu_triggered, wish))
        menu.addAction("Check one project…").triggered.connect(lambda _on=False: self.check_project())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _on_menu_triggered(self, wish: CheckWish, _checked: bool = False) -> None:  # noqa: FBT001, FBT002
        self.check(wish)

    def _on_run_running_changed(self, is_running: bool) -> None:  # noqa: FBT001  # of a signal
        self._button.setEnabled(not is_running)
        self._more.setEnabled(not is_running)

    def _on_findings_count_changed(self, count: int) -> None:
        for switch in self._switches:
            switch.set_count(FINDINGS, number(count) if count else "")
        self._name_projects(self.findings.project_ids)
        self._context.show_count(number(count) if count else "")

    def _on_findings_forgotten(self, keys: set[str]) -> None:
        """Let what was mended come back neither with the next failure nor at the end of a running check."""
        self._mended |= keys
        if self._last is not None:
            self._last = self._last.without(keys)
            if not self.check_run.is_running:
                self._tell_rest()

    def _on_quarantine_count_changed(self, count: int) -> None:
        for switch in self._switches:
            switch.set_count(QUARANTINE, number(count) if count else "")
        self._empty_due.setEnabled(bool(self.quarantine.due()))

    def _tell_rest(self) -> None:
        """Say in the strip how the last check ended."""
        last = self._last
        if last is None:
            self.findings.strip.show_rest("shield", "text-muted", "")
            return
        begun = last.started_at
        when = "" if begun is None else f"Begun {ago(without_zone(begun), self._now())}"
        icon_name, tone = ("check", "success") if last.sound and last.complete else ("warning", "warning")
        self.findings.strip.show_rest(icon_name, tone, last.sentence, when)

    def _show_selected(self) -> None:
        selection = self.findings.listing.view.selection
        rows = selection.rows()
        self.findings.inspector.show_rows(rows, selection.count, self._projects)
        wanted = {row.finding.project_id for row in rows[:1]}
        wanted |= {use.project_id for row in rows[:1] for use in row.finding.uses}
        self._name_projects({project for project in wanted if project is not None})

    def _show_held(self) -> None:
        selection = self.quarantine.listing.view.selection
        entries = selection.rows()
        self.quarantine.inspector.show_entries(entries, selection.count, self._projects)
        self._name_projects({entry.project_id for entry in entries[:1] if entry.project_id is not None})

    def _name_projects(self, ids: set[Any]) -> None:
        unknown = ids - self._named
        if unknown:
            self._named |= unknown
            self._scope.spawn(self._read_names(unknown))

    async def _read_names(self, ids: set[Any]) -> None:
        for project_id in ids:
            try:
                self._projects[project_id] = (await self._parts.projects.get(project_id)).name
            except NotFoundError:
                self._projects[project_id] = f"Project {project_id}, deleted"
        self.findings.listing.view.viewport().update()
        self._show_selected()
        self._show_held()

    # What goes wrong

    def _show_failed(self, error: AppError) -> None:
        """Show that a check could not be made; what the one before found is read again."""
        self._retry = self.check
        self.outage.show(error)
        self._tell_rest()
        if self._last is not None:
            self.findings.show_findings(self._last.findings)

    def _show_unread(self, error: AppError) -> None:
        self._retry = self.reload
        self.outage.show(error)

    def _show_error(self, error: AppError) -> None:
        self._context.toasts.show_error(error.message, details=error.details)


def _part(layout: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return what was saved of a page; a settings file may hold anything."""
    part = layout.get(name)
    return part if isinstance(part, Mapping) else {}
