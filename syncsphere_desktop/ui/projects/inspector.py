"""The inspector of the selected project: editor, people, facts, actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal

from syncsphere_desktop.domain.humane import ago, counted, exact, number, size
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.projects.collaborators_panel import CollaboratorsPanel
from syncsphere_desktop.ui.projects.form import project_form
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel


class ProjectInspector(InspectorPanel):
    """Emits wishes; the controller fulfils them. Editing goes on in `form`, people in `people`."""

    transfer_requested = Signal()
    delete_requested = Signal()
    versions_requested = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__("projects", "No project selected", "Select a project to see and edit it.")
        self._now = now
        self._many_hint = "Delete (Del) or copy (Ctrl+C) them."
        self.form = project_form()
        self.people = CollaboratorsPanel()
        self._contents = {name: ElidedLabel() for name in ("Audio files", "Bundle versions", "Tracks held")}
        self._facts = {name: ElidedLabel(copyable=True) for name in ("Id", "Created", "Updated")}
        self.add_section("Project", self.form)
        self.add_section("People", self.people)
        self.add_section("Contents", fact_rows(self._contents))
        self.add_section("Details", fact_rows(self._facts))
        self._transfer = Button("Transfer…", tooltip="Give the project to another owner")
        self._transfer.clicked.connect(self.transfer_requested)
        self._delete = Button("Delete…", Kind.SUBTLE, tooltip="Delete the project", keys="Del")
        self._delete.clicked.connect(self.delete_requested)
        versions = Button("Versions", tooltip="Go to the bundle versions of the project", keys="Ctrl+B")
        versions.clicked.connect(self.versions_requested)
        self.set_footer(self._transfer, versions, self._delete)

    def show_project(self, project: Project) -> None:
        """Show a project; people and contents follow when they are read."""
        owner = f"Owned by {project.owner_name}" if project.owner_name else "Without an owner"
        self.show_object("projects", project.name, owner)
        now = self._now()
        self._facts["Id"].set_text(str(project.id))
        for name, moment in (("Created", project.created_at), ("Updated", project.updated_at)):
            told = "" if moment is None else ago(moment, now)
            self._facts[name].set_text(told, tooltip="" if moment is None else exact(moment))

    def show_contents(self, impact: ProjectImpact | None) -> None:
        """Show what the project holds; None while it is being counted."""
        if impact is None:
            for label in self._contents.values():
                label.set_text("…")
            return
        audio = f" · {size(impact.audio_bytes)}" if impact.audio_files else ""
        bundles = f" · {size(impact.bundle_bytes)}" if impact.bundles else ""
        self._contents["Audio files"].set_text(f"{number(impact.audio_files)}{audio}")
        self._contents["Bundle versions"].set_text(f"{number(impact.bundles)}{bundles}")
        self._contents["Tracks held"].set_text(number(impact.boxes))

    def show_many(self, count: int) -> None:
        """Show that several projects are selected."""
        self.show_empty("projects", counted(count, "project") + " selected", self._many_hint)

    def show_nothing(self) -> None:
        """Show that no project is selected."""
        self.show_empty("projects", "No project selected", "Select a project to see and edit it.")

    def set_read_only(self, *, read_only: bool) -> None:
        """Leave out what the connection doesn't allow."""
        self.form.set_read_only(read_only=read_only)
        if read_only:
            self._many_hint = "Copy (Ctrl+C) them."
        self.people.set_read_only(read_only=read_only)
        for button in (self._transfer, self._delete):
            button.setVisible(not read_only)
