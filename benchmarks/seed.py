"""Seeding a million users beside a bare COPY of the same rows into an equal table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from benchmarks.frame import Result, at_most
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.seed import SeedAmounts, Seeder

_USERS = 1_000_000
_COLUMNS = "id, username, email, password_hash, created_at, updated_at"
_PATIENT = Timeouts(statement=600.0)


def run() -> list[Result]:
    """Measure once: both take tens of seconds, and the second run of a table is no better than the first."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        folder = Path(name)
        with _opened(folder / "studio") as connection:
            ours = _seconds_of_seeding(connection)
            baseline = _seconds_of_copy(connection, folder / "users.copy")
    return [
        Result(
            "Seed a million users",
            ours,
            baseline,
            "s",
            at_most(120.0),
            "beside COPY of the same rows from a file",
        )
    ]


@contextmanager
def _opened(folder: Path) -> Iterator[RawConnection]:
    from syncsphere_desktop.database.schema.runner import MigrationRunner

    server = EmbeddedServer(folder)
    with server.held():
        parameters = connect_parameters(server.target("postgres"), _PATIENT)
        MigrationRunner(lambda: open_connection(parameters)).upgrade()
        connection = open_connection(parameters)
        try:
            yield connection
        finally:
            connection.close()


def _seconds_of_seeding(connection: RawConnection) -> float:
    started = time.perf_counter()
    Seeder(connection, password_hash="x" * 60).run(SeedAmounts(users=_USERS))
    return time.perf_counter() - started


def _seconds_of_copy(connection: RawConnection, path: Path) -> float:
    with connection, connection.cursor() as cursor:
        with path.open("wb") as stream:
            cursor.copy_expert(f"COPY users ({_COLUMNS}) TO STDOUT", stream)
        cursor.execute("CREATE TABLE copied (LIKE users INCLUDING ALL)")
    started = time.perf_counter()
    with connection, connection.cursor() as cursor, path.open("rb") as stream:
        cursor.copy_expert(f"COPY copied ({_COLUMNS}) FROM STDIN", stream)
        cursor.execute("ANALYZE copied")
    return time.perf_counter() - started
