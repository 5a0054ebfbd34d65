"""The quarantine's entries: each step from its state alone, rows taken out and brought back whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.audit import AuditLog
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.domain.audio import AudioFile, AudioFileDraft
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.sound import ContentState, Waveform
from syncsphere_desktop.domain.trash import UNSETTLED, TrashDraft, TrashEntry, TrashId, TrashState
from syncsphere_desktop.errors import ConflictError, InUseError, NotFoundError, TimedOutError
from syncsphere_desktop.settings import ConnectionTarget
from tests.database.repositories.audio import Library, sha256

MONTH = timedelta(days=30)


def of(file: AudioFile) -> TrashDraft:
    """What puts a row's file into quarantine."""
    return TrashDraft(file.file_path, f".syncsphere/trash/{file.id}", "Silent.", file)


async def held(library: Library, file: AudioFile) -> TrashEntry:
    """Put a file into quarantine."""
    [entry] = await library.trash.begin([of(file)], keep_for=MONTH)
    return await library.trash.hold(entry.id)


async def rows_of_file(library: Library, file: AudioFile) -> Any:
    """The row as the table has it."""

    def work(connection: Connection) -> Any:
        return connection.exec_driver_sql(
            f"SELECT to_jsonb(f) FROM audio_files f WHERE id = {file.id}"
        ).scalar_one_or_none()

    return await library.database.run(work)


async def test_a_row_goes_into_quarantine_and_comes_back_as_it_was(library: Library) -> None:
    project = await library.project()
    [kick] = await library.add(project, "kick 🥁")
    await library.contents.keep_waveform(kick.id, kick.file_path, Waveform(1, 1, b"ab"))
    kick = await library.files.update(kick, {"uploaded_by": UserId(1), "duration": 0.1 + 0.2})
    row = await rows_of_file(library, kick)
    [entry] = await library.trash.begin([of(kick)], keep_for=MONTH)
    assert (entry.state, entry.file_id, entry.filename, entry.project_id) == (
        TrashState.MOVING, kick.id, "kick 🥁", project,
    )  # fmt: skip
    assert (entry.original_path, entry.trash_path) == (kick.file_path, f".syncsphere/trash/{kick.id}")
    assert (entry.reason, entry.actor, entry.size, entry.sha256) == (
        "Silent.", "me", kick.file_size, kick.sha256,
    )  # fmt: skip
    assert entry.expires_at - entry.at == MONTH
    assert await library.files.find(kick.id) is not None
    assert (await library.trash.hold(entry.id)).state is TrashState.HELD
    assert await library.files.find(kick.id) is None
    restoring = await library.trash.begin_restoring(entry.id, kick.file_path)
    assert restoring.state is TrashState.RESTORING
    assert await library.trash.finish_restoring(entry.id) == kick.id
    assert await rows_of_file(library, kick) == row
    back = await library.files.get(kick.id)
    assert (back.state, back.sha256, back.codec) == (ContentState.SOUND, kick.sha256, kick.codec)
    assert (back.import_id, back.verified_at) == (kick.import_id, kick.verified_at)
    ended = await library.trash.find(entry.id)
    assert ended is not None
    assert ended.state is TrashState.RESTORED
    assert ended.ended_at is not None


