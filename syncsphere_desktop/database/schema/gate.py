"""Looks at the schema when a database is opened, and refuses writing where it is not ours to write to."""

from __future__ import annotations

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.schema.inspection import read_status
from syncsphere_desktop.database.schema.status import SchemaStatus


async def restrict_by_schema(database: Database) -> SchemaStatus:
    """Read the status; restrict the database where it is empty, ahead or foreign, else lift the restriction.

    Without our side tables writing is allowed: the status says what the app goes without then. Raises
    AppError; ConnectionFailedError with step `version` where the server is older than PostgreSQL 13.
    """
    status = await database.run(read_status)
    database.restrict(status.read_only_reason)
    return status
