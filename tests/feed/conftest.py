"""Certificates for the feed's servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.feed.certificates import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return a CA, and certificates good and bad."""
    folder: Path = tmp_path_factory.mktemp("certificates")
    return make_certificates(folder)
