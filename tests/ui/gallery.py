"""Renders every small widget and dialog in both themes: `python -m tests.ui.gallery OUT [SCALE]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if len(sys.argv) > 2:
    os.environ["QT_SCALE_FACTOR"] = sys.argv[2]

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QRadioButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from syncsphere_desktop.errors import ConflictError
from syncsphere_desktop.settings import ThemeMode
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS, set_surface
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.conflict import ConflictDialog
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.form import FieldGroup, FormField
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.key_hint import KeyHint
from syncsphere_desktop.ui.widgets.password_field import PasswordField
from syncsphere_desktop.ui.widgets.person import PersonBadge
from syncsphere_desktop.ui.widgets.search_field import SearchField
from syncsphere_desktop.ui.widgets.skeleton import Skeleton
from syncsphere_desktop.ui.widgets.status_dot import StatusDot
from syncsphere_desktop.ui.widgets.toasts import ToastHost

Toggle = TypeVar("Toggle", QCheckBox, QRadioButton)
LONG_NAME = "Maximiliane-Friederike Oberhuber"
PATH = "projects/0192/audio/recordings/2025-03-12/vocals/lead-take-17-final-really-final.wav"


def controls() -> QWidget:
    """Buttons, fields, small things."""
    page, layout = _page(900, 640)
    rows: list[list[QWidget]] = [
        [
            Button("Add user", Kind.PRIMARY, icon_name="user-plus", keys="Ctrl+N"),
            Button("Hand everything over…", icon_name="hand-over"),
            Button("Delete 3 projects", Kind.DANGER, icon_name="trash"),
            Button("Subtle", Kind.SUBTLE),
            Button("Details", Kind.LINK),
            _disabled(Button("Not now")),
            _disabled(Button("Not now", Kind.PRIMARY)),
            IconButton("refresh", "Reload", keys="F5"),
            IconButton("inspector", "Inspector", checkable=True),
        ],
        [SearchField("Search users"), _filled(SearchField(), "mara"), _combo(), QSpinBox()],
        [_checked(QCheckBox("Public")), QCheckBox("Passwort bei der nächsten Anmeldung ändern")],
        [_checked(QRadioButton("Hand over to")), QRadioButton("Leave without an uploader")],
        [KeyHint("Ctrl+K"), KeyHint("?"), KeyHint("Ctrl+Shift+Z"), KeyHint("F2"), KeyHint("Ctrl++")],
        [PersonBadge(number, name) for number, name in enumerate(("Mara Klein", LONG_NAME, "李雷", "j.doe"))],
        [
            StatusDot("success", "Connected"),
            StatusDot("warning", "Reconnecting"),
            StatusDot("danger", "No connection"),
            StatusDot("text-muted", "Off"),
        ],
        [_narrow(ElidedLabel(PATH, Qt.TextElideMode.ElideMiddle)), _narrow(ElidedLabel(LONG_NAME * 2))],
        [_progress()],
    ]
    for widgets in rows:
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch(1)
        layout.addLayout(row)
    layout.addWidget(_tabs())
    return page


def table() -> QWidget:
    """A plain table with header, selection and a scroll bar."""
    page, layout = _page(700, 320)
    view = QTableWidget(20, 4)
    view.setHorizontalHeaderLabels(["Name", "Email", "Projects", "Created"])
    for row in range(20):
        for column, text in enumerate((LONG_NAME, "mara.klein@studio.example", "1 234", "3 min ago")):
            view.setItem(row, column, QTableWidgetItem(text))
    view.setShowGrid(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(32)
    view.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    view.horizontalHeader().setStretchLastSection(True)
    view.resizeColumnsToContents()
    view.selectRow(2)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(view)
    return page


def forms() -> QWidget:
    """Fields with hint, count, error; password fields."""
    page, layout = _page(420, 620)
    group = FieldGroup("New user")
    group.add("username", FormField("Username", QLineEdit("mara"), hint="Shown to everyone.", maximum=100))
    group.add("email", FormField("Email", QLineEdit("mara@studio.example")))
    group.add("name", FormField("Name", QLineEdit("x" * 120), maximum=100))
    strong = PasswordField(username="mara")
    strong.editor.setText("correct horse battery staple")
    group.add("password", FormField("Password", strong))
    refused = PasswordField()
    refused.editor.setText("é" * 37)
    group.add("again", FormField("Password with 74 bytes", refused))
    group.add("notes", FormField("Notes", QPlainTextEdit("Plays the bass.")))
    group.show_errors({"email": "mara@studio.example belongs to another user already."})
    layout.addWidget(group)
    layout.addStretch(1)
    return page


def banners() -> QWidget:
    """The four tones of banners."""
    page, layout = _page(720, 330)
    for tone, text in (
        ("info", "This database is read-only for you."),
        ("success", "The connection is back; the list is up to date."),
        (
            "warning",
            "Die Verbindung zum Datenbankserver wurde unterbrochen; angezeigt wird der letzte Stand.",
        ),
    ):
        layout.addWidget(Banner(text, tone, action="Reload" if tone == "warning" else None))
    danger = Banner(
        "The list could not be loaded: the server ended the statement after 30 s.",
        "danger",
        action="Retry",
        details="57014 canceling statement due to statement timeout",
    )
    layout.addWidget(danger)
    details = danger.findChild(QPlainTextEdit)
    assert details is not None
    details.show()
    layout.addStretch(1)
    return page


def states() -> QWidget:
    """Empty, failed, loading."""
    page = QWidget()
    page.resize(1100, 400)
    grid = QGridLayout(page)
    grid.addWidget(
        EmptyState(
            "users", "No users yet", "People who work in the studio appear here.", action="Add a user"
        ),
        0,
        0,
    )
    failed = ErrorState(
        "The server at db.studio.example:5432 did not answer within 5 s.", details="connection timed out"
    )
    grid.addWidget(failed, 0, 1)
    grid.addWidget(Skeleton(), 0, 2)
    for column in range(3):
        grid.setColumnStretch(column, 1)
    set_surface(page, 0)
    return page


def inspectors() -> QWidget:
    """The inspector, filled and empty."""
    page = QWidget()
    page.resize(736, 560)
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(16)
    full = InspectorPanel("users", "Select a user")
    full.show_person(7, LONG_NAME, "maximiliane.oberhuber@tonstudio-nord.example")
    facts = FieldGroup()
    facts.add("username", FormField("Username", QLineEdit(LONG_NAME), maximum=100))
    facts.add("email", FormField("Email", QLineEdit("maximiliane.oberhuber@tonstudio-nord.example")))
    full.add_section("Account", facts)
    full.add_section("Owns", QLabel("3 projects, 41 audio files, 7 tracks"))
    full.set_footer(Button("Save", Kind.PRIMARY), Button("Set password…"), Button("Delete…", Kind.SUBTLE))
    row.addWidget(full)
    row.addWidget(InspectorPanel("users", "Select a user", "What they own and do appears here."))
    return page


def toasts() -> QWidget:
    """Four notifications over a page."""
    page = QWidget()
    page.resize(620, 420)
    set_surface(page, 0)
    host = ToastHost(page)
    host.show_message("Live updates are on again.")
    host.show_message("The trash is nearly full.", "warning")
    host.show_error("“Night drive” could not be deleted: somebody deleted it before.", details="P0002")
    host.show_success("2 projects deleted.", action="Undo", on_action=lambda: None)
    return page


def confirm() -> QDialog:
    """Deleting with effects."""
    return ConfirmDialog(
        None,
        title="Delete “Night drive” and 2 more projects?",
        effects=[
            "41 audio files (1.24 GB) and 12 bundle versions go with them.",
            "7 tracks are released; Mara Klein and 2 others lose their access.",
            "Ihre Mitwirkenden verlieren den Zugriff, auch wenn sie gerade im Projekt arbeiten.",
        ],
        confirm="Delete 3 projects",
        choice=_checked(QCheckBox("Write a backup of the bundles first")),
    )


def confirm_typed() -> QDialog:
    """Deleting on production."""
    return ConfirmDialog(
        None,
        title=f"Delete {LONG_NAME}?",
        effects=["The account is removed from the production database. This can't be undone."],
        confirm="Delete the user",
        typed="mara",
    )


def conflict() -> QDialog:
    """Two admins, one user."""
    error = ConflictError(
        "changed",
        base={"username": "mara", "email": "mara@studio.example", "notes": None, "public": False},
        theirs={"username": "mara.klein", "email": "m.klein@studio.example", "notes": None, "public": True},
        mine={
            "username": "mara",
            "email": "mara@new-studio-with-a-long-name.example",
            "notes": "Bass",
            "public": True,
        },
        their_version=7,
        who="Jonas Weber",
        when=datetime(2025, 3, 12, 14, 3, 9),
    )
    labels = {"username": "Username", "email": "Email", "notes": "Notes", "public": "Public"}
    return ConflictDialog(None, title="“mara” was changed meanwhile", error=error, labels=labels)


PICTURES: tuple[Callable[[], QWidget], ...] = (
    controls,
    table,
    forms,
    banners,
    states,
    inspectors,
    toasts,
    confirm,
    confirm_typed,
    conflict,
)


def main() -> None:
    """Write one PNG for each picture and theme."""
    app = QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    theme = ThemeController(app)
    for mode in (ThemeMode.DARK, ThemeMode.LIGHT):
        theme.set_mode(mode)
        for build in PICTURES:
            widget = build()
            widget.show()
            app.processEvents()
            widget.grab().save(str(out / f"{build.__name__}-{mode.value}.png"))
            widget.close()


def _page(width: int, height: int) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    page.resize(width, height)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(24, 24, 24, 24)
    layout.setSpacing(16)
    return page, layout


def _disabled(button: Button) -> Button:
    button.setEnabled(False)
    return button


def _filled(field: SearchField, text: str) -> SearchField:
    field.setText(text)
    return field


def _combo() -> QComboBox:
    box = QComboBox()
    box.addItems(["Owner", "Editor", "Viewer"])
    return box


def _checked(box: Toggle) -> Toggle:
    box.setChecked(True)
    return box


def _narrow(label: ElidedLabel) -> ElidedLabel:
    label.setFixedWidth(300)
    return label


def _progress() -> QProgressBar:
    bar = QProgressBar()
    bar.setValue(40)
    bar.setTextVisible(False)
    bar.setFixedWidth(300)
    return bar


def _tabs() -> QTabWidget:
    tabs = QTabWidget()
    for title in ("Collaborators", "Versions", "Activity"):
        tabs.addTab(QLabel("  " + title), title)
    return tabs


if __name__ == "__main__":
    main()
