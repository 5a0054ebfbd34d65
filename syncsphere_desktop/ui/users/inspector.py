"""The inspector of the selected user: the editor, what the user owns, the facts, the actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from syncsphere_desktop.domain.humane import ago, counted, exact, number
from syncsphere_desktop.domain.impact import UserImpact
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.ui.users.form import user_form
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel


class UserInspector(InspectorPanel):
    """Emits wishes; the controller fulfils them. Editing goes on in `form`."""

    password_requested = Signal()
    hand_over_requested = Signal()
    delete_requested = Signal()
    projects_requested = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__("user", "No user selected", "Select a user to see and edit what belongs to them.")
        self._now = now
        self._many_hint = "Delete (Del) or copy (Ctrl+C) them."
        self.form = user_form()
        self._facts = {name: ElidedLabel(copyable=True) for name in ("Id", "Created", "Updated")}
        self._belongings = {
            name: PlainLabel()
            for name in ("Projects", "Works on", "Audio files", "Bundle versions", "Tracks held")
        }
        self._show_projects = Button("Show the projects", Kind.LINK)
        self._show_projects.clicked.connect(self.projects_requested)
        self.add_section("Account", self.form)
        self.add_section("Belongings", self._belongings_section())
        self.add_section("Details", fact_rows(self._facts))
        self._password = Button("Set password…")
        self._password.clicked.connect(self.password_requested)
        self._hand_over = Button("Hand over…")
        self._hand_over.clicked.connect(self.hand_over_requested)
        self._delete = Button("Delete…", Kind.SUBTLE, tooltip="Delete the user", keys="Del")
        self._delete.clicked.connect(self.delete_requested)
        self.set_footer(self._password, self._hand_over, self._delete)

    def show_user(self, user: User) -> None:
        """Show a user; the belongings follow when they are counted."""
        self.show_person(user.id, user.username, user.email)
        now = self._now()
        self._facts["Id"].set_text(str(user.id))
        for name, moment in (("Created", user.created_at), ("Updated", user.updated_at)):
            told = "" if moment is None else ago(moment, now)
            self._facts[name].set_text(told, tooltip="" if moment is None else exact(moment))

    def show_belongings(self, impact: UserImpact | None) -> None:
        """Show what the user owns, made and holds; None while it is being counted."""
        values = (
            {}
            if impact is None
            else {
                "Projects": impact.projects_owned,
                "Works on": impact.collaborations,
                "Audio files": impact.audio_files,
                "Bundle versions": impact.bundles,
                "Tracks held": impact.boxes,
            }
        )
        for name, label in self._belongings.items():
            value = values.get(name)
            label.setText("…" if value is None else number(value))
        projects = 0 if impact is None else impact.projects_owned + impact.collaborations
        self._show_projects.setVisible(projects > 0)
        self._hand_over.setEnabled(impact is not None and impact != UserImpact())

    def show_many(self, count: int) -> None:
        """Show that several users are selected."""
        self.show_empty("users", counted(count, "user") + " selected", self._many_hint)

    def show_nothing(self) -> None:
        """Show that no user is selected."""
        self.show_empty("user", "No user selected", "Select a user to see and edit what belongs to them.")

    def set_read_only(self, *, read_only: bool) -> None:
        """Leave out what the connection doesn't allow."""
        self.form.set_read_only(read_only=read_only)
        if read_only:
            self._many_hint = "Copy (Ctrl+C) them."
        for button in (self._password, self._hand_over, self._delete):
            button.setVisible(not read_only)

    def _belongings_section(self) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(fact_rows(self._belongings))
        column.addWidget(self._show_projects, 0, Qt.AlignmentFlag.AlignLeft)
        return section
