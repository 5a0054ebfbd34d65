"""The local studio's database on the embedded server: made, migrated and given the sample studio once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2 import Error as PsycopgError
from psycopg2.extensions import connection as RawConnection  # noqa: N812
from psycopg2.extensions import cursor as RawCursor  # noqa: N812

from syncsphere_desktop.database.embedded import SUPERUSER, EmbeddedServer
from syncsphere_desktop.database.embedded_failures import disk_errors
from syncsphere_desktop.database.failures import translate
from syncsphere_desktop.database.file_lock import FileLock
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.sample import load_sample, sample_password_hash
from syncsphere_desktop.database.seed import Seeder
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.settings import ConnectionTarget

DATABASE = "syncsphere"

_PREPARE_SECONDS = 300.0
_SAMPLE_LOADED = "The sample studio was loaded."
"""The database's comment, set with the sample's rows: who empties the tables does not get them again."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a running local studio holds; the numbers are None before it was prepared."""

    server_version: str | None
    users: int | None
    projects: int | None
    size: int | None


class LocalDatabase:
    """The database `syncsphere` of an embedded server that runs. Blocking; raises AppError."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._lock = FileLock(server.folder / "prepare.lock")

    def target(self) -> ConnectionTarget:
        """Return what to connect with."""
        return self._server.target(DATABASE)

    def prepare(self, progress: Progress = silent) -> None:
        """Make the database, migrate it to head and load the sample studio, each where it is not done yet.

        Safe in several processes at once; what a killed one left undone is done by the next.
        """
        busy = "Another process has been preparing the local studio for minutes."
        with disk_errors(self._server.folder), self._lock.held(_PREPARE_SECONDS, busy=busy):
            progress("Looking at the local studio", None)
            self._create()
            self._migrate(progress)
            self._load_sample(progress)

    def facts(self) -> DatabaseFacts:
        """Return what the local studio holds."""
        sized = "SELECT pg_database_size(oid) FROM pg_database WHERE datname = %s"
        with self._opened(SUPERUSER) as connection, connection.cursor() as cursor:
            (version,) = _row(cursor, "SELECT current_setting('server_version')")
            cursor.execute(sized, (DATABASE,))
            found = cursor.fetchone()
        if found is None:
            return DatabaseFacts(version, None, None, None)
        with self._opened(DATABASE) as connection, connection.cursor() as cursor:
            tables = _row(cursor, "SELECT to_regclass('public.users'), to_regclass('public.projects')")
            if None in tables:
                return DatabaseFacts(version, None, None, found[0])
            (users,) = _row(cursor, "SELECT count(*) FROM public.users")
            (projects,) = _row(cursor, "SELECT count(*) FROM public.projects")
            return DatabaseFacts(version, users, projects, found[0])

    @contextmanager
    def seeder(self, *, seed: int = 1) -> Iterator[Seeder]:
        """Give a Seeder on a connection of its own."""
        with self._opened(DATABASE) as connection:
            yield Seeder(connection, seed=seed, password_hash=sample_password_hash())

    def _create(self) -> None:
        with self._opened(SUPERUSER) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                connection.rollback()
                connection.autocommit = True
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')

    def _migrate(self, progress: Progress) -> None:
        from syncsphere_desktop.database.schema.runner import MigrationRunner

        parameters = connect_parameters(self.target(), Timeouts())
        MigrationRunner(lambda: open_connection(parameters)).upgrade(progress=progress)

    def _load_sample(self, progress: Progress) -> None:
        with self._opened(DATABASE) as connection, connection.cursor() as cursor:
            commented = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
            if _row(cursor, commented, (DATABASE,)) == (_SAMPLE_LOADED,):
                return
            progress("Loading the sample studio", None)
            load_sample(connection)
            cursor.execute(f'COMMENT ON DATABASE "{DATABASE}" IS %s', (_SAMPLE_LOADED,))
            cursor.execute("ANALYZE")
            connection.commit()

    @contextmanager
    def _opened(self, database: str) -> Iterator[RawConnection]:
        """Give a connection; what is not committed is rolled back. The database's errors become AppErrors."""
        try:
            connection = open_connection(connect_parameters(self._server.target(database), Timeouts()))
            try:
                yield connection
            finally:
                connection.close()
        except PsycopgError as error:
            raise translate(error) from error


def _row(cursor: RawCursor, statement: str, parameters: tuple[object, ...] = ()) -> tuple[Any, ...]:
    cursor.execute(statement, parameters)
    row = cursor.fetchone()
    if row is None:
        raise AssertionError("a statement that always gives a row gave none")
    return row
