"""Which stored versions name an audio file, and by what that is told."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection
from typing_extensions import override

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_contents import AudioContentRepository
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.database.repositories.bundle_samples import BundleSampleRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.database.tables import project_bundles
from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft
from syncsphere_desktop.domain.bundle_facts import BundleFacts, BundleSample, UnreadBundle
from syncsphere_desktop.domain.bundle_use import MatchedBy
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, ProjectId, RowVersion
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.sound import Content, ContentState
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundle_index import BundleIndexReport, index_bundles
from tests.bundle_maker import BoxOf, bundle, graph, sample_bundle
from tests.database_work import opened
from tests.servers import execute

KICK, PAD = UUID(int=0x1234), UUID(int=0x5678)


class Studio:
    """Two projects, and versions with samples in them."""

    def __init__(self, database: Database, tape: ProjectId, vinyl: ProjectId) -> None:
        self.database, self.tape, self.vinyl = database, tape, vinyl
        self.facts = BundleFactsRepository(database)
        self.uses = BundleSampleRepository(database)
        self.files = AudioFileRepository(database, "me")

    async def version(self, project: ProjectId | None, data: bytes, number: int | None = 1) -> BundleId:
        """Store a version as other services do."""

        def work(connection: Connection) -> BundleId:
            values = {"bundle_data": data, "version": number, "project_id": project}
            row = connection.execute(project_bundles.insert().values(values).returning(project_bundles.c.id))
            return BundleId(row.scalar_one())

        return await self.database.write(work)

    async def index(self) -> BundleIndexReport:
        return await index_bundles(self.facts, BundleStreams(self.database))

    async def file(self, project: ProjectId | None, name: str, path: str | None = None) -> AudioFile:
        draft = AudioFileDraft(project or self.tape, name, path or f"uploads/{uuid4().hex[:6]}/x.wav")
        file = await self.files.add(draft)
        return file if project else await self.files.update(file, {"project_id": None})

    async def told(self, file: AudioFile) -> list[tuple[BundleId, str, MatchedBy]]:
        found = await self.uses.uses_of_rows([file.id])
        return [(use.bundle_id, use.sample, use.by) for use in found.get(file.id, ())]


def project_with(**samples: UUID) -> bytes:
    """A bundle that names samples, `kick_wav` standing for `kick.wav`."""
    boxes = [BoxOf("AudioFileBox", uuid, {3: name.replace("_", ".")}) for name, uuid in samples.items()]
    return bundle(graph(boxes))


@pytest.fixture
async def studio(database: Database) -> Studio:
    ada = await UserRepository(database, "me").add(UserDraft("ada", "a@x", "-"))
    projects = ProjectRepository(database, "me")
    tape = await projects.add(ProjectDraft("tape", ada.id))
    vinyl = await projects.add(ProjectDraft("vinyl", ada.id))
    return Studio(database, tape.id, vinyl.id)


async def test_versions_are_read_once_each(studio: Studio, target: ConnectionTarget) -> None:
    first = await studio.version(studio.tape, sample_bundle("v1"), 1)
    second = await studio.version(studio.tape, sample_bundle("v2"), 2)
    odd = await studio.version(studio.vinyl, b"", None)
    assert await studio.facts.count_unread() == 3

    assert await studio.index() == BundleIndexReport(read=3, troubled=1)
    assert await studio.index() == BundleIndexReport()

    known = await studio.facts.of_project(studio.tape)
    facts = known[second]
    assert set(known) == {first, second}
    assert (facts.kind, facts.problem, facts.boxes, facts.units, facts.tracks) == ("bundle", None, 41, 5, 4)
    assert (facts.samples, facts.samples_inside, facts.sample_bytes) == (1, 1, 768044)
    assert (facts.tempo, facts.signature, facts.name, facts.regions) == (122.0, (4, 4), "Midnight Session", 2)
    assert str(facts.uuid) == "7f3c0c52-5a8e-4c7e-9b53-2f6d3a1e9c01"
    assert facts.size == len(sample_bundle("v2"))
    (sample,) = await studio.facts.samples_of(second)
    assert (sample.name, sample.bytes, sample.in_bundle) == ("vox take 1.wav", 768044, True)
    empty = (await studio.facts.of([odd]))[odd]
    assert (empty.kind, empty.problem, empty.boxes) == ("empty", "It is empty.", 0)

    execute(target, f"UPDATE project_bundles SET bundle_data = 'OPEN' WHERE id = {first}")
    assert await studio.facts.of([first]) == {}
    assert [unread.id for unread in await studio.facts.unread()] == [first]
    execute(target, f"DELETE FROM project_bundles WHERE id = {second}")
    assert await studio.index() == BundleIndexReport(read=1, troubled=1, forgotten=1)
    assert await studio.facts.samples_of(second) == ()


async def test_a_version_that_is_gone_meanwhile_is_left(studio: Studio, target: ConnectionTarget) -> None:
    bundle_id = await studio.version(studio.tape, b"")
    (unread,) = await studio.facts.unread()
    facts = BundleFacts(bundle_id, studio.tape, 0, unread.row_version, "empty")

    assert not await studio.facts.keep(replace(facts, row_version=RowVersion(1)), ())
    execute(target, "DELETE FROM project_bundles")
    assert not await studio.facts.keep(facts, ())

    class Late(BundleFactsRepository):
        @override
        async def unread(self, after: BundleId | None = None, limit: int = 200) -> tuple[UnreadBundle, ...]:
            return () if after else (unread,)

    report = await index_bundles(Late(studio.database), BundleStreams(studio.database))
    assert report == BundleIndexReport(left=1)


async def test_what_a_bundle_says_can_always_be_kept(studio: Studio) -> None:
    names = {UUID(int=1): "a\0b\ud800.wav", UUID(int=2): "x" * 5000, UUID(int=3): "", UUID(int=4): "\0"}
    boxes = [BoxOf("AudioFileBox", uuid, {3: name}) for uuid, name in names.items()]
    odd = bundle(graph(boxes), meta={"name": "n\0\ud800", "artist": "y" * 5000})
    bundle_id = await studio.version(studio.tape, odd)

    await studio.index()

    facts = (await studio.facts.of([bundle_id]))[bundle_id]
    assert facts.name is not None
    assert facts.name.startswith("n")
    assert facts.artist == "y" * 255
    kept = {sample.uuid: sample.name for sample in await studio.facts.samples_of(bundle_id)}
    assert kept == {UUID(int=1): "ab\ufffd.wav", UUID(int=2): "x" * 255, UUID(int=3): "", UUID(int=4): ""}


async def test_a_file_is_known_by_its_name_in_its_project(studio: Studio) -> None:
    first = await studio.version(studio.tape, project_with(Kick_wav=KICK), 1)
    second = await studio.version(studio.tape, project_with(KICK=KICK, pad_wav=PAD), None)
    await studio.version(studio.vinyl, project_with(other_wav=KICK))
    await studio.index()

    kick = await studio.file(studio.tape, "kick.WAV")
    assert await studio.told(kick) == [(second, "KICK", MatchedBy.STEM), (first, "Kick.wav", MatchedBy.NAME)]
    assert await studio.told(await studio.file(studio.tape, "kick")) == [
        (second, "KICK", MatchedBy.NAME),
        (first, "Kick.wav", MatchedBy.STEM),
    ]
    assert await studio.told(await studio.file(studio.tape, "kick.flac")) == [
        (second, "KICK", MatchedBy.STEM),
        (first, "Kick.wav", MatchedBy.STEM),
    ]
    assert await studio.told(await studio.file(studio.vinyl, "kick.wav")) == []
    assert await studio.told(await studio.file(studio.tape, "kick 2.wav")) == []
    found = await studio.uses.versions_naming(studio.tape, "pad.wav", "somewhere")
    assert [(use.bundle_id, use.version, use.project_id) for use in found] == [(second, None, studio.tape)]


async def test_a_file_is_known_by_the_uuid_in_its_path(studio: Studio) -> None:
    bundle_id = await studio.version(studio.vinyl, project_with(vox_wav=KICK))
    await studio.index()

    for path in (f"samples/{KICK}/audio.wav", f"samples/{KICK.hex.upper()}.wav"):
        file = await studio.file(studio.tape, "something else.wav", path)
        assert await studio.told(file) == [(bundle_id, "vox.wav", MatchedBy.UUID)]


async def test_a_file_is_known_by_its_content(studio: Studio) -> None:
    digest = hashlib.sha256(b"kick").hexdigest()
    bundle_id = await studio.version(studio.vinyl, b"")
    (unread,) = await studio.facts.unread()
    facts = BundleFacts(bundle_id, studio.vinyl, 0, unread.row_version, "bundle")
    await studio.facts.keep(facts, [BundleSample(KICK, "deep.wav", 4, 1, digest)])
    file = await studio.file(studio.tape, "other.wav")
    assert await studio.told(file) == []

    await AudioContentRepository(studio.database, "me").record(
        file.id, file.file_path, content=Content(4, digest), state=ContentState.SOUND
    )

    assert await studio.told(file) == [(bundle_id, "deep.wav", MatchedBy.CONTENT)]
    assert (await studio.files.get(file.id)).used_by == 1
    (kept,) = await studio.facts.samples_of(bundle_id)
    assert kept.sha256 == digest


async def test_the_surest_way_is_told(studio: Studio) -> None:
    bundle_id = await studio.version(studio.tape, project_with(kick_wav=PAD, snare_wav=KICK))
    await studio.index()

    file = await studio.file(studio.tape, "kick.wav", f"{KICK}.wav")

    assert await studio.told(file) == [(bundle_id, "snare.wav", MatchedBy.UUID)]


async def test_without_a_project_a_name_is_looked_for_in_all(studio: Studio) -> None:
    bundle_id = await studio.version(studio.vinyl, project_with(kick_wav=KICK))
    await studio.index()
    file = await studio.file(None, "kick.wav")

    assert await studio.told(file) == [(bundle_id, "kick.wav", MatchedBy.NAME_ONLY)]


async def test_paths_of_the_store_tell_what_they_can(studio: Studio, target: ConnectionTarget) -> None:
    one = await studio.version(studio.tape, project_with(Kick_wav=KICK), 1)
    two = await studio.version(studio.vinyl, project_with(kick_wav=PAD), 7)
    await studio.index()
    row = await studio.file(studio.tape, "kick.wav", "deep/blob")
    execute(
        target,
        "INSERT INTO syncsphere_desktop.trash (actor, reason, state, project_id, filename, original_path,"
        f" expires_at) VALUES ('me', 'r', 'held', {studio.vinyl}, 'kick.wav', 'gone/blob', now())",
    )
    paths = [
        f"projects/{studio.tape}/Kick-3f9a1c2e.wav",
        f"projects/{studio.vinyl}/kick.flac",
        "elsewhere/kick.wav",
        row.file_path,
        "gone/blob",
        "nothing/like it.wav",
        "broken\0.wav",
        "half\ud800.wav",
    ]

    found = await studio.uses.uses_of_files(paths)

    told = {path: [(use.bundle_id, use.by) for use in uses] for path, uses in found.items()}
    assert told == {
        paths[0]: [(one, MatchedBy.NAME)],
        paths[1]: [(two, MatchedBy.STEM)],
        paths[2]: [(two, MatchedBy.NAME_ONLY), (one, MatchedBy.NAME_ONLY)],
        paths[3]: [(one, MatchedBy.NAME)],
        paths[4]: [(two, MatchedBy.NAME)],
    }
    assert found[paths[1]][0].version == 7
    assert await studio.uses.uses_of_files([]) == {}


async def test_only_the_newest_uses_are_named(studio: Studio) -> None:
    ids = [await studio.version(studio.tape, project_with(kick_wav=KICK), number) for number in range(5)]
    await studio.index()
    file = await studio.file(studio.tape, "kick.wav")

    found = await studio.uses.uses_of_rows([file.id], most=2)

    assert [use.bundle_id for use in found[file.id]] == ids[:-3:-1]
    assert await studio.uses.count_uses([file.id]) == {file.id: 5}


async def test_the_library_counts_uses_where_they_are_known(studio: Studio) -> None:
    used = await studio.file(studio.tape, "kick.wav")
    unused = await studio.file(studio.tape, "snare.wav")
    alone = await studio.file(None, "pad.wav")

    async def counted() -> dict[AudioFileId, int | None]:
        page, _ = await studio.files.rows.first_page(ListQuery(sort=Sort("id")), 10)
        return {file.id: file.used_by for file in page.rows if file is not None}

    assert await counted() == {used.id: 0, unused.id: 0, alone.id: 0}  # there is no version at all
    await studio.version(studio.tape, project_with(kick_wav=KICK))
    assert await counted() == {used.id: None, unused.id: None, alone.id: None}
    await studio.index()
    assert await counted() == {used.id: 1, unused.id: 0, alone.id: 0}
    await studio.version(studio.tape, b"")
    assert await counted() == {used.id: 1, unused.id: None, alone.id: None}
    assert (await studio.files.get(used.id)).used_by == 1


async def test_without_the_side_tables_nothing_is_known(studio: Studio, target: ConnectionTarget) -> None:
    await studio.version(studio.tape, os.urandom(10))
    file = await studio.file(studio.tape, "kick.wav")
    execute(target, "DROP TABLE syncsphere_desktop.bundle_facts, syncsphere_desktop.bundle_samples")
    async with opened(target) as database:  # what a connection may do is asked when it is new
        await _nothing_is_known(Studio(database, studio.tape, studio.vinyl), file.id)


async def _nothing_is_known(studio: Studio, file_id: AudioFileId) -> None:
    async def everything() -> list[object]:
        return [
            await studio.facts.can_keep(),
            await studio.facts.unread(),
            await studio.facts.count_unread(),
            await studio.facts.of_project(studio.tape),
            await studio.facts.samples_of(BundleId(1)),
            await studio.facts.forget_gone(),
            await studio.facts.keep(BundleFacts(BundleId(1), None, 0, RowVersion(0), "empty"), ()),
            await studio.uses.uses_of_files(["kick.wav"]),
            await studio.uses.uses_of_rows([file_id]),
            await studio.uses.versions_naming(None, "kick.wav", "kick.wav"),
            await studio.uses.count_uses([file_id]),
        ]

    assert await everything() == [False, (), 0, {}, (), 0, False, {}, {}, (), {}]
    assert await studio.index() == BundleIndexReport(possible=False)
    assert (await studio.files.get(file_id)).used_by is None


async def test_a_restricted_database_is_not_written_to(studio: Studio) -> None:
    await studio.version(studio.tape, b"")
    studio.database.restrict("Reading only.")

    assert await studio.index() == BundleIndexReport(possible=False)
    assert await studio.facts.forget_gone() == 0
    assert not await studio.facts.keep(BundleFacts(BundleId(1), None, 0, RowVersion(0), "empty"), ())
