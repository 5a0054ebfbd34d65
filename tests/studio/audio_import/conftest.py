"""Real stores, databases and probes for the tests of importing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.storage.probing.pool import ProbePool
from tests.studio.audio_import.studio import Studio


@pytest.fixture(scope="session")
def pool() -> Iterator[ProbePool]:
    """Children that probe."""
    with ProbePool() as opened:
        yield opened


@pytest.fixture
async def studio(
    tmp_path: Path, database: Database, target: ConnectionTarget, pool: ProbePool
) -> AsyncIterator[Studio]:
    """A studio with an empty store, and a folder of takes to import."""
    made = await Studio.make(tmp_path, database, pool)
    yield made
    await made.close()