async def test_taking_out_and_bringing_back_leave_audit_entries(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    entry = await held(library, kick)
    await library.trash.begin_restoring(entry.id, "elsewhere/kick")
    await library.trash.finish_restoring(entry.id)
    restored, quarantined, added = await AuditLog(library.database).history(Entity.AUDIO_FILE, kick.id)
    assert (restored.action, quarantined.action, added.action) == ("restore", "quarantine", "add")
    assert quarantined.before is not None
    assert quarantined.before["file_path"] == kick.file_path
    assert restored.after is not None
    assert (restored.after["file_path"], restored.after["quarantine"]) == ("elsewhere/kick", entry.id)


async def test_what_nobody_measured_comes_back_too(library: Library) -> None:
    file = await library.files.add(AudioFileDraft(await library.project(), "odd", "x/odd"))

    def spoil(connection: Connection) -> None:
        connection.exec_driver_sql(
            f"UPDATE audio_files SET duration = 'NaN', created_at = NULL WHERE id = {file.id}"
        )

    await library.database.write(spoil)
    row = await rows_of_file(library, file)
    entry = await held(library, await library.files.get(file.id))
    await library.trash.begin_restoring(entry.id, "x/odd")
    await library.trash.finish_restoring(entry.id)
    assert await rows_of_file(library, file) == row


async def test_a_row_comes_back_to_another_project_and_path(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    [kick] = await library.add(tape, "kick")
    entry = await held(library, kick)
    await ProjectRepository(library.database, "me").remove([tape])
    await library.trash.begin_restoring(entry.id, "projects/reel/kick")
    with pytest.raises(InUseError, match="choose another"):
        await library.trash.finish_restoring(entry.id)
    assert await library.trash.finish_restoring(entry.id, project_id=reel) == kick.id
    back = await library.files.get(kick.id)
    assert (back.project_id, back.file_path, back.state) == (reel, "projects/reel/kick", ContentState.SOUND)


async def test_a_row_comes_back_without_an_uploader_who_is_gone(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    await library.project("other")
    kick = await library.files.update(kick, {"uploaded_by": UserId(2)})
    entry = await held(library, kick)
    await library.database.write(
        lambda connection: connection.exec_driver_sql(
            "DELETE FROM projects WHERE owner_id = 2; DELETE FROM users WHERE id = 2"
        )
    )
    await library.trash.begin_restoring(entry.id, kick.file_path)
    assert await library.trash.finish_restoring(entry.id) == kick.id
    assert (await library.files.get(kick.id)).uploaded_by is None


async def test_a_row_whose_id_was_given_away_gets_another(library: Library) -> None:
    project = await library.project()
    [kick] = await library.add(project, "kick")
    entry = await held(library, kick)
    await library.database.write(
        lambda connection: connection.exec_driver_sql(
            f"INSERT INTO audio_files (id, filename, file_path) VALUES ({kick.id}, 'other', 'other')"
        )
    )
    await library.trash.begin_restoring(entry.id, kick.file_path)
    new = await library.trash.finish_restoring(entry.id)
    assert new is not None
    assert new != kick.id
    back = await library.files.get(new)
    assert (back.filename, back.sha256) == ("kick", kick.sha256)


async def test_rows_that_changed_are_not_taken_out(library: Library) -> None:
    kick, snare = await library.add(await library.project(), "kick", "snare")
    moved, gone = await library.trash.begin([of(kick), of(snare)], keep_for=MONTH)
    await library.files.update(kick, {"file_path": "elsewhere"})
    await library.files.remove([snare.id])
    with pytest.raises(ConflictError, match="names another path"):
        await library.trash.hold(moved.id)
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        await library.trash.hold(gone.id)
    assert await library.names() == ["kick"]
    assert {entry.state for entry in await library.trash.in_states(UNSETTLED)} == {TrashState.MOVING}


async def test_an_orphan_goes_in_unless_a_row_names_it_by_now(library: Library) -> None:
    project = await library.project()
    lost, found = await library.trash.begin(
        [
            TrashDraft("a/lost.wav", "t/1", "Orphan.", size=5, sha256=sha256("x")),
            TrashDraft("f", "t/2", "O."),
        ],
        keep_for=MONTH,
    )
    assert (lost.file_id, lost.filename, lost.project_id) == (None, "lost.wav", None)
    assert (lost.size, lost.sha256) == (5, sha256("x"))
    assert (await library.trash.hold(lost.id)).state is TrashState.HELD
    await library.files.add(AudioFileDraft(project, "found", "f"))
    with pytest.raises(InUseError):
        await library.trash.hold(found.id)
    await library.trash.begin_restoring(lost.id, "a/lost.wav")
    assert await library.trash.finish_restoring(lost.id) is None


async def test_a_copy_is_held_without_touching_the_row(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    [entry] = await library.trash.begin([of(kick)], keep_for=MONTH)
    copy = await library.trash.hold_copy(entry.id)
    assert (copy.state, copy.file_id) == (TrashState.HELD, None)
    assert await library.files.get(kick.id) == kick


async def test_what_was_not_moved_is_forgotten(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    [entry] = await library.trash.begin([of(kick)], keep_for=MONTH)
    await library.trash.abandon(entry.id)
    assert await library.trash.find(entry.id) is None
    with pytest.raises(NotFoundError):
        await library.trash.hold(entry.id)


async def test_what_is_emptied_stays_on_record(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    entry = await held(library, kick)
    assert (await library.trash.begin_emptying(entry.id)).state is TrashState.EMPTYING
    await library.trash.finish_emptying(entry.id)
    [emptied] = await library.trash.in_states([TrashState.EMPTIED])
    assert emptied.id == entry.id
    assert emptied.ended_at is not None


async def test_a_restore_that_failed_is_held_again(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    entry = await held(library, kick)
    await library.trash.begin_restoring(entry.id, "elsewhere")
    again = await library.trash.hold_again(entry.id, kick.file_path)
    assert (again.state, again.original_path) == (TrashState.HELD, kick.file_path)


Step = Callable[[Library, TrashId], Awaitable[object]]
STEPS: dict[TrashState, list[Step]] = {
    TrashState.MOVING: [
        lambda library, entry: library.trash.hold(entry),
        lambda library, entry: library.trash.hold_copy(entry),
        lambda library, entry: library.trash.abandon(entry),
    ],
    TrashState.HELD: [
        lambda library, entry: library.trash.begin_restoring(entry, "x"),
        lambda library, entry: library.trash.begin_emptying(entry),
    ],
    TrashState.RESTORING: [
        lambda library, entry: library.trash.finish_restoring(entry),
        lambda library, entry: library.trash.hold_again(entry, "x"),
    ],
    TrashState.EMPTYING: [lambda library, entry: library.trash.finish_emptying(entry)],
}


async def test_each_step_starts_from_its_state_alone(library: Library) -> None:
    [entry] = await library.trash.begin([TrashDraft("a", "t/1", "Orphan.")], keep_for=MONTH)
    for state in TrashState:

        def put(connection: Connection, state: TrashState = state) -> None:
            connection.exec_driver_sql(f"UPDATE syncsphere_desktop.trash SET state = '{state.value}'")

        await library.database.write(put)
        for start, steps in STEPS.items():
            for step in steps if start is not state else ():
                with pytest.raises(ConflictError):
                    await step(library, entry.id)
    found = await library.trash.find(entry.id)
    assert found is not None
    assert found.state is TrashState.EMPTIED


async def test_of_two_who_restore_at_once_one_does(library: Library) -> None:
    [kick] = await library.add(await library.project(), "kick")
    entry = await held(library, kick)
    outcomes = await asyncio.gather(
        *(library.trash.begin_restoring(entry.id, kick.file_path) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "ConflictError", "ConflictError", "ConflictError", "TrashEntry",
    ]  # fmt: skip


async def test_entries_are_listed_newest_first_and_by_project(library: Library) -> None:
    tape, reel = await library.project("tape"), await library.project("reel")
    [kick] = await library.add(tape, "kick")
    [vox] = await library.add(reel, "vox")
    first, second = await held(library, kick), await held(library, vox)
    both = await library.trash.in_states([TrashState.HELD])
    assert [entry.id for entry in both] == [second.id, first.id]
    of_reel = await library.trash.in_states([TrashState.HELD], project_id=reel)
    assert [entry.id for entry in of_reel] == [second.id]
    assert await library.trash.due() == ()
    await library.database.write(
        lambda connection: connection.exec_driver_sql(
            f"UPDATE syncsphere_desktop.trash SET expires_at = now() WHERE id = {first.id}"
        )
    )
    [due] = await library.trash.due()
    assert (due.id, due.due) == (first.id, True)


async def test_the_quarantine_is_changed_by_one_process_at_a_time(
    target: ConnectionTarget, library: Library
) -> None:
    other = Database(target)
    try:
        theirs = Library.over(other)
        async with library.trash.exclusive():
            with pytest.raises(TimedOutError, match="Another app is changing the quarantine"):
                async with theirs.trash.exclusive():
                    raise AssertionError("two held it")
        async with theirs.trash.exclusive():
            assert await library.names() == []
    finally:
        await other.shutdown()


async def test_a_cancelled_wait_for_the_quarantine_leaves_nothing_locked(
    target: ConnectionTarget, library: Library
) -> None:
    async def wait() -> None:
        async with library.trash.exclusive():
            raise AssertionError("two held it")

    async with library.trash.exclusive():
        waiting = asyncio.get_running_loop().create_task(wait())
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with library.trash.exclusive():
        pass
