"""The ids of all projects: a few bytes each, however many there are."""

from __future__ import annotations

from sqlalchemy import select

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.tables import projects
from syncsphere_desktop.domain.ids import ProjectId


async def all_project_ids(database: Database) -> frozenset[ProjectId]:
    """Return every project's id; raises AppError."""
    return await database.run(lambda connection: frozenset(connection.scalars(select(projects.c.id))))


async def has_project(database: Database, project_id: ProjectId) -> bool:
    """Return whether there is such a project; raises AppError."""
    statement = select(projects.c.id).where(projects.c.id == project_id)
    return await database.run(lambda connection: connection.scalar(statement) is not None)
