"""A studio with a real store and database, and takes to be imported into it."""

from __future__ import annotations

import hashlib
import math
import struct
import wave
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audio import AddedAudio, StoredAudio
from syncsphere_desktop.domain.audio_import import RemainingRows
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.project import Project, ProjectDraft
from syncsphere_desktop.domain.user import User, UserDraft
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.storage.store import open_store
from syncsphere_desktop.studio.audio_import.importer import AudioImporter
from syncsphere_desktop.studio.audio_import.plan import ImportPlan, PlannedFile
from syncsphere_desktop.studio.audio_import.report import ImportedFile, ImportReport
from syncsphere_desktop.studio.integrity.quarantine import Quarantine
from tests.database.repositories.audio import Library

RATE = 8000


def write_wav(path: Path, *, seconds: float = 0.05, pitch: float = 220.0) -> Path:
    """Write a short mono tone; another pitch or length is another content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = (round(20_000 * math.sin(2 * math.pi * pitch * n / RATE)) for n in range(int(seconds * RATE)))
    with path.open("wb") as stream, wave.open(stream, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", frame) for frame in frames))
    return path


def write_takes(folder: Path, count: int, *, seconds: float = 0.05) -> Path:
    """Write so many tones, no two of them equal."""
    for number in range(count):
        write_wav(folder / f"{number:03}.wav", seconds=seconds, pitch=100.0 + number)
    return folder


def sha256(path: Path) -> str:
    """The hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Studio:
    """What the tests work with. `root` is the store's folder, `takes` one to import from."""

    root: Path
    takes: Path
    journals: Path
    store: AudioStore
    rows: Library
    pool: ProbePool
    importer: AudioImporter
    project: Project
    user: User
    others: list[AudioImporter] = field(default_factory=list)

    @classmethod
    async def make(cls, folder: Path, database: Database, pool: ProbePool) -> Studio:
        """Make one with a user and a project."""
        root, takes, journals = folder / "audio", folder / "takes", folder / "journals"
        root.mkdir()
        takes.mkdir()
        store, rows = open_store(str(root)), Library.over(database)
        user = await UserRepository(database, "me").add(UserDraft("ada", "ada@studio.example", "x"))
        project = await ProjectRepository(database, "me").add(ProjectDraft("Song", user.id))
        made = cls(root, takes, journals, store, rows, pool, None, project, user)  # type: ignore[arg-type]
        made.importer = made.another()
        return made

    def another(self, **changed: Any) -> AudioImporter:
        """Return one more importer, with other parts where they are given."""
        store = changed.get("store", self.store)
        parts: dict[str, Any] = {
            "store": store,
            "files": self.rows.files,
            "contents": self.rows.contents,
            "imports": self.rows.imports,
            "pool": self.pool,
            "keeper": Quarantine(
                store=store, trash=self.rows.trash, files=self.rows.files, contents=self.rows.contents
            ),
            "journals": self.journals,
        }
        importer = AudioImporter(**{**parts, **changed})
        self.others.append(importer)
        return importer

    async def add_project(self, name: str) -> Project:
        """Add another project."""
        return await ProjectRepository(self.rows.database, "me").add(ProjectDraft(name, self.user.id))

    async def close(self) -> None:
        """End every thread."""
        for importer in self.others:
            await importer.close()
        self.store.close()

    async def plan(self, *sources: Path) -> ImportPlan:
        """Plan an import of these, or of the takes."""
        return await self.importer.plan(sources or [self.takes], self.project)

    async def take(self, *sources: Path) -> ImportReport:
        """Import these, or the takes."""
        return await self.importer.run(await self.plan(*sources), uploader=self.user.id)

    def stored(self) -> set[str]:
        """Every file below the root but the marker, temporary ones too, by its path."""
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
        return found - {".syncsphere/store.json"}

    async def paths(self) -> set[str]:
        """What the rows name."""
        return set(await self.sql("SELECT file_path FROM audio_files"))

    async def sql(self, statement: str, **values: object) -> list[Any]:
        """Run a statement that another service would, and return the first column of what it gives."""

        def work(connection: Connection) -> list[Any]:
            done = connection.execute(text(statement), values)
            return list(done.scalars()) if done.returns_rows else []

        return await self.rows.database.write(work)

    async def must_be_whole(self) -> None:
        """Fail unless every row has its whole file, every file its row, and nothing else is there."""
        rows, files = await self.paths(), self.stored()
        assert sorted(rows - files) == [], "rows without files"
        assert sorted(files - rows) == [], "files without rows"
        for path, size, digest in await self._known():
            content = (self.root / path).read_bytes()
            assert len(content) == size
            assert hashlib.sha256(content).hexdigest() == digest
        assert not list(self.journals.glob("*.journal"))

    async def _known(self) -> list[tuple[str, int, str]]:
        query = (
            "SELECT file_path || chr(10) || size || chr(10) || encode(sha256, 'hex')"
            " FROM syncsphere_desktop.audio_content"
        )
        lines = [row.split("\n") for row in await self.sql(query)]
        return [(path, int(size), digest) for path, size, digest in lines]


class WatchedRows:
    """The real rows, with room for something to happen around them."""

    def __init__(self, studio: Studio) -> None:
        self._files = studio.rows.files
        self.calls = 0

    async def add_many(
        self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
    ) -> tuple[AddedAudio, ...]:
        self.calls += 1
        return await self._files.add_many(stored, import_id, but_for=but_for)

    async def remaining(self, ids: Collection[AudioFileId], project_id: ProjectId) -> RemainingRows:
        return await self._files.remaining(ids, project_id)


def of(files: tuple[PlannedFile, ...], name: str) -> PlannedFile:
    """The planned file of this name."""
    return next(file for file in files if file.source.name == name)


def told(report: ImportReport, name: str) -> ImportedFile:
    """What became of the file of this name."""
    return next(file for file in report.files if Path(file.path).name == name)


def statuses(report: ImportReport) -> dict[str, str]:
    """What became of each file, by its name."""
    return {Path(file.path).name: file.status.value for file in report.files}
