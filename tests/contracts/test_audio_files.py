"""What every store of audio files keeps to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import uuid4

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_contents import AudioContentRepository
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, UserId
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, RowSource, Sort
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.sound import AudioFormat, Content, ContentState, SoundFacts
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.errors import ConflictError, InputError, NotFoundError, UsageError
from syncsphere_desktop.settings import ConnectionTarget
from tests.fakes.library import InMemoryAudio
from tests.fakes.projects import InMemoryProjects
from tests.fakes.studio import InMemoryStudio
from tests.fakes.users import InMemoryUsers

SORTS = (
    "filename", "file_path", "file_size", "duration", "sample_rate", "channels", "format", "created_at", "id",
    "project", "uploader", "state", "sha256", "codec", "verified_at", "copies", "used_by",
)  # fmt: skip


class AudioStore(Protocol):
    """What the library's view needs of the rows."""

    @property
    def rows(self) -> RowSource[AudioFile]: ...
    async def get(self, file_id: AudioFileId) -> AudioFile: ...
    async def find(self, file_id: AudioFileId) -> AudioFile | None: ...
    async def update(self, base: AudioFile, changes: Mapping[str, object]) -> AudioFile: ...
    async def remove(self, ids: Sequence[AudioFileId]) -> int: ...


class Shelf(Protocol):
    """A studio whose user `ada` has the projects 1 and 2, `tape` and `reel`, and the files that are added."""

    @property
    def files(self) -> AudioStore: ...

    async def add(
        self, filename: str, content: str | None, project: int, facts: SoundFacts, uploader: int | None
    ) -> AudioFile:
        """Add a file that is known by its content, or with None one that nobody has looked at."""
        ...

    async def mark(self, file: AudioFile, state: ContentState) -> AudioFile:
        """Have a check find something about a file."""
        ...


class _InDatabase:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.files = AudioFileRepository(database, "ada@test")
        self._is_set_up = False

    async def add(
        self, filename: str, content: str | None, project: int, facts: SoundFacts, uploader: int | None
    ) -> AudioFile:
        if not self._is_set_up:
            self._is_set_up = True
            ada = await UserRepository(self._database, "x").add(UserDraft("ada", "ada@x", "-"))
            for name in ("tape", "reel"):
                await ProjectRepository(self._database, "x").add(ProjectDraft(name, ada.id))
        path = f"projects/{project}/{uuid4()}/{filename}"
        by = None if uploader is None else UserId(uploader)
        draft = AudioFileDraft(ProjectId(project), filename, path, uploaded_by=by)
        if content is None:
            return await self.files.add(draft)
        stored = StoredAudio(draft, Content(len(content), _sha256(content)), facts)
        contents = AudioContentRepository(self._database, "x")
        copies = await contents.rows_with_sha256([stored.content.sha256])
        [added] = await self.files.add_many([stored], uuid4(), but_for=[row.id for row in copies])
        return await self.files.get(added.id)

    async def mark(self, file: AudioFile, state: ContentState) -> AudioFile:
        await AudioContentRepository(self._database, "x").record(file.id, file.file_path, state=state)
        return await self.files.get(file.id)


class _InMemory:
    def __init__(self) -> None:
        self._studio = InMemoryStudio()
        self._audio = InMemoryAudio(self._studio)
        self.files = self._audio

    async def add(
        self, filename: str, content: str | None, project: int, facts: SoundFacts, uploader: int | None
    ) -> AudioFile:
        if not list(self._studio.users):
            ada = await InMemoryUsers(self._studio).add(UserDraft("ada", "ada@x.y", "-"))
            for name in ("tape", "reel"):
                await InMemoryProjects(self._studio).add(ProjectDraft(name, ada.id))
        known = content is not None
        return self._audio.put(
            filename,
            project_id=ProjectId(project),
            uploaded_by=None if uploader is None else UserId(uploader),
            file_path=f"projects/{project}/{uuid4()}/{filename}",
            duration=facts.duration if known else None,
            sample_rate=facts.sample_rate if known else None,
            channels=facts.channels if known else None,
            format=facts.format.value if known else None,
            codec=facts.codec if known else None,
            file_size=len(content) if content is not None else None,
            sha256=_sha256(content) if content is not None else None,
            import_id=uuid4() if known else None,
            verified_at=self._studio.now() if known else None,
            state=ContentState.SOUND if known else ContentState.UNCHECKED,
        )

    async def mark(self, file: AudioFile, state: ContentState) -> AudioFile:
        self._audio.files.put(replace(file, state=state, project_name=None, uploader_name=None))
        return await self._audio.get(file.id)


