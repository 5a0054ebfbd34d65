"""The migrations: all of them up, and all of them back."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.database.embedded import SUPERUSER
from syncsphere_desktop.database.schema.revisions import BASE, known_revisions
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.database.schema.status import SchemaState
from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.self_test.parts.server import started


def check(folder: Path) -> str:
    """Bring an empty database to the newest revision, and back to nothing."""
    with started(folder) as server:
        runner = MigrationRunner(server.target(SUPERUSER))
        up = runner.upgrade()
        if up.status.state is not SchemaState.CURRENT or up.status.differences:
            told = " ".join(up.status.differences)
            raise NotPassedError(f"After all migrations the schema is {up.status.state}. {told}".strip())
        down = runner.downgrade(BASE, allow_data_loss=True)
        if down.status.state is not SchemaState.EMPTY:
            raise NotPassedError(f"After all were taken back the schema is {down.status.state}.")
    return f"{len(known_revisions())} revisions up to {up.status.head} and back"
