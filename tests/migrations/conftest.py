"""Empty databases on each server that the migrations must work on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget
from tests.servers import empty_database


@pytest.fixture(params=["server", "server15"])
def empty(request: pytest.FixtureRequest) -> Iterator[ConnectionTarget]:
    """An empty database, on the embedded PostgreSQL 18 and on PostgreSQL 15."""
    profile: ConnectionProfile = request.getfixturevalue(request.param)
    with empty_database(profile) as target:
        yield target


@pytest.fixture
def runner(empty: ConnectionTarget) -> MigrationRunner:
    """The runner on the empty database."""
    return MigrationRunner(empty)


@pytest.fixture
def upgraded(empty: ConnectionTarget, runner: MigrationRunner) -> ConnectionTarget:
    """The database at head."""
    runner.upgrade()
    return empty
