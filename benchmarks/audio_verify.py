"""Verifying the audio library beside sha256 over the same files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from benchmarks.frame import Aim, Result, at_least_times, measure_by_turns
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.repositories.audio_checks import AudioCheckRepository
from syncsphere_desktop.database.repositories.audio_contents import AudioContentRepository
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.audio_stores import AudioStoreRepository
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.domain.audio import AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.sound import AudioFormat, Content, SoundFacts
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.studio.integrity.verifier import AudioVerifier

_BLOCK = 1 << 20
_RUNS = 5


@dataclass(frozen=True, slots=True)
class Amount:
    """How many files of how many bytes."""

    files: int
    size: int


def run() -> list[Result]:
    """Measure many files of a usual size, and more that are small."""
    return [
        _compared("Verify 1,000 files of 1 MB", Amount(1000, 1 << 20), at_least_times(0.9)),
        _compared("Verify 10,000 files of 20 kB", Amount(10_000, 20_000), None),
    ]


def _compared(name: str, amount: Amount, aim: Aim | None) -> Result:
    with tempfile.TemporaryDirectory(prefix="ss-") as place, _studio(Path(place)) as target:
        root = Path(place) / "audio"
        root.mkdir()
        total = asyncio.run(_fill(target, root, amount))
        with asyncio.Runner() as loop, _opened(loop, target, root) as verifier:
            ours, baseline = measure_by_turns(
                lambda: loop.run(_verify(verifier, amount)), lambda: _sha256_of_all(root), _RUNS
            )
    note = "hashed, compared, recorded; beside one thread of sha256"
    return Result(name, total / ours / 1e6, total / baseline / 1e6, "MB/s", aim, note)


@contextmanager
def _studio(folder: Path) -> Iterator[ConnectionTarget]:
    server = EmbeddedServer(folder / "studio")
    with server.held():
        target = server.target("postgres")
        parameters = connect_parameters(target, Timeouts())
        MigrationRunner(lambda: open_connection(parameters)).upgrade()
        with open_connection(parameters) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO projects (name) VALUES ('tape')")
        connection.close()
        yield target


async def _fill(target: ConnectionTarget, root: Path, amount: Amount) -> int:
    """Write files and rows as an import leaves them; return the bytes."""
    facts = SoundFacts(AudioFormat.WAV, "PCM 16 bit", amount.size / 96_000, 48_000, 1)
    files: list[StoredAudio] = []
    for number in range(amount.files):
        content = _wav(amount.size)
        path = root / f"projects/1/take {number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        draft = AudioFileDraft(ProjectId(1), path.name, str(path.relative_to(root)))
        files.append(StoredAudio(draft, Content(len(content), hashlib.sha256(content).hexdigest()), facts))
    database = Database(target)
    repository = AudioFileRepository(database, "benchmark")
    for start in range(0, len(files), 500):
        await repository.add_many(files[start : start + 500], uuid4())
    await database.shutdown()
    return sum(file.content.size for file in files)


def _wav(size: int) -> bytes:
    stream = BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(os.urandom(size - size % 2))
    return stream.getvalue()


@contextmanager
def _opened(loop: asyncio.Runner, target: ConnectionTarget, root: Path) -> Iterator[AudioVerifier]:
    """Give a verifier over the open library, as the app has it."""

    async def begin() -> tuple[Database, AudioVerifier]:
        database = Database(target)
        verifier = AudioVerifier(
            store=LocalStore(root),
            known=AudioStoreRepository(database, "benchmark"),
            contents=AudioContentRepository(database, "benchmark"),
            checks=AudioCheckRepository(database, "benchmark"),
            prober=pool,
        )
        return database, verifier

    async def end() -> None:
        await verifier.close()
        await database.shutdown()

    with ProbePool() as pool:
        database, verifier = loop.run(begin())
        yield verifier
        loop.run(end())


async def _verify(verifier: AudioVerifier, amount: Amount) -> None:
    report = await verifier.run(resume=False)
    assert report.sound
    assert report.files == amount.files


def _sha256_of_all(root: Path) -> None:
    block = memoryview(bytearray(_BLOCK))
    for path in root.rglob("*.wav"):
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(block):
                digest.update(block[:count])
        digest.hexdigest()
