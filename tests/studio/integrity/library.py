"""A studio with real files in a real folder, rows in a real database, and ways to spoil them."""

from __future__ import annotations

import hashlib
import math
import struct
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from sqlalchemy import text

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.bundle_use import BundleUse
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, ProjectId
from syncsphere_desktop.domain.sound import AudioFormat, SoundFacts
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.storage.paths import new_path
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.studio.integrity.findings import CheckReport, Finding
from syncsphere_desktop.studio.integrity.quarantine import Quarantine
from syncsphere_desktop.studio.integrity.repair import Repair
from syncsphere_desktop.studio.integrity.verifier import AudioVerifier
from tests.database.repositories.audio import Library

RATE = 8000


def wav(seconds: float = 0.25, *, pitch: float = 220.0) -> bytes:
    """A short mono tone; another pitch is another content."""
    stream = BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        frames = (
            round(20_000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(int(seconds * RATE))
        )
        file.writeframes(b"".join(struct.pack("<h", frame) for frame in frames))
    return stream.getvalue()


FACTS = SoundFacts(AudioFormat.WAV, "PCM 16 bit", 0.25, RATE, 1)


class FakeUses:
    """Bundle versions that name files, by their paths."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[BundleUse, ...]] = {}

    def name(self, path: str, version: int = 3) -> None:
        """Let a version of project 7 name this path."""
        self.of[path] = (BundleUse(BundleId(version), ProjectId(7), version, path),)

    async def uses_of_files(self, paths: object) -> dict[str, tuple[BundleUse, ...]]:
        assert isinstance(paths, list | set | tuple)
        return {path: self.of[path] for path in paths if path in self.of}


@dataclass
class Studio:
    """The library under test. `root` is the store's folder."""

    root: Path
    store: AudioStore
    rows: Library
    pool: ProbePool
    uses: FakeUses
    verifier: AudioVerifier
    quarantine: Quarantine
    repair: Repair

    @classmethod
    def over(cls, root: Path, store: AudioStore, database: Database, pool: ProbePool) -> Studio:
        rows, uses = Library.over(database), FakeUses()
        return cls(
            root,
            store,
            rows,
            pool,
            uses,
            AudioVerifier(
                store=store,
                known=rows.stores,
                contents=rows.contents,
                checks=rows.checks,
                prober=pool,
                uses=uses,
                imports=rows.imports,
                rows_at_a_time=8,
            ),
            Quarantine(store=store, trash=rows.trash, files=rows.files, contents=rows.contents, uses=uses),
            Repair(
                store=store,
                files=rows.files,
                contents=rows.contents,
                checks=rows.checks,
                trash=rows.trash,
                prober=pool,
            ),
        )

    async def close(self) -> None:
        """End every thread."""
        for part in (self.verifier, self.quarantine, self.repair):
            await part.close()

    async def claim(self) -> None:
        """Mark the store and remember it, as the first import does."""
        await self.rows.stores.remember(self.store.mark(), self.store.url)

    async def add(
        self, project: ProjectId, name: str, content: bytes | None = None, *, facts: SoundFacts = FACTS
    ) -> AudioFile:
        """Store a file and add its row, as an import does."""
        path = new_path(project, name)
        stored = self.store.put(BytesIO(wav() if content is None else content), path)
        draft = AudioFileDraft(project, name, path)
        return (await self.rows.put([StoredAudio(draft, stored, facts)]))[0]

    async def add_foreign(
        self, project: ProjectId | None, file_path: str, *, file_size: int | None = None
    ) -> AudioFileId:
        """Add a row as another service does: no hash, perhaps no size, any path."""
        return await self.sql(
            "INSERT INTO audio_files (project_id, filename, file_path, file_size)"
            " VALUES (:project, :name, :path, :size) RETURNING id",
            project=project,
            name=file_path.rpartition("/")[2],
            path=file_path,
            size=file_size,
        )

    async def sql(self, statement: str, **values: object) -> AudioFileId:
        """Run a statement that another service would, and return the first value it gives, or 0."""

        def work(connection: object) -> AudioFileId:
            done = connection.execute(text(statement), values)  # type: ignore[attr-defined]
            return AudioFileId(done.scalar_one() if done.returns_rows else 0)

        return await self.rows.database.write(work)

    def file(self, row: AudioFile | str) -> Path:
        """The path of a row's file, behind the store's back."""
        return self.root / (row if isinstance(row, str) else row.file_path)

    def files(self) -> set[str]:
        """Every file below the root but the marker, by its path."""
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
        return found - {".syncsphere/store.json"}

    async def check(self, **options: object) -> CheckReport:
        """Check everything."""
        return await self.verifier.run(**options)  # type: ignore[arg-type]

    async def exists(self, row: AudioFile) -> bool:
        """Whether the row is in the database."""
        return await self.rows.files.find(row.id) is not None


def told(report: CheckReport) -> set[tuple[str, str]]:
    """The kinds of the findings with the names of their files."""
    return {(finding.kind.value, finding.filename or "") for finding in report.findings}


def one(report: CheckReport) -> Finding:
    """The only finding."""
    assert len(report.findings) == 1, report.findings
    return report.findings[0]


def sha256(content: bytes) -> str:
    """The hash of some bytes."""
    return hashlib.sha256(content).hexdigest()
