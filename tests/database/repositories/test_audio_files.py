"""Rows of audio files with what is known of them: added in bulk, listed, moved, replaced, removed."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection, func, select

from syncsphere_desktop.database.audit import AuditLog
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.tables import audio_content
from syncsphere_desktop.domain.audio import AudioFileDraft
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.sound import AudioFormat, ContentState, SoundFacts
from syncsphere_desktop.errors import ConflictError, InputError, InUseError, NotFoundError, UsageError
from tests.database.repositories.audio import Library, sha256, stored

ALL_SORTS = (
    "filename", "file_path", "file_size", "duration", "sample_rate", "channels", "format", "created_at", "id",
    "project", "uploader", "state", "sha256", "codec", "verified_at", "copies", "used_by",
)  # fmt: skip


async def known(library: Library) -> int:
    """How many rows `audio_content` has."""

    def work(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(audio_content)).scalar_one()

    return await library.database.run(work)


async def test_files_are_added_in_order_with_all_that_is_known_of_them(library: Library) -> None:
    project, import_id = await library.project(), uuid4()
    await library.imports.begin(import_id, project, "/takes")
    wanted = [stored(project, f"{number}.flac", f"content {number}") for number in range(250)]
    added = await library.put(wanted, import_id)
    assert [file.filename for file in added] == [one.draft.filename for one in wanted]
    assert [file.sha256 for file in added] == [one.content.sha256 for one in wanted]
    first = added[0]
    assert (first.state, first.codec, first.import_id) == (ContentState.SOUND, "FLAC 24 bit", import_id)
    assert (first.file_size, first.duration, first.sample_rate, first.channels, first.format) == (
        9, 1.5, 48_000, 2, "flac",
    )  # fmt: skip
    assert first.project_name == "tape"
    assert first.verified_at is not None
    assert await library.files.get(first.id) == first
    assert (await library.imports.get(import_id)).imported == 250
    assert (await library.imports.get(import_id)).bytes == sum(one.content.size for one in wanted)


async def test_each_added_row_has_an_audit_entry(library: Library) -> None:
    kick, snare = await library.add(await library.project(), "kick", "snare")
    log = AuditLog(library.database)
    for file in (kick, snare):
        [entry] = await log.history(Entity.AUDIO_FILE, file.id)
        assert (entry.action, entry.actor, entry.before) == ("add", "me", None)
        assert entry.after is not None
        assert entry.after["file_path"] == file.file_path


async def test_nothing_is_added_to_a_project_that_is_gone(library: Library) -> None:
    project = await library.project()
    with pytest.raises(InUseError, match="project is gone"):
        await library.files.add_many(
            [stored(project, "a.wav", "a"), stored(ProjectId(99), "b.wav", "b")], uuid4()
        )
    assert await library.names() == []
    assert await library.files.add_many([], uuid4()) == ()


async def test_all_or_none_are_added(library: Library) -> None:
    project = await library.project()
    good, bad = stored(project, "a.wav", "a"), stored(project, "b.wav", "b")
    with pytest.raises(InUseError):
        await library.files.add_many(
            [good, replace(bad, draft=replace(bad.draft, uploaded_by=UserId(99)))], uuid4()
        )
    with pytest.raises(InputError):
        await library.files.add_many(
            [good, replace(bad, draft=replace(bad.draft, filename="x" * 256))], uuid4()
        )
    assert await library.names() == []
    assert await known(library) == 0


async def test_a_content_that_the_project_has_by_now_gets_no_second_row(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    import_id = uuid4()
    await library.imports.begin(import_id, tape, "/takes")
    [kick] = await library.add(tape, "kick=boom")
    files = [stored(tape, "again", "boom"), stored(tape, "snare", "clap"), stored(reel, "kick", "boom")]
    again, snare, other = await library.files.add_many(files, import_id)
    assert (again.id, again.is_new) == (kick.id, False)
    assert snare.is_new
    assert other.is_new
    assert await library.names() == ["kick", "snare", "kick"]
    assert (await library.imports.get(import_id)).imported == 2
    [mended] = await library.files.add_many([files[0]], import_id, but_for=[kick.id])
    assert mended.is_new
    [spelt] = await library.files.add_many([stored(tape, "x", "clap")], import_id, but_for=[kick.id])
    assert not spelt.is_new


async def test_an_uploader_who_is_gone_is_named(library: Library) -> None:
    tape = await library.project()
    one = stored(tape, "kick", "boom")
    with pytest.raises(InUseError, match="uploader is gone: the user with the id 99"):
        await library.files.add_many(
            [replace(one, draft=replace(one.draft, uploaded_by=UserId(99)))], uuid4()
        )
    assert await library.names() == []


async def test_it_is_told_which_rows_remain(library: Library) -> None:
    tape = await library.project()
    kick, snare = await library.add(tape, "kick", "snare")
    await library.files.remove([kick.id])
    remaining = await library.files.remaining([kick.id, snare.id], tape)
    assert (remaining.ids, remaining.has_project) == (frozenset({snare.id}), True)
    assert not (await library.files.remaining([], ProjectId(99))).has_project


async def test_each_column_can_be_sorted_by_in_both_ways(library: Library) -> None:
    project = await library.project()
    await library.add(project, "b=1", "a=22", "c=1")
    await library.files.add(AudioFileDraft(project, "unknown", "elsewhere/unknown"))
    for sort in ALL_SORTS:
        up, down = await library.names(sort), await library.names(sort, descending=True)
        assert sorted(up) == sorted(down) == ["a", "b", "c", "unknown"]
    assert await library.names("file_size") == ["b", "c", "a", "unknown"]
    assert await library.names("copies", descending=True) == ["c", "b", "unknown", "a"]
    assert await library.names("state") == ["b", "a", "c", "unknown"]
    assert (await library.names("sha256"))[-1] == "unknown"


async def test_the_list_is_narrowed_by_what_the_rows_say(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    await library.add(tape, "kick", "snare")
    mp3 = SoundFacts(AudioFormat.MP3, "MP3", 61.5, 44_100, 1)
    await library.files.add_many([stored(reel, "vox", "vox", facts=mp3)], uuid4())
    assert await library.names(project_id=tape) == ["kick", "snare"]
    assert await library.names(format="mp3") == ["vox"]
    assert await library.names(sample_rate=44_100, channels=1) == ["vox"]
    assert await library.names(duration_min=61.5) == ["vox"]
    assert await library.names(duration_max=61.4) == ["kick", "snare"]
    assert await library.names(duration_min=1, duration_max=2, project_id=reel) == []
    assert await library.names(user_id=None) == ["kick", "snare", "vox"]
    assert await library.names(project_id=None) == []
    with pytest.raises(UsageError, match="nothing to filter by"):
        await library.names(colour="red")
    with pytest.raises(UsageError, match="nothing to sort by"):
        await library.names("colour")


async def test_the_list_is_searched_by_names_of_files_projects_and_people(library: Library) -> None:
    tape, reel = await library.project("100% tape"), await library.project("reel_1")
    await library.add(tape, "kick", "snare")
    [vox] = await library.add(reel, "vox")
    await library.files.update(vox, {"uploaded_by": UserId(2)})
    assert await library.names(search="0% KICK") == ["kick"]
    assert await library.names(search="l_1") == ["vox"]
    assert await library.names(search="owner") == ["vox"]
    assert await library.names(search=f"projects/{tape}/") == ["kick", "snare"]
    assert await library.names(search="%") == ["kick", "snare"]


async def test_the_list_is_narrowed_by_what_is_known_of_the_files(library: Library) -> None:
    project = await library.project()
    [kick, _snare] = await library.add(project, "kick", "snare")
    [vox] = await library.add(project, "vox")
    await library.files.add(AudioFileDraft(project, "unknown", "elsewhere/unknown"))
    await library.contents.record(kick.id, kick.file_path, state=ContentState.MISSING, details="Gone.")
    assert await library.names(state="missing") == ["kick"]
    assert await library.names(state="sound") == ["snare", "vox"]
    assert await library.names(state="unchecked") == ["unknown"]
    assert await library.names(import_id=str(vox.import_id)) == ["vox"]
    assert await library.names(import_id="no id") == []
    assert await library.names(sha256=sha256("snare")) == ["snare"]
    assert await library.names(sha256="no hash") == []


async def test_duplicates_stand_together_where_the_first_of_them_would_stand(library: Library) -> None:
    project = await library.project()
    await library.add(project, "d=1", "a=2", "e=3", "b=1", "c=2", "f=4")
    assert await library.names("filename", duplicates=True) == ["a", "c", "b", "d"]
    assert await library.names("filename", descending=True, duplicates=True) == ["d", "b", "c", "a"]
    assert await library.names("filename", duplicates=False) == ["e", "f"]
    groups = await library.names("sha256", duplicates=True)
    assert {frozenset(groups[:2]), frozenset(groups[2:])} == {frozenset("bd"), frozenset("ac")}
    for sort in ALL_SORTS:
        assert sorted(await library.names(sort, duplicates=True)) == ["a", "b", "c", "d"]


async def test_copies_are_counted_without_those_that_others_removed(library: Library) -> None:
    project = await library.project()
    kick, again, other = await library.add(project, "kick=1", "again=1", "other=2")
    assert (kick.copies, again.copies, other.copies) == (2, 2, 1)
    await library.database.write(
        lambda connection: connection.exec_driver_sql(f"DELETE FROM audio_files WHERE id = {again.id}")
    )
    assert (await library.files.get(kick.id)).copies == 1
    assert await library.names(duplicates=True) == []


async def test_a_row_that_others_pointed_elsewhere_is_unchecked(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    changed = await library.files.update(kick, {"file_path": "/mnt/other/kick.wav"})
    assert (changed.state, changed.sha256, changed.codec) == (ContentState.UNCHECKED, None, None)
    assert await library.names(state="sound") == []


async def test_a_moved_file_keeps_what_is_known_of_it(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    moved = await library.files.relocate(kick, "found/kick.wav")
    assert (moved.file_path, moved.state, moved.sha256) == ("found/kick.wav", kick.state, kick.sha256)
    with pytest.raises(ConflictError):
        await library.files.relocate(kick, "elsewhere/kick.wav")


async def test_a_replaced_file_is_known_anew(library: Library) -> None:
    project = await library.project()
    [kick] = await library.add(project, "kick")
    other = stored(project, "kick 2.mp3", "louder", facts=SoundFacts(AudioFormat.MP3, "MP3", 9.5, 44_100, 1))
    replaced = await library.files.replace(kick, other)
    assert (replaced.id, replaced.filename, replaced.format) == (kick.id, "kick 2.mp3", "mp3")
    assert (replaced.file_size, replaced.duration, replaced.codec) == (6, 9.5, "MP3")
    assert (replaced.sha256, replaced.state) == (sha256("louder"), ContentState.SOUND)
    assert await known(library) == 1
    with pytest.raises(ConflictError):
        await library.files.replace(kick, stored(project, "other.wav", "other"))
    await library.files.remove([kick.id])
    with pytest.raises(NotFoundError):
        await library.files.replace(replaced, other)


async def test_removed_rows_leave_nothing_known(library: Library) -> None:
    kick, snare = await library.add(await library.project(), "kick", "snare")
    assert await library.files.remove([kick.id]) == 1
    assert await known(library) == 1
    with pytest.raises(NotFoundError):
        await library.files.remove([kick.id])
    assert await library.names() == [snare.filename]


async def test_what_a_removed_project_leaves_behind_counts_for_nothing(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    await library.add(tape, "kick=1")
    [other] = await library.add(reel, "other=1")
    impact = await ProjectRepository(library.database, "me").impact([tape])
    assert (impact.audio_files, impact.audio_bytes) == (1, 1)
    await ProjectRepository(library.database, "me").remove([tape])
    assert (await library.files.get(other.id)).copies == 1
    assert await library.contents.by_sha256(None, [sha256("1")]) == {
        sha256("1"): tuple(await library.contents.rows([other.id]))
    }


async def test_files_are_sorted_by_the_versions_that_name_them(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    await library.add(tape, "Kick.WAV", "vox.flac", "snare=boom")
    await library.add(reel, "kick.wav=other")

    def name_them(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO project_bundles (project_id, bundle_data) VALUES (1, ''), (1, ''), (1, '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO syncsphere_desktop.bundle_samples"
            " (bundle_id, sample_uuid, project_id, name, stem, in_bundle, sha256) VALUES"
            " (1, gen_random_uuid(), 1, 'Kick', 'kick', false, NULL),"
            " (2, gen_random_uuid(), 1, 'Kick', 'kick', false, NULL),"
            f" (3, gen_random_uuid(), 1, 'Bang', 'bang', true, decode('{sha256('boom')}', 'hex'))"
        )

    await library.database.write(name_them)
    assert await library.names("used_by", descending=True) == ["Kick.WAV", "snare", "kick.wav", "vox.flac"]
    assert await library.names("used_by") == ["vox.flac", "kick.wav", "snare", "Kick.WAV"]
