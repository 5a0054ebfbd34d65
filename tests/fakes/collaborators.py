"""Collaborators in memory, held to the contract of the database's."""

from __future__ import annotations

from collections.abc import Sequence

from syncsphere_desktop.domain.collaborator import Collaborator, Role, refuse_without_owner
from syncsphere_desktop.domain.ids import CollaboratorId, ProjectId, UserId
from syncsphere_desktop.errors import NotFoundError
from tests.fakes.rows import InMemoryRows, conflict_between
from tests.fakes.studio import InMemoryStudio


class InMemoryCollaborators:
    """A `CollaboratorStore` over an `InMemoryStudio`."""

    def __init__(self, studio: InMemoryStudio | None = None) -> None:
        self.studio = studio or InMemoryStudio()
        self.rows = InMemoryRows(
            self.studio.collaborators,
            self.studio.gate,
            sort_keys={
                "username": lambda row: row.username,
                "email": lambda row: row.email,
                "role": lambda row: row.role,
                "project": lambda row: row.project_name,
                "joined_at": lambda row: row.joined_at,
                "id": lambda row: row.id,
            },
            search=lambda row: (row.username, row.email, row.project_name),
            filters={
                "project_id": lambda row, value: row.project_id == value,
                "user_id": lambda row, value: row.user_id == value,
                "role": lambda row, value: row.role == value,
            },
            shown=self.studio.shown_collaborator,
        )

    async def get(self, collaborator_id: CollaboratorId) -> Collaborator:
        await self.studio.gate()
        row = self.studio.collaborators.get(collaborator_id)
        if row is None:
            raise NotFoundError(f"There is no collaboration with the id {collaborator_id}.")
        return self.studio.shown_collaborator(row)

    async def find(self, project_id: ProjectId, user_id: UserId) -> Collaborator | None:
        await self.studio.gate()
        row = self.studio.working(project_id, user_id)
        return None if row is None else self.studio.shown_collaborator(row)

    async def of_project(self, project_id: ProjectId) -> Sequence[Collaborator]:
        await self.studio.gate()
        rows = [self.studio.shown_collaborator(row) for row in self.studio.working_on(project_id)]
        return sorted(rows, key=lambda row: (row.username, row.id))

    async def set_role(
        self,
        project_id: ProjectId,
        user_id: UserId,
        role: Role,
        *,
        base: Collaborator | None = None,
        undoes: int | None = None,
    ) -> Collaborator:
        await self.studio.gate()
        project = self.studio.project(project_id)
        self.studio.user(user_id)
        present = self.studio.working(project_id, user_id)
        if base is not None and present is None:
            raise NotFoundError(f"The part of “{base.username}” in “{project.name}” was deleted meanwhile.")
        if base is not None and present is not None:
            fields, changes = ("project_id", "user_id", "role"), {"role": role.value}
            if conflict := conflict_between(base, present, changes, fields, present.row_version):
                raise conflict
        if present is None or present.role != role:
            refuse_without_owner(project, self._roles(project_id), {user_id: role})
        return self.studio.shown_collaborator(self.studio.put_role(project_id, user_id, role))

    async def remove(self, ids: Sequence[CollaboratorId]) -> int:
        await self.studio.gate()
        leaving = [row for row in map(self.studio.collaborators.get, ids) if row is not None]
        if not leaving:
            raise NotFoundError("They left the project meanwhile.")
        for project_id in {row.project_id for row in leaving}:
            gone = {row.user_id: None for row in leaving if row.project_id == project_id}
            refuse_without_owner(self.studio.project(project_id), self._roles(project_id), gone)
        for row in leaving:
            self.studio.collaborators.drop(row.id)
        return len(leaving)

    async def repair(self, project_id: ProjectId) -> Collaborator | None:
        await self.studio.gate()
        project = self.studio.project(project_id)
        if project.owner_id is None:
            return None
        return self.studio.shown_collaborator(self.studio.put_role(project_id, project.owner_id, Role.OWNER))

    def _roles(self, project_id: ProjectId) -> dict[UserId, str | None]:
        return {row.user_id: row.role for row in self.studio.working_on(project_id)}
