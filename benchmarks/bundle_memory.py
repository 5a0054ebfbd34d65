"""One export or import in a process of its own: prints how many MB it took beyond being connected.

Run by `bundle_streams`: address, `export` or `import`, the id of the version or project, the file.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

import psutil

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.dsn import parse_dsn
from syncsphere_desktop.studio.bundles.files import BundleExporter
from syncsphere_desktop.studio.bundles.importing import BundleImporter


def highest() -> int:
    """Return the most bytes that this process ever held; on Linux its own, not those of who started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


async def main(address: str, way: str, number: int, path: Path) -> float:
    """Do it, and return the MB."""
    database = Database(parse_dsn(address))
    await database.ping()
    importer, exporter = BundleImporter(database, "bench"), BundleExporter(BundleStreams(database))
    base = psutil.Process().memory_info().rss
    if way == "export":
        await exporter.export(BundleId(number), path, overwrite=True)
    else:
        await importer.store(path, ProjectId(number))
    peak = highest()
    await database.shutdown()
    return (peak - base) / 1e6


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
