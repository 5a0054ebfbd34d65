"""Projects with stored versions, put there as other services do it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.database.tables import box_ownership, project_bundles, projects, users
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId, UserId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from tests.bundle_maker import BoxOf, bundle, graph


class Versions:
    """Stores and lists versions without asking the app."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def project(self, name: str = "Night train") -> ProjectId:
        """Add a project and return its id."""
        row = projects.insert().values(name=name).returning(projects.c.id)
        return ProjectId(await self.database.write(lambda connection: connection.execute(row).scalar_one()))

    async def user(self, name: str) -> UserId:
        """Add a user and return the id."""
        values = {"username": name, "email": f"{name}@studio.example", "password_hash": "-"}
        row = users.insert().values(values).returning(users.c.id)
        return UserId(await self.database.write(lambda connection: connection.execute(row).scalar_one()))

    async def owns(self, user: UserId, project: ProjectId, box: UUID) -> None:
        """Note that a user holds a box."""
        values = {"project_id": project, "box_uuid": box, "owner_id": user}
        row = box_ownership.insert().values(values).returning(box_ownership.c.id)
        await self.database.write(lambda connection: connection.execute(row).scalar_one())

    async def store(
        self,
        project: ProjectId | None,
        data: bytes = b"x",
        number: int | None = 1,
        *,
        at: datetime | None = datetime(2026, 1, 1),
    ) -> BundleId:
        """Store a version and return its id."""
        values = {"bundle_data": data, "version": number, "project_id": project, "created_at": at}
        row = project_bundles.insert().values(values).returning(project_bundles.c.id)
        return BundleId(await self.database.write(lambda connection: connection.execute(row).scalar_one()))

    async def bytes_of(self, bundle_id: BundleId) -> bytes:
        """Return what a version holds."""
        statement = select(project_bundles.c.bundle_data).where(project_bundles.c.id == bundle_id)

        def work(connection: Connection) -> bytes:
            return bytes(connection.execute(statement).scalar_one())

        return await self.database.run(work)

    async def listed(self, project: ProjectId | None = None, search: str = "") -> list[BundleVersion]:
        """Return the versions as the list has them, by number."""
        filters = {} if project is None else {"project_id": project}
        rows = BundleRepository(self.database, "me").rows
        query = ListQuery(Sort("version"), search=search, filters=filters)
        return [row async for row in rows.all(query)]


def with_boxes(count: int, **extra: bytes) -> bytes:
    """A bundle with so many boxes in it."""
    boxes = [BoxOf("NoteEventBox", UUID(int=number + 1)) for number in range(count)]
    return bundle(graph(boxes), extra=extra)
