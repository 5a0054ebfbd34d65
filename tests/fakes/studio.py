"""A whole studio in memory: what the three fakes share, so that one sees what another changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from syncsphere_desktop.domain.collaborator import Collaborator, Role
from syncsphere_desktop.domain.ids import CollaboratorId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import NotFoundError
from tests.fakes.rows import Gate, Rows

_START = datetime(2024, 1, 1)


class InMemoryStudio:
    """The rows of a studio. `uploads`, `bundles` and `boxes` count what each user has of them."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.users: Rows[User] = Rows()
        self.projects: Rows[Project] = Rows()
        self.collaborators: Rows[Collaborator] = Rows()
        self.password_hashes: dict[UserId, str] = {}
        self.uploads: Counter[UserId] = Counter()
        self.bundles: Counter[UserId] = Counter()
        self.boxes: Counter[UserId] = Counter()
        self.contents: dict[ProjectId, ProjectImpact] = {}
        self._version = 1000

    def seed_users(self, count: int) -> None:
        """Have `count` users, made only when they are looked at."""
        self.users.seed(
            count,
            lambda number: User(
                id=UserId(number),
                username=f"user{number:08d}",
                email=f"user{number:08d}@studio.example",
                created_at=_START + timedelta(seconds=number),
                updated_at=_START + timedelta(seconds=number),
                row_version=RowVersion(1),
            ),
        )

    def seed_projects(self, count: int, owner: UserId) -> None:
        """Have `count` projects of one owner, made only when they are looked at, without collaborators."""
        self.projects.seed(
            count,
            lambda number: Project(
                id=ProjectId(number),
                name=f"project{number:08d}",
                description=None,
                owner_id=owner,
                owner_name=None,
                room_id=f"room-{number:08d}",
                is_public=False,
                created_at=_START + timedelta(seconds=number),
                updated_at=_START + timedelta(seconds=number),
                row_version=RowVersion(1),
            ),
        )

    def next_version(self) -> RowVersion:
        """Return the version that a change makes."""
        self._version += 1
        return RowVersion(self._version)

    def now(self) -> datetime:
        """Return a time that grows with each change."""
        return _START + timedelta(days=365, seconds=self._version)

    def user(self, user_id: UserId) -> User:
        """Return a user; raises NotFoundError."""
        user = self.users.get(user_id)
        if user is None:
            raise NotFoundError(f"There is no user with the id {user_id}.")
        return user

    def project(self, project_id: ProjectId) -> Project:
        """Return a project with what the database joins to it; raises NotFoundError."""
        project = self.projects.get(project_id)
        if project is None:
            raise NotFoundError(f"There is no project with the id {project_id}.")
        return self.shown_project(project)

    def shown_project(self, project: Project) -> Project:
        """Return the project with its owner's name and the number of its collaborators."""
        owner = None if project.owner_id is None else self.users.get(project.owner_id)
        return replace(
            project,
            owner_name=owner.username if owner else None,
            collaborators=len(self.working_on(project.id)),
        )

    def shown_collaborator(self, row: Collaborator) -> Collaborator:
        """Return the collaborator with the names that the database joins to it."""
        user, project = self.user(row.user_id), self.project(row.project_id)
        return replace(row, username=user.username, email=user.email, project_name=project.name)

    def working_on(self, project_id: ProjectId) -> list[Collaborator]:
        """Return a project's collaborators."""
        return [row for row in self.collaborators if row.project_id == project_id]

    def working(self, project_id: ProjectId, user_id: UserId) -> Collaborator | None:
        """Return how a user works on a project, or None."""
        return next((row for row in self.working_on(project_id) if row.user_id == user_id), None)

    def put_role(self, project_id: ProjectId, user_id: UserId, role: Role) -> Collaborator:
        """Store a role without asking whether the project keeps an owner."""
        present = self.working(project_id, user_id)
        if present is not None:
            if present.role == role:
                return present
            return self.collaborators.put(replace(present, role=role.value, row_version=self.next_version()))
        row = Collaborator(
            id=CollaboratorId(self.collaborators.take_id()),
            project_id=project_id,
            project_name="",
            user_id=user_id,
            username="",
            email="",
            role=role.value,
            joined_at=self.now(),
            row_version=self.next_version(),
        )
        return self.collaborators.put(row)
