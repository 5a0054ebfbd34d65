"""Importing audio files into a local storage, beside copying, hashing and syncing the same files.

Ours is all of an import: scanned, probed, compared, copied, hashed, made durable, and in the database.
The baseline is `cp -r`, then sha256 of the copy, then sync.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from benchmarks.frame import Aim, Result, at_least_times, at_most, is_soak
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.domain.project import Project, ProjectDraft
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.settings import ConnectionTarget, Paths
from syncsphere_desktop.studio.audio_import.opening import importer_of
from syncsphere_desktop.studio.audio_library import AudioLibrary

_MB = 1_000_000
_ROUNDS = 7 if is_soak() else 3


def run() -> list[Result]:
    """Measure by turns; every import goes into a project of its own, so that nothing is a duplicate."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        folder = Path(name)
        server = EmbeddedServer(folder / "studio")
        with server.held():
            target = server.target("postgres")
            MigrationRunner(target).upgrade()
            return asyncio.run(_measured(folder, target))


async def _measured(folder: Path, target: ConnectionTarget) -> list[Result]:
    bench = _Bench(folder, target)
    return [
        *await bench.compare("Import 1,000 files of 1 MB", 1_000, _MB, at_least_times(1.0)),
        *await bench.compare("Import 10,000 files of 20 kB", 10_000, 20_000, None),
        *await bench.one_large("Import one file of 2 GB", 2_000 * _MB),
    ]


class _Bench:
    def __init__(self, folder: Path, target: ConnectionTarget) -> None:
        self._folder = folder
        self._root = folder / "audio"
        self._root.mkdir()
        profile = replace(target.profile, storage_url=str(self._root))
        self._target = replace(target, profile=profile)
        self._number = 0

    async def compare(self, name: str, count: int, size: int, aim: Aim | None) -> list[Result]:
        """Return the throughput of ours and of the baseline, and how long the event loop was kept busy."""
        takes = self._folder / "takes"
        _write_takes(takes, count, size)
        imports, copies = [], []
        for _ in range(_ROUNDS):
            copies.append(_seconds_of_copying(takes, self._folder / "copy"))
            imports.append(await self._import(takes, count))
        shutil.rmtree(takes)
        total = count * size / _MB
        ours = total / statistics.median(one.seconds for one in imports)
        baseline = total / statistics.median(copies)
        return [
            Result(name, ours, baseline, "MB/s", aim, "beside cp -r, sha256 of the copy, sync"),
            _busy(name, imports),
        ]

    async def one_large(self, name: str, size: int) -> list[Result]:
        """Return the throughput, and the memory above base, of importing one large file."""
        takes = self._folder / "takes"
        _write_takes(takes, 1, size)
        copying = _seconds_of_copying(takes, self._folder / "copy")
        done = await self._import(takes, 1)
        shutil.rmtree(takes)
        total = size / _MB
        note = "beside cp, sha256 of the copy, sync"
        return [
            Result(name, total / done.seconds, total / copying, "MB/s", None, note),
            Result(f"{name}: memory above base", done.memory / 2**20, None, "MiB", at_most(64.0)),
            _busy(name, [done]),
        ]

    async def _import(self, takes: Path, count: int) -> _Import:
        """Import everything into a project of its own, and remove the stored files afterwards."""
        self._number += 1
        database = Database(self._target)
        library = AudioLibrary.over(database, self._target, "bench", Paths(*[self._folder / "home"] * 4))
        try:
            project = await _project(database, self._number)
            importer = await importer_of(library)
            watch = _Watch()
            watching = asyncio.create_task(watch.run())
            started = time.perf_counter()
            plan = await importer.plan([takes], project)
            report = await importer.run(plan)
            seconds = time.perf_counter() - started
            watching.cancel()
            await asyncio.wait([watching])
            await importer.close()
            assert report.imported == count, report.summary()
        finally:
            await library.shutdown()
            await database.shutdown()
        shutil.rmtree(self._root / "projects")
        return _Import(seconds, watch.busiest, watch.most_memory - watch.base)


@dataclass(frozen=True, slots=True)
class _Import:
    """How one import went: seconds, the loop's longest stretch of work, and bytes of memory above base."""

    seconds: float
    busiest: float
    memory: int


class _Watch:
    """Notes, every two milliseconds, the processor time that the loop's thread spent, and the memory."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.base = self._process.memory_info().rss
        self.most_memory = self.base
        self.busiest = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        spent = time.thread_time()
        while True:
            await asyncio.sleep(0.002)
            now = time.thread_time()
            self.busiest = max(self.busiest, now - spent)
            spent = now
            self.most_memory = max(self.most_memory, self._process.memory_info().rss)


def _busy(name: str, imports: list[_Import]) -> Result:
    longest = max(one.busiest for one in imports) * 1000
    return Result(f"{name}: the event loop at work at a stretch", longest, None, "ms", at_most(16.0))


async def _project(database: Database, number: int) -> Project:
    name = f"bench{number}"
    owner = await UserRepository(database, "bench").add(UserDraft(name, f"{name}@bench.example", "x" * 60))
    return await ProjectRepository(database, "bench").add(ProjectDraft(name, owner.id))


def _write_takes(folder: Path, count: int, size: int) -> None:
    """Write WAV files of noise, ten folders of them."""
    frames = (size - 44) // 4
    block = os.urandom(1 << 20)
    for number in range(count):
        path = folder / f"take {number % 10}" / f"{number:05}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, 48_000, frames, "NONE", ""))
            left = frames * 4
            while left:
                start = os.urandom(8)  # no two files are equal
                chunk = (start + block)[: min(left, len(block))]
                file.writeframesraw(chunk)
                left -= len(chunk)


def _seconds_of_copying(source: Path, target: Path) -> float:
    started = time.perf_counter()
    subprocess.run(["cp", "-r", source, target], check=True)
    for path in target.rglob("*.wav"):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    subprocess.run(["sync", "--file-system", target], check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds
