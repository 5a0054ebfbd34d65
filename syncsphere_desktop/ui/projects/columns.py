"""What the list of projects shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.project import Project, checked_project_name, checked_room_id
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Tone
from syncsphere_desktop.ui.tables.times import time_column


def project_columns(now: Callable[[], datetime], *, editable: bool) -> tuple[Column[Project], ...]:
    """Return the columns; `now` is the server's clock, for relative times."""
    return (
        Column(
            "Project",
            lambda project: project.name,
            sort_key="name",
            editable=editable,
            validate=checked_project_name,
            width=208,
        ),
        Column(
            "Owner",
            lambda project: project.owner_name,
            sort_key="owner",
            kind=ColumnKind.PERSON,
            person=lambda project: project.owner_id,
            width=156,
        ),
        Column(
            "Visibility",
            visibility,
            sort_key="is_public",
            kind=ColumnKind.STATUS,
            tone=lambda project: Tone.SUCCESS if project.is_public else Tone.NEUTRAL,
            width=100,
        ),
        Column(
            "People",
            lambda project: project.collaborators,
            sort_key="collaborators",
            kind=ColumnKind.NUMBER,
            width=72,
        ),
        Column(
            "Room",
            lambda project: project.room_id,
            sort_key="room_id",
            kind=ColumnKind.MONO,
            editable=editable,
            validate=lambda text: checked_room_id(text) or "",
            width=140,
        ),
        time_column("Updated", lambda project: project.updated_at, "updated_at", now),
        time_column("Created", lambda project: project.created_at, "created_at", now, hidden=True),
        Column("Id", lambda project: project.id, sort_key="id", kind=ColumnKind.NUMBER, width=64),
    )


def visibility(project: Project) -> str | None:
    """Return the public flag as a word; a row may have none."""
    if project.is_public is None:
        return None
    return "Public" if project.is_public else "Private"
