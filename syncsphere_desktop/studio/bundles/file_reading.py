"""Reads a bundle that is a file on this computer, without any server."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

from syncsphere_desktop.studio.bundle_contents import BundleReading
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker
from syncsphere_desktop.studio.bundles.opening import open_file
from syncsphere_desktop.studio.outgoing import told_as_file_errors


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file and what it holds. `size` in bytes."""

    path: Path
    size: int
    reading: BundleReading


async def read_bundle_file(path: Path, worker: BundleWorker) -> BundleFile:
    """Return what a file holds, whatever its bytes are.

    Raises FileError, and BundleError where it is a trap for its readers. Cancelling ends the reading soon.
    """
    stop = threading.Event()
    try:
        size = await asyncio.to_thread(_size, path)
        opened = await asyncio.to_thread(open_file, path, worker, stop)
    finally:
        stop.set()
    return BundleFile(path, size, BundleReading(opened.summary, opened.cover))


def _size(path: Path) -> int:
    with told_as_file_errors(path):
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        return path.stat().st_size
