"""Which server a database is on."""

from __future__ import annotations

from syncsphere_desktop.database.connection import Database


async def server_version(database: Database) -> str:
    """Return the server's version as it tells it itself. Raises AppError."""
    found = await database.run(lambda connection: connection.exec_driver_sql("SHOW server_version").scalar())
    return str(found)
