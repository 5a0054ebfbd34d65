"""Projects in memory, held to the contract of the database's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.project import (
    PROJECT_FIELDS,
    Project,
    ProjectDraft,
    checked_description,
    checked_project_changes,
    checked_project_name,
    checked_room_id,
)
from syncsphere_desktop.errors import DuplicateError, InputError, NotFoundError
from tests.fakes.rows import InMemoryRows, conflict_between
from tests.fakes.studio import InMemoryStudio


class InMemoryProjects:
    """A `ProjectStore` over an `InMemoryStudio`."""

    def __init__(self, studio: InMemoryStudio | None = None) -> None:
        self.studio = studio or InMemoryStudio()
        self.rows = InMemoryRows(
            self.studio.projects,
            self.studio.gate,
            sort_keys={
                "name": lambda project: project.name,
                "owner": lambda project: project.owner_name,
                "room_id": lambda project: project.room_id,
                "is_public": lambda project: project.is_public,
                "created_at": lambda project: project.created_at,
                "updated_at": lambda project: project.updated_at,
                "id": lambda project: project.id,
                "collaborators": lambda project: project.collaborators,
            },
            search=lambda project: (
                project.name,
                project.description,
                project.room_id,
                project.owner_name,
            ),
            filters={
                "owner_id": lambda project, value: project.owner_id == value,
                "user_id": lambda project, value: any(
                    row.user_id == value for row in self.studio.working_on(project.id)
                ),
                "is_public": lambda project, value: project.is_public == value,
            },
            shown=self.studio.shown_project,
        )

    async def get(self, project_id: ProjectId) -> Project:
        await self.studio.gate()
        return self.studio.project(project_id)

    async def find(self, text: str) -> Project | None:
        await self.studio.gate()
        by_id = text.removeprefix("id:")
        found = [
            project
            for project in self.studio.projects
            if project.name == text or (by_id.isascii() and by_id == str(project.id))
        ]
        if len(found) > 1:
            raise InputError(f"“{text}” names several projects.", field="project")
        return self.studio.shown_project(found[0]) if found else None

    async def add(self, draft: ProjectDraft) -> Project:
        await self.studio.gate()
        name, room_id = checked_project_name(draft.name), checked_room_id(draft.room_id)
        description = checked_description(draft.description)
        self.studio.user(draft.owner_id)
        self._refuse_duplicate_room(room_id, None)
        project = Project(
            id=ProjectId(self.studio.projects.take_id()),
            name=name,
            description=description,
            owner_id=draft.owner_id,
            owner_name=None,
            room_id=room_id,
            is_public=draft.is_public,
            created_at=self.studio.now(),
            updated_at=self.studio.now(),
            row_version=self.studio.next_version(),
        )
        self.studio.projects.put(project)
        self.studio.put_role(project.id, draft.owner_id, Role.OWNER)
        return self.studio.project(project.id)

    async def update(
        self, base: Project, changes: Mapping[str, object], *, undoes: int | None = None
    ) -> Project:
        await self.studio.gate()
        return self._change(base, checked_project_changes(changes))

    async def transfer(self, base: Project, new_owner: UserId) -> Project:
        await self.studio.gate()
        self.studio.user(new_owner)
        former = self._present(base)
        self._change(base, {"owner_id": new_owner})
        self.studio.put_role(base.id, new_owner, Role.OWNER)
        if former.owner_id not in {None, new_owner}:
            assert former.owner_id is not None
            if self.studio.working(base.id, former.owner_id) is not None:
                self.studio.put_role(base.id, former.owner_id, Role.EDITOR)
        return self.studio.project(base.id)

    async def impact(self, ids: Sequence[ProjectId]) -> ProjectImpact:
        await self.studio.gate()
        return self._impact(ids)

    async def remove(self, ids: Sequence[ProjectId]) -> ProjectImpact:
        await self.studio.gate()
        for project_id in ids:
            self.studio.project(project_id)
        impact = self._impact(ids)
        for project_id in ids:
            for row in self.studio.working_on(project_id):
                self.studio.collaborators.drop(row.id)
            self.studio.projects.drop(project_id)
            self.studio.contents.pop(project_id, None)
        return impact

    def _present(self, base: Project) -> Project:
        current = self.studio.projects.get(base.id)
        if current is None:
            raise NotFoundError(f"The project “{base.name}” was deleted meanwhile.")
        return current

    def _change(self, base: Project, checked: Mapping[str, Any]) -> Project:
        current = self._present(base)
        if conflict := conflict_between(base, current, checked, PROJECT_FIELDS, current.row_version):
            raise conflict
        if all(getattr(current, name) == value for name, value in checked.items()):
            return self.studio.shown_project(current)
        if "room_id" in checked:
            self._refuse_duplicate_room(checked["room_id"], base.id)
        self.studio.projects.put(
            replace(
                current,
                **checked,
                updated_at=self.studio.now(),
                row_version=self.studio.next_version(),
            )
        )
        return self.studio.project(base.id)

    def _impact(self, ids: Sequence[ProjectId]) -> ProjectImpact:
        contents = [self.studio.contents.get(project_id, ProjectImpact()) for project_id in ids]
        return ProjectImpact(
            collaborators=sum(len(self.studio.working_on(project_id)) for project_id in ids),
            audio_files=sum(content.audio_files for content in contents),
            audio_bytes=sum(content.audio_bytes for content in contents),
            bundles=sum(content.bundles for content in contents),
            bundle_bytes=sum(content.bundle_bytes for content in contents),
            boxes=sum(content.boxes for content in contents),
        )

    def _refuse_duplicate_room(self, room_id: object, own_id: ProjectId | None) -> None:
        if room_id is not None and any(
            project.room_id == room_id for project in self.studio.projects if project.id != own_id
        ):
            raise DuplicateError("This room id is taken already.", field="room_id")
