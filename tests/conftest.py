"""One real PostgreSQL for each test process; each test that asks for `database` gets a copy of its own."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode
from tests.servers import running_15

_ROOM_WANTED = 8 << 30
"""For the servers of some processes side by side, with their logs of changes."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape lone surrogates in what a test printed or logged: a parallel run can't send them, and ends."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.fixture(scope="session")
def server() -> Iterator[ConnectionProfile]:
    """A running PostgreSQL; the profile names its maintenance database.

    It is an embedded one, or the one of `SYNCSPHERE_TEST_DATABASE_URL`, whose role may create databases.
    """
    url = os.environ.get("SYNCSPHERE_TEST_DATABASE_URL")
    if url:
        yield _given_server(url)
        return
    with tempfile.TemporaryDirectory(prefix="syncsphere-test-", dir=_quickest_place()) as folder:
        embedded = EmbeddedServer(Path(folder))
        embedded.start()
        profile = embedded.target("postgres", name="test").profile
        # No test outlives the machine: what a power cut would lose need not reach the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _administer(profile, f"ALTER SYSTEM SET {setting} = off")
        _administer(profile, "SELECT pg_reload_conf()")
        yield profile
        embedded.stop()


def _quickest_place() -> Path | None:
    """Return a folder in memory with room to spare, or None: tests copy databases of 400 files."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM_WANTED:
        return memory
    return None


def _given_server(url: str) -> ConnectionProfile:
    parts = parse_dsn(url)
    if "password" in parts:
        os.environ["PGPASSWORD"] = parts["password"]
    return ConnectionProfile(
        name="test",
        host=parts.get("host", "localhost"),
        port=int(parts.get("port", 5432)),
        database=parts.get("dbname", "postgres"),
        user=parts.get("user", "postgres"),
        sslmode=SslMode.DISABLE,
        environment=Environment.LOCAL,
    )


@pytest.fixture(scope="session")
def server15() -> Iterator[ConnectionProfile]:
    """Debian's PostgreSQL 15, where it is installed."""
    with running_15() as profile:
        yield profile


@pytest.fixture(autouse=True, scope="module")
def collected_here(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what tests of the window leave on this thread.

    Left to a worker thread, of this test or a later one, the collector would destroy Qt's objects there,
    which Qt forbids; the app too collects on the window's thread alone.
    """
    of_window = bool({"ui", "e2e", "bootstrap"} & set(request.path.parts))
    if of_window:
        gc.disable()
    yield
    if of_window:
        gc.enable()
        if "PySide6.QtWidgets" in sys.modules:
            gc.collect()


@pytest.fixture(scope="session")
def template(server: ConnectionProfile) -> Iterator[str]:
    """The name of a database with the schema at head and no rows, to be copied."""
    name = f"template_{uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name}")
    MigrationRunner(ConnectionTarget(replace(server, database=name))).upgrade()
    yield name
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


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
