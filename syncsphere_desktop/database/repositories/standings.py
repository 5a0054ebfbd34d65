"""What a user is to a project, in one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select, true

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.tables import project_collaborators, projects, users
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import NotFoundError

_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class StandingRow:
    """`role` is the text of `project_collaborators`, or None for who is not in it."""

    username: str
    role: str | None
    owns_project: bool
    is_public: bool


class StandingRepository:
    """Reads what users are to projects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, project_id: ProjectId, user_id: UserId) -> StandingRow:
        """Return what the user is to the project; raises NotFoundError where one of them is unknown."""
        return await self._database.run(lambda connection: _read(connection, project_id, user_id))

    async def require_project(self, project_id: ProjectId) -> None:
        """Raise NotFoundError where there is no such project."""
        if not await self._database.run(lambda connection: _has_project(connection, project_id)):
            raise NotFoundError(f"There is no project {project_id}.")


def _read(connection: Connection, project_id: ProjectId, user_id: UserId) -> StandingRow:
    collaborates = and_(
        project_collaborators.c.project_id == projects.c.id, project_collaborators.c.user_id == users.c.id
    )
    known = select(
        users.c.username, project_collaborators.c.role, projects.c.owner_id, projects.c.is_public
    ).select_from(projects.join(users, true()).outerjoin(project_collaborators, collaborates))
    row = None
    if max(project_id, user_id) <= _LARGEST_ID:
        row = connection.execute(known.where(projects.c.id == project_id, users.c.id == user_id)).first()
    if row is None:
        raise _unknown(connection, project_id, user_id)
    return _standing(row, user_id)


def _standing(row: Any, user_id: UserId) -> StandingRow:
    return StandingRow(row.username, row.role, row.owner_id == user_id, bool(row.is_public))


def _unknown(connection: Connection, project_id: ProjectId, user_id: UserId) -> NotFoundError:
    if _has_project(connection, project_id):
        return NotFoundError(f"There is no user {user_id}.")
    return NotFoundError(f"There is no project {project_id}.")


def _has_project(connection: Connection, project_id: ProjectId) -> bool:
    if project_id > _LARGEST_ID:
        return False
    return connection.execute(select(projects.c.id).where(projects.c.id == project_id)).first() is not None
