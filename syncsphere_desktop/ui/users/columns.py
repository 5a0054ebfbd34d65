"""What the list of users shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.user import User, checked_email, checked_username
from syncsphere_desktop.ui.tables.column import Column, ColumnKind
from syncsphere_desktop.ui.tables.times import time_column


def user_columns(now: Callable[[], datetime], *, editable: bool) -> tuple[Column[User], ...]:
    """Return the columns; `now` is the server's clock, for relative times."""
    return (
        Column(
            "User",
            lambda user: user.username,
            sort_key="username",
            kind=ColumnKind.PERSON,
            person=lambda user: user.id,
            editable=editable,
            validate=checked_username,
            width=220,
        ),
        Column(
            "Email",
            lambda user: user.email,
            sort_key="email",
            editable=editable,
            validate=checked_email,
            width=280,
        ),
        time_column("Created", lambda user: user.created_at, "created_at", now),
        time_column("Updated", lambda user: user.updated_at, "updated_at", now),
        Column("Id", lambda user: user.id, sort_key="id", kind=ColumnKind.NUMBER, width=88),
    )
