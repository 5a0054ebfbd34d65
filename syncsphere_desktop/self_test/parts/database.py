"""The embedded PostgreSQL: made, started, asked, stopped."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.database.local_database import LocalDatabase
from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.self_test.parts.server import started


def check(folder: Path) -> str:
    """Start a server, make the studio's database with its sample in it, and count what is there."""
    with started(folder) as server:
        database = LocalDatabase(server)
        database.prepare()
        facts = database.facts()
    if not (facts.users and facts.projects):
        raise NotPassedError("The sample studio is not in the database that was made.")
    return f"PostgreSQL {facts.server_version}, {facts.users} sample users, {facts.projects} projects"
