"""A process that works on stored versions until it is killed; run by the crash tests.

It takes one order on its command line, writes a line when it begins, and goes on until it is done.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from syncsphere_desktop.database.bundle_copy import BundleCopier
from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.dsn import parse_dsn
from syncsphere_desktop.studio.bundles.files import BundleExporter
from syncsphere_desktop.studio.bundles.importing import BundleImporter


async def act(order: dict[str, Any]) -> None:
    """Do the same again and again."""
    database = Database(parse_dsn(order["url"]))
    await database.ping()
    print("ready", flush=True)  # noqa: T201
    path = Path(order["path"])
    for _ in range(10_000):
        if order["action"] == "export":
            await BundleExporter(BundleStreams(database)).export(order["id"], path, overwrite=True)
        elif order["action"] == "import":
            await BundleImporter(database, "me").store(path, order["project"])
        else:
            await BundleCopier(database, "me").restore(order["id"])


if __name__ == "__main__":
    asyncio.run(act(json.loads(sys.argv[1])))
