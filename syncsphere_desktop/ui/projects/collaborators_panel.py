"""The people of a project in its inspector: who, in which role, and how that is changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.collaborator import Collaborator, Role
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind
from syncsphere_desktop.ui.widgets.person import PersonBadge
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel, plain_tip

_WORDS = {Role.OWNER: "Owner", Role.EDITOR: "Editor", Role.VIEWER: "Viewer"}


class CollaboratorsPanel(QWidget):
    """Emits wishes; the list is shown anew when they were fulfilled."""

    add_requested = Signal()
    role_chosen = Signal(object, object)
    """Collaborator, `Role`."""
    remove_requested = Signal(object)
    repair_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._read_only = False
        self._banner = Banner(tone="warning", dismissible=False)
        self._banner.action_triggered.connect(self.repair_requested)
        self._banner.hide()
        self._error = PlainLabel()
        self._error.setProperty("role", "error")
        self._error.setWordWrap(True)
        self._error.hide()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self._add = Button("Add a person…", Kind.LINK, icon_name="plus")
        self._add.clicked.connect(self.add_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._banner)
        layout.addLayout(self._rows)
        layout.addWidget(self._error)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_people(self, people: Sequence[Collaborator], owner_id: UserId | None) -> None:
        """Show who works on the project; the project's own owner comes first."""
        self._clear()
        ordered = sorted(people, key=lambda person: (person.user_id != owner_id, person.username.casefold()))
        for person in ordered:
            self._rows.addWidget(_PersonRow(person, self, is_owner=person.user_id == owner_id))
        healthy = owner_id is None or any(
            person.user_id == owner_id and person.role == Role.OWNER for person in people
        )
        if not healthy:
            self._banner.show_message(
                "The project's owner is not among its people as an owner.",
                "warning",
                action=None if self._read_only else "Put it right",
            )
        self._banner.setVisible(not healthy)

    def show_loading(self) -> None:
        """Say that the people are being read."""
        self._clear()
        self._banner.hide()
        waiting = PlainLabel("Reading who works on it…")
        waiting.setProperty("role", "secondary")
        self._rows.addWidget(waiting)

    def show_unread(self, sentence: str) -> None:
        """Say why the people can't be shown."""
        self._clear()
        self._banner.hide()
        self.show_error(sentence)

    def show_error(self, sentence: str) -> None:
        """Say why a wish was not fulfilled, under the list."""
        self._error.setText(sentence)
        self._error.show()

    def set_read_only(self, *, read_only: bool) -> None:
        """Leave out what the connection doesn't allow."""
        self._read_only = read_only
        self._add.setVisible(not read_only)

    @property
    def is_read_only(self) -> bool:
        """Return whether nothing can be changed."""
        return self._read_only

    def _clear(self) -> None:
        self._error.hide()
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


class _RoleBox(QComboBox):
    """Leaves the wheel to the list around it: scrolling past must not change anybody's role."""

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _PersonRow(QWidget):
    """Initials, name, role, and a button that ends the collaboration."""

    def __init__(self, person: Collaborator, panel: CollaboratorsPanel, *, is_owner: bool) -> None:
        super().__init__()
        badge = PersonBadge(person.user_id, person.username)
        badge.setToolTip(plain_tip(person.email))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(badge, 1)
        if is_owner or panel.is_read_only:
            role = PlainLabel("Project owner" if is_owner else (person.role or "no role"))
            role.setProperty("role", "secondary")
            role.setToolTip("Transfer the project to change this." if is_owner else "")
            layout.addWidget(role)
            return
        roles = _RoleBox()
        roles.setAccessibleName(f"Role of {person.username}")
        for choice, word in _WORDS.items():
            roles.addItem(word, choice)
        known = person.role in set(Role)
        if not known:
            # Another service wrote it: it is shown as it is, and can only be replaced.
            roles.insertItem(0, person.role or "no role", None)
        roles.setCurrentIndex(roles.findData(Role(str(person.role))) if known else 0)
        roles.activated.connect(lambda at: self._choose(panel, person, roles.itemData(at)))
        leave = IconButton("close", f"Remove {person.username} from the project")
        leave.clicked.connect(lambda: panel.remove_requested.emit(person))
        layout.addWidget(roles)
        layout.addWidget(leave)

    def _choose(self, panel: CollaboratorsPanel, person: Collaborator, role: Role | None) -> None:
        if role is not None and role != person.role:
            panel.role_chosen.emit(person, Role(role))
