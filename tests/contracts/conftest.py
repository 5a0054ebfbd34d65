"""Each contract is kept by the database's repositories and by the in-memory stores alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.database.tables import audio_files, box_ownership, project_bundles
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.project import Project, ProjectDraft
from syncsphere_desktop.domain.user import User, UserDraft
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ports import CollaboratorStore, ProjectStore, UserStore
from tests.fakes.collaborators import InMemoryCollaborators
from tests.fakes.projects import InMemoryProjects
from tests.fakes.studio import InMemoryStudio
from tests.fakes.users import InMemoryUsers


class Belongings(Protocol):
    """Gives users what no store of theirs makes: uploads, bundle versions, tracks."""

    async def give(
        self, user: UserId, project: ProjectId, *, audio: int, bundles: int, boxes: int
    ) -> None: ...

    async def break_roles(self, project: ProjectId) -> None:
        """Remove every collaborator of a project, as another service might."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The three stores of one studio."""

    users: UserStore
    projects: ProjectStore
    collaborators: CollaboratorStore
    belongings: Belongings

    async def user(self, name: str) -> User:
        """Add a user with that name."""
        return await self.users.add(UserDraft(name, f"{name}@studio.example", "-"))

    async def project(self, name: str, owner: User) -> Project:
        """Add a project with that name."""
        return await self.projects.add(ProjectDraft(name, owner.id))


class _InDatabase:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, user: UserId, project: ProjectId, *, audio: int, bundles: int, boxes: int) -> None:
        def work(connection: object) -> None:

            assert isinstance(connection, Connection)
            for number in range(audio):
                connection.execute(
                    audio_files.insert().values(
                        project_id=project,
                        filename=f"{number}.wav",
                        file_path=f"{project}/{number}.wav",
                        file_size=100,
                        uploaded_by=user,
                    )
                )
            for number in range(bundles):
                connection.execute(
                    project_bundles.insert().values(
                        project_id=project, bundle_data=b"12345", version=number + 1, created_by=user
                    )
                )
            for number in range(boxes):
                connection.execute(
                    box_ownership.insert().values(
                        project_id=project, box_uuid=uuid4(), track_index=number, owner_id=user
                    )
                )

        await self._database.write(work)

    async def break_roles(self, project: ProjectId) -> None:
        await self._database.write(
            lambda connection: connection.exec_driver_sql(
                "DELETE FROM project_collaborators WHERE project_id = %(id)s", {"id": project}
            )
        )


class _InMemory:
    def __init__(self, studio: InMemoryStudio) -> None:
        self._studio = studio

    async def give(self, user: UserId, project: ProjectId, *, audio: int, bundles: int, boxes: int) -> None:
        self._studio.uploads[user] += audio
        self._studio.bundles[user] += bundles
        self._studio.boxes[user] += boxes
        self._studio.contents[project] = ProjectImpact(0, audio, 100 * audio, bundles, 5 * bundles, boxes)

    async def break_roles(self, project: ProjectId) -> None:
        for row in self._studio.working_on(project):
            self._studio.collaborators.drop(row.id)


@pytest.fixture(params=["database", "memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """The stores of an empty studio: once in PostgreSQL, once in memory."""
    if request.param == "memory":
        studio = InMemoryStudio()
        yield Stores(
            InMemoryUsers(studio),
            InMemoryProjects(studio),
            InMemoryCollaborators(studio),
            _InMemory(studio),
        )
        return
    target: ConnectionTarget = request.getfixturevalue("target")
    database = Database(target, recovery_seconds=5.0)
    yield Stores(
        UserRepository(database, "ada@test"),
        ProjectRepository(database, "ada@test"),
        CollaboratorRepository(database, "ada@test"),
        _InDatabase(database),
    )
    asyncio.run(database.shutdown())
