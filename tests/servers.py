"""Other PostgreSQL servers than the embedded one, and empty databases on any of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode

PROGRAMS_15 = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def running_15() -> Iterator[ConnectionProfile]:
    """Run Debian's PostgreSQL 15 in a folder of its own; skips the test where it is not installed."""
    if not (PROGRAMS_15 / "initdb").exists():
        pytest.skip("PostgreSQL 15 is not installed")
    import pwd

    account = "postgres" if os.geteuid() == 0 else None
    if account is not None and account not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("there is no account to run PostgreSQL as")
    folder = Path(tempfile.mkdtemp(prefix="syncsphere-pg15-"))

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(PROGRAMS_15 / program), "-D", str(folder / "data"), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            user=account,
            cwd=folder,
        )

    try:
        if account is not None:
            shutil.chown(folder, account)
        call("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "-o", options)
        try:
            yield ConnectionProfile(
                name="PostgreSQL 15",
                host=str(folder),
                port=5432,
                database="postgres",
                user="postgres",
                sslmode=SslMode.DISABLE,
                environment=Environment.LOCAL,
            )
        finally:
            call("pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


@contextmanager
def empty_database(server: ConnectionProfile) -> Iterator[ConnectionTarget]:
    """A database without a table, dropped afterwards."""
    name = f"empty_{uuid4().hex[:12]}"
    execute(ConnectionTarget(server), f"CREATE DATABASE {name}")
    try:
        yield ConnectionTarget(replace(server, database=name))
    finally:
        execute(ConnectionTarget(server), f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def session(target: ConnectionTarget, **parameters: Any) -> Iterator[RawConnection]:
    """A psycopg2 connection in autocommit mode."""
    profile = target.profile
    connection = psycopg2.connect(
        host=profile.host, port=profile.port, user=profile.user, dbname=profile.database, **parameters
    )
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def execute(target: ConnectionTarget, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements, each in a transaction of its own; return the last one's rows."""
    with session(target) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def role(target: ConnectionTarget, *grants: str) -> Iterator[ConnectionTarget]:
    """A role with nothing but these grants; `{role}` stands for its name. Dropped afterwards."""
    name = f"role_{uuid4().hex[:12]}"
    execute(target, f"CREATE ROLE {name} LOGIN", *(grant.format(role=name) for grant in grants))
    try:
        yield replace(target, profile=replace(target.profile, user=name))
    finally:
        execute(target, f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")
