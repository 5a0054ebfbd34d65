"""What the tests of stored versions share."""

from __future__ import annotations

import pytest

from syncsphere_desktop.database.connection import Database
from tests.studio.bundles.versions import Versions


@pytest.fixture
def versions(database: Database) -> Versions:
    """Stored versions in a fresh database."""
    return Versions(database)
