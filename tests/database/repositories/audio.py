"""What the tests of the audio library's repositories share: a studio with files whose content is known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_checks import AudioCheckRepository
from syncsphere_desktop.database.repositories.audio_contents import AudioContentRepository
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.audio_imports import AudioImportRepository
from syncsphere_desktop.database.repositories.audio_stores import AudioStoreRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.trash import TrashRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, Sort
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.sound import AudioFormat, Content, SoundFacts
from syncsphere_desktop.domain.user import UserDraft

FACTS = SoundFacts(AudioFormat.FLAC, "FLAC 24 bit", 1.5, 48_000, 2)


def sha256(text: str) -> str:
    """The hash of some text, for a content."""
    return hashlib.sha256(text.encode()).hexdigest()


def stored(project: ProjectId, filename: str, content: str, *, facts: SoundFacts = FACTS) -> StoredAudio:
    """A file in the store whose bytes are `content`."""
    path = f"projects/{project}/{uuid4().hex[:8]}-{filename}"
    return StoredAudio(AudioFileDraft(project, filename, path), Content(len(content), sha256(content)), facts)


@dataclass(frozen=True)
class Library:
    """The repositories over one database."""

    database: Database
    files: AudioFileRepository
    contents: AudioContentRepository
    imports: AudioImportRepository
    checks: AudioCheckRepository
    stores: AudioStoreRepository
    trash: TrashRepository

    @classmethod
    def over(cls, database: Database, actor: str = "me") -> Library:
        return cls(
            database,
            AudioFileRepository(database, actor),
            AudioContentRepository(database, actor),
            AudioImportRepository(database, actor),
            AudioCheckRepository(database, actor),
            AudioStoreRepository(database, actor),
            TrashRepository(database, actor),
        )

    async def project(self, name: str = "tape") -> ProjectId:
        """Add a project with an owner of its own."""
        users, projects = UserRepository(self.database, "me"), ProjectRepository(self.database, "me")
        owner = await users.add(UserDraft(f"{name}'s owner", f"{uuid4().hex}@x", "-"))
        return (await projects.add(ProjectDraft(name, owner.id))).id

    async def add(self, project: ProjectId, *names: str) -> tuple[AudioFile, ...]:
        """Add files; `kick=boom` is a file named kick whose content is `boom`, `kick` one with its name."""
        files = [stored(project, name.partition("=")[0], name.rpartition("=")[2]) for name in names]
        return await self.put(files)

    async def put(self, files: Sequence[StoredAudio], import_id: UUID | None = None) -> tuple[AudioFile, ...]:
        """Add rows, also of contents that are there already, and return them."""
        copies = await self.contents.rows_with_sha256([one.content.sha256 for one in files])
        added = await self.files.add_many(files, import_id or uuid4(), but_for=[row.id for row in copies])
        return tuple([await self.files.get(one.id) for one in added])

    async def names(
        self, sort: str = "id", *, descending: bool = False, search: str = "", **filters: FilterValue
    ) -> list[str]:
        """The names of the files that a list shows, in its order; both ways of asking agree."""
        query = ListQuery(Sort(sort, descending), search, filters)
        self.files.rows.forget()
        first, _count = await self.files.rows.first_page(query, 1000)
        await self.files.rows.prepare(query)
        page = await self.files.rows.page(query, 0, 1000)
        assert page.rows == first.rows
        return [row.filename for row in page.rows if row is not None]
