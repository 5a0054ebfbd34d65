"""A database server of one part's own, started in its folder and removed with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncsphere_desktop.database.embedded import EmbeddedServer


@contextmanager
def started(folder: Path) -> Iterator[EmbeddedServer]:
    """Give a server that runs. Raises LocalStudioError."""
    server = EmbeddedServer(folder / "server")
    try:
        server.start()
        yield server
    finally:
        server.destroy(force=True)
