"""What is known of files: kept, found by hash and path, forgotten with the path, and gone without."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.schema.gate import restrict_by_schema
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft
from syncsphere_desktop.domain.audio_check import ContentRecord, RowToCheck
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.sound import Content, ContentState, NoWaveform, Waveform
from syncsphere_desktop.domain.trash import TrashDraft
from syncsphere_desktop.errors import SchemaError
from syncsphere_desktop.settings import ConnectionTarget
from tests.database.repositories.audio import FACTS, Library, sha256, stored
from tests.servers import role

BY_ID = ListQuery(Sort("id"))
WAVEFORM = Waveform(buckets=3, channels=2, peaks=bytes(range(12)))


async def row_of(library: Library, file: AudioFile) -> RowToCheck:
    """What is known of a row."""
    row = await library.contents.find(file.id)
    assert row is not None
    return row


async def test_a_row_is_told_with_what_is_known_of_its_file(library: Library) -> None:
    project = await library.project()
    [kick] = await library.add(project, "kick")
    row = await row_of(library, kick)
    assert (row.id, row.project_id, row.filename, row.file_path) == (kick.id, project, "kick", kick.file_path)
    assert (row.file_size, row.duration, row.sample_rate, row.channels, row.format) == (
        4, 1.5, 48_000, 2, "flac",
    )  # fmt: skip
    assert row.content == Content(4, sha256("kick"))
    assert (row.state, row.state_details) == (ContentState.SOUND, None)
    unknown = await library.files.add(AudioFileDraft(project, "unknown", "elsewhere/unknown"))
    row = await row_of(library, unknown)
    assert (row.content, row.state) == (None, ContentState.UNCHECKED)
    await library.files.remove([unknown.id])
    assert await library.contents.find(unknown.id) is None
    assert await library.contents.rows([]) == ()


async def test_what_a_look_told_is_kept(library: Library) -> None:
    file = await library.files.add(AudioFileDraft(await library.project(), "kick", "old/kick"))
    assert await library.contents.record(
        file.id, "old/kick", state=ContentState.SOUND, content=Content(9, sha256("x")), facts=FACTS
    )
    seen = await library.files.get(file.id)
    assert (seen.state, seen.sha256, seen.codec) == (ContentState.SOUND, sha256("x"), "FLAC 24 bit")
    assert seen.verified_at is not None
    assert seen.row_version == file.row_version
    assert await library.contents.record(
        file.id, "old/kick", state=ContentState.CHANGED, details="Other bytes."
    )
    later = await library.files.get(file.id)
    assert (later.state, later.state_details) == (ContentState.CHANGED, "Other bytes.")
    assert (later.sha256, later.codec) == (sha256("x"), "FLAC 24 bit")
    assert later.verified_at is not None
    assert later.verified_at > seen.verified_at
    assert await library.contents.record(file.id, "old/kick", state=ContentState.SOUND)
    assert (await library.files.get(file.id)).state_details is None


async def test_what_was_known_of_another_path_is_forgotten(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    await library.contents.keep_waveform(kick.id, kick.file_path, WAVEFORM)
    await library.files.update(kick, {"file_path": "new/kick"})
    row = await row_of(library, kick)
    assert (row.content, row.state) == (None, ContentState.UNCHECKED)
    assert await library.contents.record(kick.id, "new/kick", state=ContentState.MISSING)
    row = await row_of(library, kick)
    assert (row.content, row.state) == (None, ContentState.MISSING)
    assert (await library.files.get(kick.id)).import_id is None
    assert await library.contents.waveform(kick.id) is None


async def test_nothing_is_kept_of_rows_that_are_gone_or_name_another_path(library: Library) -> None:
    kick, snare = await library.add(await library.project(), "kick", "snare")
    await library.files.remove([kick.id])
    records = [
        ContentRecord(kick.id, kick.file_path, ContentState.MISSING),
        ContentRecord(snare.id, "elsewhere", ContentState.MISSING),
    ]
    assert await library.contents.record_all(records)
    assert (await library.files.get(snare.id)).state is ContentState.SOUND
    assert await library.names(state="missing") == []
    assert await library.contents.record_all([])


async def test_of_two_records_of_one_row_the_last_counts(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    await library.contents.record_all(
        [
            ContentRecord(kick.id, kick.file_path, ContentState.MISSING),
            ContentRecord(kick.id, kick.file_path, ContentState.TRUNCATED, "Half of it."),
        ]
    )
    assert (await row_of(library, kick)).state is ContentState.TRUNCATED


async def test_rows_are_found_by_content_in_a_project_or_anywhere(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    [kick, boom] = await library.add(tape, "kick=1", "boom=2")
    [copy] = await library.add(reel, "copy=1")
    wanted = [sha256("1"), sha256("3"), "no hash"]
    found = await library.contents.by_sha256(None, wanted)
    assert {digest: [row.id for row in rows] for digest, rows in found.items()} == {
        sha256("1"): [kick.id, copy.id]
    }
    in_reel = await library.contents.by_sha256(reel, wanted)
    assert [row.id for row in in_reel[sha256("1")]] == [copy.id]
    both = await library.contents.rows_with_sha256([sha256("1"), sha256("2")])
    assert {row.id for row in both} == {kick.id, boom.id, copy.id}


async def test_rows_of_a_size_may_be_copies_while_their_content_is_not_known(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    await library.add(tape, "known=123")
    ours = await library.files.add(AudioFileDraft(tape, "ours", "a", file_size=3))
    theirs = await library.files.add(AudioFileDraft(reel, "theirs", "b", file_size=3))
    await library.files.add(AudioFileDraft(tape, "larger", "c", file_size=4))
    assert [row.id for row in await library.contents.candidates(tape, {3, 9})] == [ours.id]
    assert [row.id for row in await library.contents.candidates(None, {3})] == [ours.id, theirs.id]
    assert await library.contents.candidates(None, set()) == ()


async def test_rows_are_found_by_path_letter_by_letter(library: Library) -> None:
    project = await library.project()
    one = await library.files.add(AudioFileDraft(project, "one", "a/b c, d.wav"))
    two = await library.files.add(AudioFileDraft(project, "two", "a/b c, d.wav"))
    found = await library.contents.files_at(["a/b c, d.wav", "A/b c, d.wav", "a\0", "\udcff", "'"])
    assert found == {"a/b c, d.wav": (one.id, two.id)}
    assert await library.contents.files_at([]) == {}


async def test_a_check_reads_rows_in_order_and_can_go_on_anywhere(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    files = await library.add(tape, *(str(number) for number in range(5)))
    [other] = await library.add(reel, "other")
    first = await library.contents.to_check(0, 4)
    assert [row.id for row in first] == [file.id for file in files[:4]]
    rest = await library.contents.to_check(first[-1].id, 4)
    assert [row.id for row in rest] == [files[4].id, other.id]
    assert [row.id for row in await library.contents.to_check(0, 9, project_id=reel)] == [other.id]
    assert await library.contents.totals() == (6, 10)
    assert await library.contents.totals(reel) == (1, 5)
    assert await library.contents.totals(tape) == (5, 5)


async def test_troubled_rows_are_those_that_something_was_found_about(library: Library) -> None:
    project = await library.project()
    kick, snare, hats = await library.add(project, "kick", "snare", "hats")
    await library.files.add(AudioFileDraft(project, "unknown", "elsewhere"))
    await library.contents.record(snare.id, snare.file_path, state=ContentState.MISSING)
    await library.database.write(
        lambda connection: connection.exec_driver_sql(
            f"UPDATE audio_files SET project_id = NULL WHERE id = {hats.id}"
        )
    )
    troubled = await library.contents.to_check(0, 9, troubled=True)
    assert [row.id for row in troubled] == [snare.id, hats.id]
    assert [row.id for row in await library.contents.to_check(snare.id, 9, troubled=True)] == [hats.id]
    assert kick.id not in {row.id for row in troubled}


async def test_a_waveform_is_kept_as_long_as_the_content_is_the_same(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    assert await library.contents.waveform(kick.id) is None
    assert await library.contents.keep_waveform(kick.id, kick.file_path, WAVEFORM)
    assert await library.contents.waveform(kick.id) == WAVEFORM
    await library.contents.record(kick.id, kick.file_path, state=ContentState.SOUND)
    same = Content(4, sha256("kick"))
    await library.contents.record(kick.id, kick.file_path, state=ContentState.SOUND, content=same)
    assert await library.contents.waveform(kick.id) == WAVEFORM
    other = Content(4, sha256("kack"))
    await library.contents.record(kick.id, kick.file_path, state=ContentState.CHANGED, content=other)
    assert await library.contents.waveform(kick.id) is None


async def test_why_there_is_no_waveform_is_kept_too(library: Library) -> None:
    file = await library.files.add(AudioFileDraft(await library.project(), "kick", "old/kick"))
    assert await library.contents.keep_waveform(file.id, "old/kick", NoWaveform("It's empty."))
    assert await library.contents.waveform(file.id) == NoWaveform("It's empty.")
    assert (await library.files.get(file.id)).state is ContentState.UNCHECKED
    assert await library.contents.keep_waveform(file.id, "old/kick", WAVEFORM)
    assert await library.contents.waveform(file.id) == WAVEFORM


async def test_no_waveform_is_kept_for_another_path_or_a_row_that_is_gone(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    assert not await library.contents.keep_waveform(kick.id, "elsewhere", WAVEFORM)
    await library.files.remove([kick.id])
    assert not await library.contents.keep_waveform(kick.id, kick.file_path, WAVEFORM)
    assert await library.contents.waveform(kick.id) is None


async def test_states_and_waveforms_of_a_newer_version_are_not_misread(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")

    def work(connection: Connection) -> None:
        connection.exec_driver_sql(
            "UPDATE syncsphere_desktop.audio_content SET state = 'haunted', waveform = '\\x0201'"
        )

    await library.database.write(work)
    assert (await library.files.get(kick.id)).state is ContentState.UNCHECKED
    assert (await row_of(library, kick)).state is ContentState.UNCHECKED
    assert await library.contents.waveform(kick.id) is None


async def without_side_tables(library: Library) -> None:
    """Everything that works where nothing can be kept."""
    [file] = (await library.files.rows.first_page(BY_ID, 9))[0].rows
    assert file is not None
    assert (file.state, file.sha256, file.copies) == (ContentState.UNCHECKED, None, 1)
    assert await library.names(state="unchecked") == ["kick"]
    assert await library.names(state="sound") == []
    assert await library.names(duplicates=True) == []
    for sort in ("state", "sha256", "copies", "codec", "verified_at", "used_by"):
        assert await library.names(sort) == ["kick"]
    assert not await library.contents.record(file.id, file.file_path, state=ContentState.MISSING)
    assert not await library.contents.keep_waveform(file.id, file.file_path, WAVEFORM)
    assert await library.contents.waveform(file.id) is None
    assert await library.contents.by_sha256(None, [sha256("kick")]) == {}
    assert [row.id for row in await library.contents.to_check(0, 9)] == [file.id]
    assert await library.contents.to_check(0, 9, troubled=True) == ()
    assert await library.contents.files_at([file.file_path]) == {file.file_path: (file.id,)}
    assert [row.id for row in await library.contents.candidates(None, {file.file_size or 0})] == [file.id]
    assert await library.checks.begin(project_id=None, store_id="s", deep=True) is None
    assert await library.checks.last() is None
    assert await library.checks.orphans() == ()
    assert await library.stores.known() is None
    assert await library.imports.recent() == ()
    assert not await library.imports.under_way()
    assert await library.trash.in_states([]) == ()


async def test_a_database_without_the_side_tables_works_all_the_same(
    target: ConnectionTarget, library: Library
) -> None:
    project = await library.project()
    [kick] = await library.add(project, "kick")
    MigrationRunner(target).downgrade("0003", allow_data_loss=True)
    database = Database(target)
    try:
        bare = Library.over(database)
        status = await restrict_by_schema(database)
        assert any("found out about audio files is not kept" in told for told in status.goes_without)
        await without_side_tables(bare)
        await bare.stores.remember("s", "/audio")
        assert not await bare.imports.begin(uuid4(), project, "x")
        await bare.imports.finish(uuid4(), duplicates=0, rejected=0)
        [added] = await bare.put([stored(project, "snare", "snare")])
        assert added.state is ContentState.UNCHECKED
        moved = await bare.files.relocate(added, "moved")
        assert (await bare.files.replace(moved, stored(project, "x", "x"))).filename == "x"
        with pytest.raises(SchemaError, match="migrate upgrade"):
            await bare.trash.begin([TrashDraft("x", None, "why")], keep_for=timedelta(days=1))
        assert await bare.files.remove([added.id]) == 1
        MigrationRunner(target).upgrade()
        async with asyncio.timeout(30):  # noticed in a moment
            while not await bare.contents.record(  # noqa: ASYNC110
                kick.id, kick.file_path, state=ContentState.MISSING
            ):
                await asyncio.sleep(0.1)
        assert (await bare.files.get(kick.id)).project_name == "tape"
    finally:
        await database.shutdown()


async def test_a_role_that_may_only_read_the_six_tables_reads_them(
    target: ConnectionTarget, library: Library
) -> None:
    await library.add(await library.project(), "kick")
    with role(target, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}") as reader:
        database = Database(reader)
        try:
            await without_side_tables(Library.over(database))
        finally:
            await database.shutdown()


async def test_a_role_that_may_read_everything_knows_everything_and_keeps_nothing(
    target: ConnectionTarget, library: Library
) -> None:
    [kick] = await library.add(await library.project(), "kick")
    grants = (
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA syncsphere_desktop TO {role}",
    )
    with role(target, *grants) as viewer:
        database = Database(viewer)
        try:
            seen = Library.over(database)
            assert await seen.files.get(kick.id) == kick
            assert not await seen.contents.record(kick.id, kick.file_path, state=ContentState.MISSING)
            assert await seen.checks.begin(project_id=None, store_id=None, deep=False) is None
        finally:
            await database.shutdown()


async def test_a_restricted_database_keeps_nothing_and_fails_nobody(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    library.database.restrict("For reading only.")
    assert not await library.contents.record(kick.id, kick.file_path, state=ContentState.MISSING)
    assert await library.checks.begin(project_id=None, store_id=None, deep=False) is None
    assert (await library.files.get(kick.id)).state is ContentState.SOUND
