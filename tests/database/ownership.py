"""People, projects and tracks for tests of ownership, and ways to look at what is recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute

EVENTS = "syncsphere_desktop.ownership_events"
PEOPLE = "INSERT INTO users (username, email, password_hash) VALUES "
FILL = (
    f"{PEOPLE}('ada', 'a', '-'), ('bo', 'b', '-'), ('cy', 'c', '-')",
    "INSERT INTO projects (name, owner_id) VALUES ('Song', 1), ('Other', 2)",
)


def box(number: int) -> UUID:
    """The UUID of a track."""
    return UUID(int=number)


def fill(target: ConnectionTarget) -> None:
    """Add ada, bo and cy (1, 2, 3) with the projects Song and Other (1, 2)."""
    execute(target, *FILL)


def hold(target: ConnectionTarget, owner: int | None, *numbers: int, project: int | None = 1) -> None:
    """Add rows by another service."""
    for number in numbers:
        execute(
            target,
            "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES"
            f" ({'NULL' if project is None else project}, '{box(number)}',"
            f" {'NULL' if owner is None else owner})",
        )


def recorded(target: ConnectionTarget, columns: str = "kind, owner_id, previous_owner_id") -> list[Any]:
    """What the history holds, in its order."""
    return execute(target, f"SELECT {columns} FROM {EVENTS} ORDER BY id")
