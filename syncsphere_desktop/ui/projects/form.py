"""The editor of a project in the inspector."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit

from syncsphere_desktop.domain.project import PROJECT_NAME_MAX, ROOM_ID_MAX, Project
from syncsphere_desktop.ui.widgets.record_form import FieldSpec, RecordForm


def project_form() -> RecordForm[Project]:
    """Return a form for the name, the description, the room and the public flag."""
    return RecordForm(project_fields())


def project_fields() -> tuple[FieldSpec, ...]:
    """Return the fields of a project, with fresh editors."""
    description = QPlainTextEdit()
    description.setFixedHeight(84)
    description.setTabChangesFocus(True)
    return (
        FieldSpec("name", "Name", QLineEdit(), maximum=PROJECT_NAME_MAX),
        FieldSpec("description", "Description", description),
        FieldSpec(
            "room_id",
            "Room id",
            QLineEdit(),
            maximum=ROOM_ID_MAX,
            hint="Empty, or one that no other project has.",
        ),
        FieldSpec("is_public", "Public", QCheckBox("Public: everybody in the studio can open it")),
    )
