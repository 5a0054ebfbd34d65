r"""Exporting and importing bundles beside psql's \copy, and the memory that they take."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.bundle_studio import PROJECT, BundleStudio, bundle_studio
from benchmarks.frame import Result, at_least_times, at_most, measure_by_turns, samples
from benchmarks.large_bundles import write_audio_bundle
from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.studio.bundles.files import BundleExporter
from syncsphere_desktop.studio.bundles.importing import BundleImporter

_MEGABYTES = (100, 500)
_COLUMNS = "project_id, bundle_data, version"
_RUNS = {100: 5, 500: 3}


def run() -> list[Result]:
    """Measure both ways for both sizes."""
    results: list[Result] = []
    with bundle_studio() as studio:
        for megabytes in _MEGABYTES:
            file = studio.folder / "song.odb"
            write_audio_bundle(file, megabytes * 1_000_000)
            results += _both_ways(studio, file, megabytes)
            file.unlink()
    return results


def _both_ways(studio: BundleStudio, file: Path, megabytes: int) -> list[Result]:
    rows, runs = studio.folder / "rows.bin", _RUNS[megabytes]
    with asyncio.Runner() as loop:
        database = Database(studio.target)
        importer = BundleImporter(database, "bench")
        exporter = BundleExporter(BundleStreams(database), BundleFactsRepository(database))

        def store() -> BundleId:
            return loop.run(importer.store(file, ProjectId(PROJECT))).id

        def export() -> None:
            loop.run(exporter.export(bundle_id, studio.folder / "out.odb", overwrite=True))

        try:
            studio.forget_versions()
            bundle_id = store()
            studio.psql(f"\\copy (SELECT {_COLUMNS} FROM project_bundles) TO '{rows}' (FORMAT binary)")
            only = "(SELECT bundle_data FROM project_bundles)"
            plain = f"\\copy {only} TO '{studio.folder}/out.bin' (FORMAT binary)"
            out = measure_by_turns(export, lambda: studio.psql(plain), runs)
            export_memory = _memory(studio, "export", str(bundle_id), str(studio.folder / "out.odb"))
            plain = f"\\copy project_bundles ({_COLUMNS}) FROM '{rows}' (FORMAT binary)"
            into = _by_turns_afresh(studio, store, lambda: studio.psql(plain), runs)
            import_memory = _memory(studio, "import", str(PROJECT), str(file))
        finally:
            loop.run(database.shutdown())
    for name in ("rows.bin", "out.bin", "out.odb"):
        (studio.folder / name).unlink()
    return _results(
        f"a bundle of {megabytes} MB", file.stat().st_size, out, into, export_memory, import_memory
    )


def _results(
    name: str,
    size: int,
    out: tuple[float, float],
    into: tuple[float, float],
    export_memory: float,
    import_memory: float,
) -> list[Result]:
    megabytes = size / 1e6
    return [
        Result(
            f"export {name}",
            megabytes / out[0],
            megabytes / out[1],
            "MB/s",
            at_least_times(1.5),
            r"sha256 and fsync; beside psql \copy, binary, with neither",
        ),
        Result(f"export {name}: memory above base", export_memory, None, "MB", at_most(32)),
        Result(
            f"import {name}",
            megabytes / into[0],
            megabytes / into[1],
            "MB/s",
            at_least_times(0.9),
            r"sha256, number and audit entry; beside psql \copy, binary",
        ),
        Result(f"import {name}: memory above base", import_memory, None, "MB", at_most(32)),
    ]


def _by_turns_afresh(
    studio: BundleStudio, ours: Callable[[], object], baseline: Callable[[], object], runs: int
) -> tuple[float, float]:
    """Return medians in seconds, each run on an empty table, which is emptied before its time begins."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for work, found in zip((ours, baseline), seconds, strict=True):
            studio.forget_versions()
            found.extend(samples(work, 1, warmups=0))
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def _memory(studio: BundleStudio, way: str, *rest: str) -> float:
    """Return how many MB a process of its own takes at most, beyond what it has once it is connected."""
    arguments = [sys.executable, "-m", "benchmarks.bundle_memory", studio.url, way, *rest]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return float(done.stdout)
