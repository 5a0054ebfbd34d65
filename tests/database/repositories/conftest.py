"""The audio library's repositories on a fresh database."""

from __future__ import annotations

import pytest

from syncsphere_desktop.database.connection import Database
from tests.database.repositories.audio import Library


@pytest.fixture
def library(database: Database) -> Library:
    """The repositories, of somebody who may do everything."""
    return Library.over(database)
