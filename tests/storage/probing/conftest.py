"""A pool that the tests of a module share, for starting children takes most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncsphere_desktop.storage.probing.pool import ProbePool


@pytest.fixture(scope="module")
def pool() -> Iterator[ProbePool]:
    with ProbePool(workers=2) as opened:
        yield opened
