"""The preview of an import: into which project, as whose, and what would become of each file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import counted, number, size
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.audio_import.plan import ImportPlan
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.importing.columns import PlannedRow, name_of, planned_rows
from syncsphere_desktop.ui.importing.file_list import FileList
from syncsphere_desktop.ui.importing.planning_line import PlanningLine
from syncsphere_desktop.ui.importing.work import Planning
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.picker_field import PickerField
from syncsphere_desktop.ui.widgets.project_picker import ProjectPicker
from syncsphere_desktop.ui.widgets.skeleton import Skeleton

_SIZE = QSize(1080, 680)


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What was agreed to: the plan, and who is said to have uploaded the files."""

    plan: ImportPlan
    uploader: User | None


@dataclass(frozen=True, slots=True)
class Choices:
    """Whom the dialog offers, and whom it begins with."""

    projects: RowSource[Project]
    people: RowSource[User]
    project: Project | None = None
    uploader: User | None = None


class ImportDialog(AwaitableDialog[ImportWish]):
    """Plans off the GUI thread, anew when another project is chosen, and writes nothing.

    `ask` returns the wish, or None. Planning ends with the dialog.
    """

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        open_planner: Callable[[], Awaitable[Planning]],
        sources: Sequence[Path],
        choices: Choices,
        files: FileList[PlannedRow],
    ) -> None:
        super().__init__(parent, f"Import {sources_words(sources)}", width=_SIZE.width())
        self._open_planner = open_planner
        self._sources = tuple(sources)
        self._tasks = scope.child("import preview", on_error=self._show_failed)
        self._plan: ImportPlan | None = None
        self._made: ImportPlan | None = None
        self._line = PlanningLine()
        self._summary = ElidedLabel()
        self._note: Banner | None = None
        self.files = files
        self._skeleton = Skeleton(columns=(5, 2, 4, 1, 1, 1, 1, 1))
        self.project = PickerField[Project](
            "Project",
            lambda: ProjectPicker(scope, choices.projects),
            lambda project: project.name,
            placeholder="Choose a project",
        )
        self.uploader = PickerField[User](
            "Uploaded by",
            lambda: PersonPicker(scope, choices.people),
            lambda user: user.username,
            placeholder="Nobody",
            none="Nobody",
            is_person=True,
        )
        self.project.choose(choices.project)
        self.uploader.choose(choices.uploader)
        self.confirm = Button("Import", Kind.PRIMARY)
        self._build()

    def _build(self) -> None:
        fields = QHBoxLayout()
        fields.setSpacing(16)
        fields.addWidget(FormField("Project", self.project), 1)
        fields.addWidget(FormField("Uploaded by", self.uploader), 1)
        self._states = QStackedLayout()
        self._states.addWidget(self._line)
        self._states.addWidget(self._summary)
        self.body.addLayout(fields)
        self.body.addLayout(self._states)
        self.body.addWidget(self.files, 1)
        cancel = Button("Cancel")
        cancel.clicked.connect(self.reject)
        self.add_button(cancel)
        self.add_button(self.confirm)
        self.confirm.clicked.connect(self._on_confirm_clicked)
        self.confirm.setDefault(True)
        self.project.row_changed.connect(self._on_project_row_changed)

    @property
    def plan(self) -> ImportPlan | None:
        """Return the plan that is shown, or None while there is none."""
        return self._plan

    @override
    async def ask(self) -> ImportWish | None:
        await asyncio.sleep(0)  # to be made and to be shown are a turn of the loop each
        self._begin()
        return await super().ask()

    @override
    async def wind_down(self) -> None:
        await self._tasks.shutdown()
        await self.files.shutdown()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        window = self.parentWidget()
        room = _SIZE if window is None else window.size() - QSize(48, 48)
        self.resize(_SIZE.boundedTo(room))
        (self.confirm if self.project.row is not None else self.project).setFocus()

    def _begin(self) -> None:
        """Plan for the project that is chosen, or ask which."""
        self._plan = None
        self._refresh()
        project = self.project.row
        if project is None:
            self._line.rest("")
            self._ask_for_project()
            return
        self._line.start()
        self._states.setCurrentWidget(self._line)
        self.files.cover(self._skeleton)
        self._tasks.spawn(self._make_plan(project), key="plan")

    async def _make_plan(self, project: Project) -> None:
        planner = await self._open_planner()
        if self._made is not None:
            plan = await planner.replan(self._made, project, progress=self._line.take)
        else:
            plan = await planner.plan(self._sources, project, progress=self._line.take)
        rows = await planned_rows(plan.files)
        await self.files.show_rows(rows)
        told = plan_words(plan)
        self._plan = self._made = plan
        self._line.rest("")
        self._summary.set_text(told)
        self._states.setCurrentWidget(self._summary)
        self._refresh()
        if self.confirm.isEnabled() and self.focusWidget() in (None, self.project):
            self.confirm.setFocus()

    def _refresh(self) -> None:
        plan = self._plan
        new = 0 if plan is None else plan.new
        self.confirm.setEnabled(new > 0)
        if plan is None:
            self.confirm.setText("Import")
        else:
            self.confirm.setText(f"Import {counted(new, 'file')}" if new else "Nothing to import")
        if plan is not None and plan.continues and self._note is None:
            sentence = "An import of these files was cut off; this goes on with it."
            self._note = Banner(sentence, "info", dismissible=False)
            self.body.insertWidget(1, self._note)
        if self._note is not None:
            self._note.setVisible(plan is not None and plan.continues)

    # What is seldom shown is made when it is: each takes milliseconds to open the dialog.

    def _ask_for_project(self) -> None:
        which = EmptyState(
            "projects",
            "Into which project?",
            "Choose the project that receives the files.",
            action="Choose a project",
        )
        which.action_triggered.connect(self.project.open_popup)
        self.files.cover(which)

    def _show_failed(self, error: AppError) -> None:
        self._line.rest("")
        failed = ErrorState(
            error.message, title="The files could not be looked at", details=error.details, retryable=True
        )
        failed.retry_requested.connect(self._begin)
        self.files.cover(failed)

    def _on_project_row_changed(self, _project: Project | None) -> None:
        self._begin()

    def _on_confirm_clicked(self) -> None:
        if self._plan is not None and self._plan.new:
            self.accept_with(ImportWish(self._plan, self.uploader.row))


def sources_words(sources: Sequence[Path]) -> str:
    """Return what was dropped or chosen, as in `Takes`, or `3 files and folders`."""
    if len(sources) == 1:
        return name_of(sources[0])
    return counted(len(sources), "file or folder", "files and folders")


def plan_words(plan: ImportPlan) -> str:
    """Return what would happen: `312 new files, 2.10 GB. 14 are here already, 3 can't be imported.`"""
    told = f"{counted(plan.new, 'new file')}, {size(plan.bytes)}." if plan.new else "Nothing here is new."
    rest = []
    if here := plan.duplicates - plan.repeats:
        rest.append(f"{number(here)} {'is' if here == 1 else 'are'} here already")
    if plan.repeats:
        rest.append(f"{number(plan.repeats)} {'is' if plan.repeats == 1 else 'are'} the same as another")
    if plan.rejected:
        rest.append(f"{number(plan.rejected)} can't be imported")
    if not plan.files:
        told = "There is no file in what was chosen."
    return f"{told} {', '.join(rest)}." if rest else told
