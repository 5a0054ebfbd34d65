"""The editor of a user in the inspector."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from syncsphere_desktop.domain.user import EMAIL_MAX, USERNAME_MAX, User
from syncsphere_desktop.ui.widgets.record_form import FieldSpec, RecordForm


def user_form() -> RecordForm[User]:
    """Return a form for the name and the email."""
    return RecordForm(
        (
            FieldSpec("username", "Username", QLineEdit(), maximum=USERNAME_MAX),
            FieldSpec("email", "Email", QLineEdit(), maximum=EMAIL_MAX),
        )
    )
