"""Real stores, databases and probes for the tests of integrity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.storage.store import open_store
from tests.studio.integrity.library import Studio


@pytest.fixture(scope="session")
def pool() -> Iterator[ProbePool]:
    """Children that probe."""
    with ProbePool() as opened:
        yield opened


@pytest.fixture
async def studio(tmp_path: Path, database: Database, pool: ProbePool) -> AsyncIterator[Studio]:
    """A studio whose store is an empty folder."""
    root = tmp_path / "audio"
    root.mkdir()
    store = open_store(str(root))
    made = Studio.over(root, store, database, pool)
    yield made
    await made.close()
    store.close()
