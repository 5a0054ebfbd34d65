"""Opening a database looks at its schema: writing is refused where it is not ours to write to."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.schema.gate import restrict_by_schema
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.database.schema.status import SchemaState
from syncsphere_desktop.database.tables import OUR_SCHEMA
from syncsphere_desktop.errors import ReadOnlyError
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute


def rename(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE users SET username = 'eve' WHERE id = 1")


async def gated(target: ConnectionTarget) -> tuple[SchemaState, str | None]:
    """Return the state that the gate sees and what a write says then."""
    database = Database(target)
    try:
        status = await restrict_by_schema(database)
        try:
            await database.write(rename)
        except ReadOnlyError as error:
            return status.state, error.message
        return status.state, None
    finally:
        await database.shutdown()


async def test_an_empty_database_is_not_written_to(empty: ConnectionTarget) -> None:
    state, refusal = await gated(empty)

    assert state is SchemaState.EMPTY
    assert "no SyncSphere tables yet" in str(refusal)


async def test_a_foreign_database_is_not_written_to_but_can_be_read(by_hand: ConnectionTarget) -> None:
    execute(by_hand, "ALTER TABLE users DROP COLUMN updated_at")
    state, refusal = await gated(by_hand)

    assert state is SchemaState.FOREIGN
    assert "users.updated_at is missing" in str(refusal)
    database = Database(by_hand)
    try:
        await restrict_by_schema(database)
        names = await database.run(lambda c: c.exec_driver_sql("SELECT username FROM users").scalars().all())
        assert list(names) == ["ada", "bob"]
    finally:
        await database.shutdown()


async def test_a_newer_database_is_not_written_to(by_hand: ConnectionTarget) -> None:
    MigrationRunner(by_hand).upgrade()
    execute(by_hand, f"UPDATE {OUR_SCHEMA}.alembic_version SET version_num = '0999'")
    state, refusal = await gated(by_hand)

    assert state is SchemaState.AHEAD
    assert "newer version" in str(refusal)


async def test_an_adoptable_database_is_written_to_and_says_what_it_goes_without(
    by_hand: ConnectionTarget,
) -> None:
    state, refusal = await gated(by_hand)
    assert state is SchemaState.ADOPTABLE
    assert refusal is None
    database = Database(by_hand)
    try:
        status = await restrict_by_schema(database)
    finally:
        await database.shutdown()

    assert len(status.goes_without) == 5
    assert "activity log" in status.goes_without[0]
    assert "audio files" in status.goes_without[1]


async def test_the_restriction_is_lifted_once_the_schema_is_there(empty: ConnectionTarget) -> None:
    database = Database(empty)
    try:
        await restrict_by_schema(database)
        assert database.read_only_reason is not None
        MigrationRunner(database.connect).upgrade()
        status = await restrict_by_schema(database)
        assert status.state is SchemaState.CURRENT
        assert status.read_only_reason is None
    finally:
        await database.shutdown()


async def test_a_server_of_each_version_passes_the_gate(
    empty: ConnectionTarget, request: pytest.FixtureRequest
) -> None:
    from tests.servers import empty_database

    with empty_database(request.getfixturevalue("server15")) as on_15:
        MigrationRunner(on_15).upgrade()
        state, refusal = await gated(on_15)
        assert state is SchemaState.CURRENT
        assert refusal is None


def test_the_gate_does_not_import_alembic() -> None:
    program = (
        "import sys, syncsphere_desktop.database.schema.gate as g;"
        "from syncsphere_desktop.database.schema.revisions import known_revisions;"
        "assert known_revisions(); assert 'alembic' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
