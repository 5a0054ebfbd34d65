"""A music project, and what a valid name and room id are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.text import checked_prose, checked_text

PROJECT_NAME_MAX = 255
ROOM_ID_MAX = 100


@dataclass(frozen=True, slots=True)
class Project:
    """A row of `projects` with its owner's name. Times are naive, in the server's time zone."""

    id: ProjectId
    name: str
    description: str | None
    owner_id: UserId | None
    owner_name: str | None
    room_id: str | None
    is_public: bool | None
    created_at: datetime | None
    updated_at: datetime | None
    row_version: RowVersion
    collaborators: int = 0


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """What a new project is made of, before the database gives it an id."""

    name: str
    owner_id: UserId
    description: str | None = None
    room_id: str | None = None
    is_public: bool = False


def checked_project_name(value: str) -> str:
    """Return the name as it will be stored; raises InputError (field `name`) when it can't be."""
    return checked_text(value, field="name", label="A project's name", maximum=PROJECT_NAME_MAX)


def checked_room_id(value: str | None) -> str | None:
    """Return the room id, None for an empty one: the column is unique, and only NULL may repeat."""
    if value is None:
        return None
    text = checked_text(value, field="room_id", label="A room id", maximum=ROOM_ID_MAX, required=False)
    return text or None


def checked_description(value: str | None) -> str | None:
    """Return the description, None for an empty one; raises InputError (field `description`)."""
    if value is None:
        return None
    return checked_prose(value, field="description", label="A description") or None


PROJECT_FIELDS = ("name", "description", "room_id", "is_public", "owner_id")
"""The columns that tell a project from what it was; the owner changes by a transfer alone."""


def checked_project_changes(changes: Mapping[str, object]) -> dict[str, object]:
    """Return the changed columns as they will be stored; raises InputError naming the field.

    A name that is no editable column is a bug of the caller: ValueError.
    """
    checked: dict[str, object] = {}
    for name, value in changes.items():
        if name == "name":
            checked[name] = checked_project_name(str(value))
        elif name == "description":
            checked[name] = checked_description(None if value is None else str(value))
        elif name == "room_id":
            checked[name] = checked_room_id(None if value is None else str(value))
        elif name == "is_public":
            checked[name] = bool(value)
        else:
            raise ValueError(f"projects have no editable column {name!r}")
    return checked