@pytest.fixture(params=["database", "memory"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    """An empty library: once in PostgreSQL, once in memory."""
    if request.param == "memory":
        yield _InMemory()
        return
    target: ConnectionTarget = request.getfixturevalue("target")
    database = Database(target, recovery_seconds=5.0)
    yield _InDatabase(database)
    asyncio.run(database.shutdown())


def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def facts(
    seconds: float = 1.5, form: AudioFormat = AudioFormat.WAV, rate: int = 48_000, channels: int = 2
) -> SoundFacts:
    """What a file sounds like on paper."""
    return SoundFacts(form, "PCM 16 bit", seconds, rate, channels)


async def add(shelf: Shelf, *names: str) -> list[AudioFile]:
    """Add files to `tape`: `kick=boom` has the content `boom`, `kick` nobody has looked at."""
    return [
        await shelf.add(name.partition("=")[0], name.partition("=")[2] or None, 1, facts(), None)
        for name in names
    ]


async def shown(
    shelf: Shelf, sort: str = "id", search: str = "", *, descending: bool = False, **filters: FilterValue
) -> list[str]:
    """The names that a list shows, in its order."""
    query = ListQuery(Sort(sort, descending), search, filters)
    await shelf.files.rows.prepare(query)
    page = await shelf.files.rows.page(query, 0, 100)
    return [file.filename for file in page.rows if file is not None]


async def test_a_row_is_shown_with_the_names_of_its_project_and_uploader(shelf: Shelf) -> None:
    file = await shelf.add("kick", "boom", 2, facts(), 1)
    assert (file.project_name, file.uploader_name) == ("reel", "ada")
    assert (file.state, file.sha256, file.codec) == (ContentState.SOUND, _sha256("boom"), "PCM 16 bit")
    assert (file.file_size, file.duration, file.sample_rate, file.channels, file.format) == (
        4, 1.5, 48_000, 2, "wav",
    )  # fmt: skip
    assert await shelf.files.get(file.id) == file
    assert await shelf.files.find(AudioFileId(99)) is None
    with pytest.raises(NotFoundError):
        await shelf.files.get(AudioFileId(99))


async def test_a_row_is_sorted_by_every_key_those_without_a_value_last(shelf: Shelf) -> None:
    await add(shelf, "b=22", "a=1", "unknown")
    for sort in SORTS:
        assert sorted(await shown(shelf, sort)) == ["a", "b", "unknown"]
        assert sorted(await shown(shelf, sort, descending=True)) == ["a", "b", "unknown"]
    for sort in ("file_size", "duration", "sha256", "codec", "format"):
        assert (await shown(shelf, sort))[-1] == "unknown"
        assert (await shown(shelf, sort, descending=True))[-1] == "unknown"
    assert await shown(shelf, "file_size") == ["a", "b", "unknown"]
    assert await shown(shelf, "state") == ["b", "a", "unknown"]
    with pytest.raises(UsageError):
        await shown(shelf, "colour")


async def test_rows_are_found_by_what_they_say(shelf: Shelf) -> None:
    await shelf.add("kick", "1", 1, facts(2.5), 1)
    await shelf.add("vox", "2", 2, facts(60, AudioFormat.MP3, 44_100, 1), None)
    await shelf.add("unknown", None, 1, facts(), None)
    assert await shown(shelf, project_id=1) == ["kick", "unknown"]
    assert await shown(shelf, user_id=1) == ["kick"]
    assert await shown(shelf, user_id=None) == ["vox", "unknown"]
    assert await shown(shelf, format="mp3", sample_rate=44_100, channels=1) == ["vox"]
    assert await shown(shelf, duration_min=2.5) == ["kick", "vox"]
    assert await shown(shelf, duration_max=59.9) == ["kick"]
    assert await shown(shelf, search="REE") == ["vox"]
    assert await shown(shelf, search="ad ki") == ["kick"]
    assert await shown(shelf, search="projects/1/") == ["kick", "unknown"]
    with pytest.raises(UsageError):
        await shown(shelf, colour="red")


async def test_rows_are_found_by_what_is_known_of_their_files(shelf: Shelf) -> None:
    kick, _snare, _unknown = await add(shelf, "kick=1", "snare=2", "unknown")
    marked = await shelf.mark(kick, ContentState.MISSING)
    assert marked.state is ContentState.MISSING
    assert await shown(shelf, state="missing") == ["kick"]
    assert await shown(shelf, state="sound") == ["snare"]
    assert await shown(shelf, state="unchecked") == ["unknown"]
    assert await shown(shelf, sha256=_sha256("2")) == ["snare"]
    assert await shown(shelf, import_id=str(kick.import_id)) == ["kick"]


async def test_copies_are_counted_and_stand_together(shelf: Shelf) -> None:
    files = await add(shelf, "d=1", "a=2", "e=3", "b=1", "c=2", "f")
    assert [(await shelf.files.get(file.id)).copies for file in files] == [2, 2, 1, 2, 2, 1]
    assert await shown(shelf, "filename", duplicates=True) == ["a", "c", "b", "d"]
    assert await shown(shelf, "filename", descending=True, duplicates=True) == ["d", "b", "c", "a"]
    assert await shown(shelf, "filename", duplicates=False) == ["e", "f"]
    await shelf.files.remove([files[0].id])
    assert await shown(shelf, "filename", duplicates=True) == ["a", "c"]


async def test_an_edit_of_a_changed_row_is_a_conflict(shelf: Shelf) -> None:
    [kick] = await add(shelf, "kick=1")
    theirs = await shelf.files.update(kick, {"filename": " theirs "})
    assert theirs.filename == "theirs"
    assert (theirs.sha256, theirs.state) == (kick.sha256, kick.state)
    with pytest.raises(ConflictError):
        await shelf.files.update(kick, {"filename": "mine"})
    assert await shelf.files.update(theirs, {"filename": "theirs"}) == theirs
    with pytest.raises(InputError):
        await shelf.files.update(theirs, {"filename": ""})


async def test_a_row_that_names_another_path_is_unchecked(shelf: Shelf) -> None:
    [kick] = await add(shelf, "kick=1")
    moved = await shelf.files.update(kick, {"file_path": "elsewhere"})
    assert (moved.state, moved.sha256, moved.codec) == (ContentState.UNCHECKED, None, None)


async def test_removed_rows_are_gone(shelf: Shelf) -> None:
    kick, snare = await add(shelf, "kick=1", "snare=2")
    assert await shelf.files.remove([kick.id, AudioFileId(99)]) == 1
    assert await shown(shelf) == ["snare"]
    with pytest.raises(NotFoundError):
        await shelf.files.remove([kick.id])
    with pytest.raises(NotFoundError):
        await shelf.files.update(kick, {"filename": "x"})
    assert (await shelf.files.get(snare.id)).filename == "snare"
