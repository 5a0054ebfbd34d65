"""Who works on a project, and in which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncsphere_desktop.domain.ids import CollaboratorId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import InputError, InUseError


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


def refuse_without_owner(
    project: Project, roles: Mapping[UserId, str | None], changes: Mapping[UserId, Role | None]
) -> None:
    """Raise InUseError where `changes` (None: leaves) would take a project's owner, or its last one, away.

    `roles` are those of everybody on the project now. A project that another service left without an owner
    refuses only what would take one away.
    """
    owner = project.owner_id
    if owner is not None and owner in changes and changes[owner] != Role.OWNER:
        name = project.owner_name or f"the user {owner}"
        raise InUseError(
            f"“{name}” owns the project “{project.name}”. Transfer it to somebody else first; the former"
            " owner then stays on as editor and can leave."
        )
    before = {user for user, role in roles.items() if role == Role.OWNER}
    after = {user for user, role in {**roles, **changes}.items() if role == Role.OWNER}
    if before and not after:
        raise InUseError(f"The project “{project.name}” would be left without an owner.")
