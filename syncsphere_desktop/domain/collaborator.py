"""Who works on a project, and in which role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncsphere_desktop.domain.ids import CollaboratorId, ProjectId, RowVersion, UserId
from syncsphere_desktop.errors import InputError


class Role(StrEnum):
    """The roles the studio's services know. A row may hold another text: it is shown, never written."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Collaborator:
    """A row of `project_collaborators` with the names it refers to. `role` may be foreign text or None."""

    id: CollaboratorId
    project_id: ProjectId
    project_name: str
    user_id: UserId
    username: str
    email: str
    role: str | None
    joined_at: datetime | None
    row_version: RowVersion


def checked_role(value: str) -> Role:
    """Return the role; raises InputError (field `role`) for a text that is none."""
    try:
        return Role(value.strip().lower())
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise InputError(f"“{value}” is no role; there are: {known}.", field="role") from None
