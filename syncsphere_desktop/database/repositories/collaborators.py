"""Who works on which project.

Every change holds the project's row lock, so that two admins can't race the last owner away. A project has an
owner at least; the user whom the project names as its owner always works on it with the role owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from syncsphere_desktop.database.belongings import make_owner
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.projects import PROJECTS
from syncsphere_desktop.database.repositories.records import BULK, Records, row_version
from syncsphere_desktop.database.repositories.users import USERS
from syncsphere_desktop.database.tables import project_collaborators, projects, users
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.collaborator import Collaborator, Role, refuse_without_owner
from syncsphere_desktop.domain.ids import CollaboratorId, ProjectId, UserId
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import NotFoundError

_table = project_collaborators


def _collaborator(row: Any) -> Collaborator:
    return Collaborator(**row._mapping)


def _described(collaborator: Collaborator) -> str:
    return f"The part of “{collaborator.username}” in “{collaborator.project_name}”"


COLLABORATORS: Records[Collaborator] = Records(
    spec=ListSpec(
        table=_table,
        columns=(
            _table.c.id,
            _table.c.project_id,
            projects.c.name.label("project_name"),
            _table.c.user_id,
            users.c.username,
            users.c.email,
            _table.c.role,
            _table.c.joined_at,
            row_version(_table),
        ),
        source=_table.join(projects, projects.c.id == _table.c.project_id).join(
            users, users.c.id == _table.c.user_id
        ),
        row=_collaborator,
        sort_keys={
            "username": users.c.username,
            "email": users.c.email,
            "role": _table.c.role,
            "project": projects.c.name,
            "joined_at": _table.c.joined_at,
            "id": _table.c.id,
        },
        search=(users.c.username, users.c.email, projects.c.name),
        filters={
            "project_id": lambda value: _table.c.project_id == value,
            "user_id": lambda value: _table.c.user_id == value,
            "role": lambda value: _table.c.role == value,
        },
    ),
    entity=Entity.COLLABORATOR,
    fields=("project_id", "user_id", "role"),
    described=_described,
)


class CollaboratorRepository:
    """Reads and changes who works on a project. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[Collaborator] = ListReader(database, COLLABORATORS.spec)

    async def get(self, collaborator_id: CollaboratorId) -> Collaborator:
        """Return a collaborator; raises NotFoundError."""
        found = await self._database.run(lambda connection: COLLABORATORS.read(connection, collaborator_id))
        if found is None:
            raise NotFoundError(f"There is no collaboration with the id {collaborator_id}.")
        return found

    async def find(self, project_id: ProjectId, user_id: UserId) -> Collaborator | None:
        """Return how a user works on a project, or None."""
        return await self._database.run(lambda connection: _find(connection, project_id, user_id))

    async def of_project(self, project_id: ProjectId) -> Sequence[Collaborator]:
        """Return all who work on a project, in the order of their usernames."""
        statement = (
            select(*COLLABORATORS.spec.columns)
            .select_from(COLLABORATORS.spec.source)
            .where(_table.c.project_id == project_id)
            .order_by(users.c.username, _table.c.id)
        )
        rows = await self._database.run(lambda connection: connection.execute(statement).all())
        return [_collaborator(row) for row in rows]

    async def set_role(
        self,
        project_id: ProjectId,
        user_id: UserId,
        role: Role,
        *,
        base: Collaborator | None = None,
        undoes: int | None = None,
    ) -> Collaborator:
        """Let a user work on a project in a role, added or changed, and return the row.

        With `base`, the row as it was read, a change by others since raises ConflictError. Raises
        NotFoundError when the project or the user is gone; InUseError when the project would be left without
        an owner, or its owner without that role.
        """

        def work(connection: Connection) -> Collaborator:
            project = _locked_project(connection, project_id)
            if USERS.read(connection, user_id) is None:
                raise NotFoundError(f"There is no user with the id {user_id}.")
            present = _find(connection, project_id, user_id, lock=True)
            if present is None:
                if base is not None:
                    COLLABORATORS.gone(base)
                _check(connection, project, {user_id: role})
                values = {"project_id": project_id, "user_id": user_id, "role": role.value}
                return COLLABORATORS.insert(connection, self._actor, values)
            changes = {"role": role.value}
            if base is not None:
                COLLABORATORS.refuse_conflict(connection, base, present, changes)
            if present.role != role:
                _check(connection, project, {user_id: role})
            return COLLABORATORS.change(connection, self._actor, base or present, changes, undoes=undoes)

        return await self._database.write(work)

    async def remove(self, ids: Sequence[CollaboratorId]) -> int:
        """Let people leave their projects, in one transaction; return how many left.

        Raises NotFoundError when all are gone already; InUseError when a project would be left without an
        owner, or one of them is the owner that the project names.
        """

        def work(connection: Connection) -> int:
            leaving = _by_ids(connection, ids)
            if not leaving:
                raise NotFoundError("They left the project meanwhile.")
            affected = sorted({row.project_id for row in leaving})
            PROJECTS.lock(connection, affected)
            for project_id in affected:
                project = _locked_project(connection, project_id)
                gone = {row.user_id: None for row in leaving if row.project_id == project_id}
                _check(connection, project, gone)
            return COLLABORATORS.delete(connection, self._actor, [row.id for row in leaving])

        return await self._database.write(work, timeouts=BULK)

    async def repair(self, project_id: ProjectId) -> Collaborator | None:
        """Give the owner that a project names the role owner, where another service left them without.

        Returns the row, or None for a project that names no owner.
        """

        def work(connection: Connection) -> Collaborator | None:
            project = _locked_project(connection, project_id)
            if project.owner_id is None:
                return None
            make_owner(connection, self._actor, [project_id], project.owner_id)
            return _find(connection, project_id, project.owner_id)

        return await self._database.write(work)


def _locked_project(connection: Connection, project_id: ProjectId) -> Project:
    project = PROJECTS.locked(connection, project_id)
    if project is None:
        raise NotFoundError(f"There is no project with the id {project_id}.")
    return project


def _find(
    connection: Connection, project_id: ProjectId, user_id: UserId, *, lock: bool = False
) -> Collaborator | None:
    found = connection.execute(
        select(_table.c.id).where(_table.c.project_id == project_id, _table.c.user_id == user_id)
    ).scalar_one_or_none()
    if found is None:
        return None
    return (COLLABORATORS.locked if lock else COLLABORATORS.read)(connection, found)


def _by_ids(connection: Connection, ids: Sequence[CollaboratorId]) -> list[Collaborator]:
    statement = select(*COLLABORATORS.spec.columns).select_from(COLLABORATORS.spec.source)
    rows = connection.execute(statement.where(_table.c.id == func.any(list(ids))))
    return [_collaborator(row) for row in rows]


def _check(connection: Connection, project: Project, changes: Mapping[UserId, Role | None]) -> None:
    rows = connection.execute(
        select(_table.c.user_id, _table.c.role).where(_table.c.project_id == project.id)
    )
    roles = {row.user_id: row.role for row in rows}
    refuse_without_owner(project, roles, changes)
