"""What a large bundle holds: from the server without its samples, its graph, and the window meanwhile."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import partial
from pathlib import Path

from benchmarks.bundle_studio import PROJECT, BundleStudio, bundle_studio
from benchmarks.frame import Result, at_most, at_most_times, measure_by_turns
from benchmarks.large_bundles import bundle_of, large_graph, write_audio_bundle
from syncsphere_desktop.database.bundle_stream import BundleStreams, RemoteBundle
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.odb import open_bundle
from syncsphere_desktop.odb.diff import compare
from syncsphere_desktop.studio.bundle_contents import BundleContents
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, OwnProcess
from syncsphere_desktop.studio.bundles.child.process import BundleProcess
from syncsphere_desktop.studio.bundles.importing import BundleImporter
from syncsphere_desktop.ui.bundles.diff_job import tell_side_by_side, told_side_by_side

_MEGABYTES = 500
_RUNS = 7
_OPENED = 5


def run() -> list[Result]:
    """Measure the reader on its own, then on a server, then in a window."""
    before, after = bundle_of(large_graph()), bundle_of(large_graph(changed=True))
    results = _graph(before, after)
    with bundle_studio() as studio:
        results += _remote(studio)
        studio.forget_versions()
        results += _window(studio, before, after)
    return results


def _graph(before: bytes, after: bytes) -> list[Result]:
    bundles = open_bundle(before), open_bundle(after)
    as_json = json.dumps([[box.name, str(box.uuid), list(range(5))] for box in bundles[0].graph.boxes])
    parsed, plain = measure_by_turns(lambda: open_bundle(before), lambda: json.loads(as_json), _RUNS)
    compared, again = measure_by_turns(lambda: compare(*bundles), lambda: open_bundle(before), _RUNS)
    note = "json.loads of the names, UUIDs and five numbers of as many boxes"
    return [
        Result("a project of 50,000 boxes: parsed", parsed * 1000, plain * 1000, "ms", at_most(1000), note),
        Result(
            "a project of 50,000 boxes: compared, half of it changed",
            compared * 1000,
            again * 1000,
            "ms",
            at_most(2000),
            "parsing one of both",
        ),
    ]


def _remote(studio: BundleStudio) -> list[Result]:
    file = studio.folder / "song.odb"
    write_audio_bundle(file, _MEGABYTES * 1_000_000)
    size = file.stat().st_size
    with asyncio.Runner() as loop:
        database = Database(studio.target)
        streams = BundleStreams(database)
        try:
            version = loop.run(BundleImporter(database, "bench").store(file, ProjectId(PROJECT)))
            opened, fetched = measure_by_turns(
                lambda: loop.run(streams.read(version.id, open_bundle)),
                lambda: loop.run(streams.pour(version.id, io.BytesIO)),
                5,
            )
            count = loop.run(database.run(lambda connection: _fetched(RemoteBundle(connection, version.id))))
        finally:
            loop.run(database.shutdown())
    file.unlink()
    return [
        Result(
            "a bundle of 500 MB: its contents",
            opened * 1000,
            fetched * 1000,
            "ms",
            at_most_times(0.01),
            "2,000 boxes and 10 samples; beside fetching all of it into memory",
        ),
        Result(
            "a bundle of 500 MB: bytes for its contents",
            count / 1e6,
            size / 1e6,
            "MB",
            at_most_times(0.01),
            "all of it",
        ),
    ]


def _fetched(remote: RemoteBundle) -> int:
    open_bundle(io.BufferedReader(remote, 64 << 10))
    return remote.fetched


class _EmptyLibrary:
    """An audio library without any file."""

    async def known_sizes(self, _project: ProjectId | None, _sizes: Collection[int]) -> frozenset[int]:
        return frozenset()

    async def candidates(self, _project: ProjectId | None, _sizes: Collection[int]) -> tuple[RowToCheck, ...]:
        return ()

    async def by_sha256(
        self, _project: ProjectId | None, _hashes: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]:
        return {}


def _window(studio: BundleStudio, before: bytes, after: bytes) -> list[Result]:
    """Open and compare versions in a window, and watch how long it stays away from its events."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication
    from qasync import QEventLoop

    from syncsphere_desktop.ui.app.collecting import GarbageCollector
    from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS, apply_theme
    from syncsphere_desktop.ui.theme.tokens import DARK, load_tokens

    application = QApplication.instance() or QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    assert isinstance(application, QApplication)
    apply_theme(application, load_tokens(DARK))
    application.setQuitOnLastWindowClosed(False)
    gc.collect()
    gc.freeze()  # as the app does once everything is imported
    collector = GarbageCollector(application)
    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    try:
        return loop.run_until_complete(_watched(studio, before, after))
    finally:
        loop.close()
        collector.close()


async def _watched(studio: BundleStudio, before: bytes, after: bytes) -> list[Result]:
    from benchmarks.heartbeat import Heartbeat

    database = Database(studio.target)
    try:
        versions = [await _stored(database, studio.folder, data) for data in (before, after)]
        noise = (await Heartbeat.during(partial(asyncio.sleep, 2.0))).longest
        gaps: dict[str, dict[str, float]] = {}
        with BundleProcess() as child:
            workers: tuple[tuple[str, BundleWorker], ...] = (("child", child), ("own", OwnProcess()))
            for name, worker in workers:
                gaps[name] = {}
                for what, work in _works(database, versions, worker).items():
                    beats = [await Heartbeat.during(work) for _ in range(_OPENED)]
                    gaps[name][what] = sorted(beat.longest for beat in beats)[_OPENED // 2]
    finally:
        await database.shutdown()
    note = f"read by the window's own process; an idle window: {noise * 1000:.1f} ms"
    return [
        Result(
            f"longest gap of the window while bundles of 50,000 boxes are {what}",
            gaps["child"][what] * 1000,
            gaps["own"][what] * 1000,
            "ms",
            at_most(16),
            note,
        )
        for what in gaps["child"]
    ]


def _works(
    database: Database, versions: list[BundleVersion], worker: BundleWorker
) -> dict[str, Callable[[], Awaitable[None]]]:
    from syncsphere_desktop.ui.bundles.diff_list import DiffList
    from syncsphere_desktop.ui.bundles.inspector import BundleInspector, shown_contents

    inspector, rows = BundleInspector(lambda: datetime(2025, 1, 1)), DiffList()
    for widget in (inspector, rows):
        widget.resize(600, 700)
        widget.show()

    def contents() -> BundleContents:
        return BundleContents(BundleStreams(database), _EmptyLibrary(), worker)

    async def opened() -> None:
        reading = await contents().with_matches(versions[0])
        inspector.show_contents(versions[0], await asyncio.to_thread(shown_contents, reading, 1.0))
        await asyncio.sleep(0.1)

    async def compared() -> None:
        nobody: dict[str, object] = {"owners_before": {}, "owners_after": {}}
        pieces = await contents().compared(versions[0], versions[1], tell_side_by_side, nobody)
        told = await asyncio.to_thread(told_side_by_side, pieces)
        rows.show_rows(told.rows)
        await asyncio.sleep(0.1)

    return {"opened": opened, "compared": compared}


async def _stored(database: Database, folder: Path, data: bytes) -> BundleVersion:
    file = folder / "large.odb"
    await asyncio.to_thread(file.write_bytes, data)
    stored = await BundleImporter(database, "bench").store(file, ProjectId(PROJECT))
    return await BundleRepository(database, "bench").get(BundleId(stored.id))
