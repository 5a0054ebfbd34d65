"""`migrate` shows the schema's state, and brings it up and back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from syncsphere_desktop.database.schema.revisions import known_revisions
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget
from tests.cli.conftest import Command, url_of
from tests.servers import empty_database, execute

REVISIONS = [revision.revision for revision in known_revisions()]


@pytest.fixture
def empty(server: ConnectionProfile) -> Iterator[ConnectionTarget]:
    """An empty database."""
    with empty_database(server) as target:
        yield target


@pytest.fixture
def database_url(empty: ConnectionTarget, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty database, named by the environment for every command."""
    url = url_of(empty)
    monkeypatch.setenv("SYNCSPHERE_DATABASE_URL", url)
    return url


def test_status_of_an_empty_database(command: Command) -> None:
    outcome = command("migrate", "status", "--json")

    assert outcome.code == 0
    assert outcome.document == {
        "state": "empty",
        "current": None,
        "head": REVISIONS[-1],
        "pending": REVISIONS,
        "pending_titles": [revision.title for revision in known_revisions()],
        "differences": [],
        "hindrances": [],
        "goes_without": [],
        "origin": None,
        "may_upgrade": True,
        "needs_app": None,
    }


def test_upgrade_and_back(command: Command) -> None:
    assert command("migrate", "upgrade", "0002", "--json").document["applied"] == ["0001", "0002"]
    assert command("migrate", "status", "--json").document["state"] == "behind"
    up = command("migrate", "upgrade")
    assert up.code == 0
    assert up.out.startswith("Applied 0003: Notices of changes")
    again = command("migrate", "upgrade", "--json").document
    assert (again["state"], again["applied"], again["pending"]) == ("current", [], [])
    back = command("migrate", "downgrade", "base", "--json").document
    assert (back["state"], back["reverted"]) == ("empty", REVISIONS[::-1])


def test_downgrade_wants_a_revision(command: Command) -> None:
    outcome = command("migrate", "downgrade", "--json")

    assert outcome.code == 2
    assert outcome.error["code"] == "usage"


def test_rows_are_lost_only_with_yes(command: Command, empty: ConnectionTarget) -> None:
    command("migrate", "upgrade")
    execute(empty, "INSERT INTO users (username, email, password_hash) VALUES ('ada', 'a@x', '-')")
    refused = command("migrate", "downgrade", "base", "--json")

    assert refused.code == 2
    assert refused.error["message"] == ("This would remove 1 row of users. Give --yes if they may be lost.")
    assert command("migrate", "status", "--json").document["state"] == "current"
    assert command("migrate", "downgrade", "base", "--yes", "--json").document["state"] == "empty"


def test_a_foreign_database_ends_with_3(command: Command, empty: ConnectionTarget) -> None:
    execute(empty, "CREATE TABLE users (id uuid PRIMARY KEY)")
    status = command("migrate", "status", "--json")

    assert status.code == 3
    assert status.document["state"] == "foreign"
    assert "users.id is uuid, not integer." in status.document["differences"]
    upgrade = command("migrate", "upgrade", "--json")
    assert upgrade.code == 1
    assert upgrade.error["code"] == "schema"
    assert "users.id is uuid, not integer." in command("migrate", "status").out


def test_a_newer_database_ends_with_3(command: Command, empty: ConnectionTarget) -> None:
    command("migrate", "upgrade")
    execute(empty, "UPDATE syncsphere_desktop.alembic_version SET version_num = '0417'")
    outcome = command("migrate", "status", "--json")

    assert outcome.code == 3
    assert (outcome.document["state"], outcome.document["current"]) == ("ahead", "0417")


def test_sql_needs_no_database(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCSPHERE_DATABASE_URL")
    outcome = command("migrate", "sql")

    assert outcome.code == 0
    assert "CREATE TABLE users (" in outcome.out
    assert outcome.out.rstrip().endswith("COMMIT;")
    assert outcome.err == ""
    adopting = command("migrate", "sql", "--adopt").out
    assert "CREATE TABLE users (" not in adopting
    assert "'adopted'" in adopting


def test_sql_of_a_part(command: Command) -> None:
    part = json.loads(command("migrate", "sql", "--from", "0001", "--to", "0002", "--json").out)["sql"]

    assert "CREATE TABLE syncsphere_desktop.audit_log" in part
    assert "studio_origin" not in part
    assert command("migrate", "sql", "--to", "0042", "--json").code == 2
