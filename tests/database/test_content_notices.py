"""What is found out about audio files is told as a change of their rows, by notices or by counting."""

from __future__ import annotations

from uuid import uuid4

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.notifications import ListenerMode, Operation, TableChanged
from syncsphere_desktop.domain.audio import AudioFileDraft
from syncsphere_desktop.domain.audio_check import ContentRecord
from syncsphere_desktop.domain.sound import ContentState, Waveform
from syncsphere_desktop.settings import ConnectionTarget
from tests.database.repositories.audio import Library, stored
from tests.database.test_notifications import Heard, listening
from tests.servers import execute


@pytest.fixture
def library(database: Database) -> Library:
    """The repositories, of somebody who may do everything."""
    return Library.over(database)


async def told(heard: Heard, target: ConnectionTarget) -> list[TableChanged]:
    """All that was told until now."""
    execute(target, "INSERT INTO users (username, email, password_hash) VALUES ('end', 'e@x', '-')")
    await heard.until(
        lambda: [
            event for event in heard.events if isinstance(event, TableChanged) and event.table == "users"
        ]
    )
    execute(target, "DELETE FROM users WHERE username = 'end'")
    return [
        event for event in heard.events if isinstance(event, TableChanged) and event.table == "audio_files"
    ]


async def test_what_a_check_finds_out_is_told(
    database: Database, target: ConnectionTarget, library: Library
) -> None:
    project = await library.project()
    kick, snare = await library.add(project, "kick", "snare")
    unknown = await library.files.add(AudioFileDraft(project, "unknown", "elsewhere"))
    async with listening(database) as (_listener, heard):
        await library.contents.record(kick.id, kick.file_path, state=ContentState.MISSING)
        [event] = await heard.changes(Operation.UPDATE)
        assert event == TableChanged("audio_files", Operation.UPDATE, (kick.id,), 1, own=True)
        heard.events.clear()
        await library.contents.record_all(
            [ContentRecord(file.id, file.file_path, ContentState.CHANGED) for file in (snare, unknown)]
        )
        changes = await heard.changes(Operation.UPDATE)
        assert {one for change in changes for one in change.ids} == {snare.id, unknown.id}


async def test_nothing_is_told_that_shows_nothing_new(
    database: Database, target: ConnectionTarget, library: Library
) -> None:
    [kick] = await library.add(await library.project(), "kick")
    async with listening(database) as (_listener, heard):
        await library.contents.record(kick.id, kick.file_path, state=ContentState.SOUND)
        await library.contents.keep_waveform(kick.id, kick.file_path, Waveform(1, 1, b"ab"))
        assert await told(heard, target) == []


async def test_an_import_tells_of_its_rows_once(
    database: Database, target: ConnectionTarget, library: Library
) -> None:
    project = await library.project()
    async with listening(database) as (_listener, heard):
        await library.files.add_many([stored(project, "a", "a"), stored(project, "b", "b")], uuid4())
        assert await told(heard, target) == [
            TableChanged("audio_files", Operation.INSERT, (1, 2), 2, own=True)
        ]


async def test_a_check_of_many_tells_how_many(
    database: Database, target: ConnectionTarget, library: Library
) -> None:
    project = await library.project()
    files = await library.add(project, *(str(number) for number in range(120)))
    async with listening(database) as (_listener, heard):
        execute(target, "UPDATE syncsphere_desktop.audio_content SET state = 'missing'")
        [event] = await heard.changes(Operation.UPDATE)
        assert (event.count, len(event.ids), event.own) == (len(files), 50, False)


async def test_a_transaction_that_tells_too_often_tells_the_rest_in_one(
    database: Database, target: ConnectionTarget, library: Library
) -> None:
    files = await library.add(await library.project(), *(str(number) for number in range(80)))
    statements = [
        f"UPDATE syncsphere_desktop.audio_content SET state = 'missing' WHERE file_id = {file.id}"
        for file in files
    ]
    async with listening(database) as (_listener, heard):
        execute(target, "; ".join(statements))
        events = await heard.changes(Operation.UPDATE)
        assert sum(len(event.ids) for event in events) == 50
        assert any(event.count is None for event in events)


async def test_where_nothing_is_told_the_looks_are_counted(
    database: Database, target: ConnectionTarget, library: Library
) -> None:
    [kick] = await library.add(await library.project(), "kick")
    execute(target, "DROP TRIGGER syncsphere_desktop_tell_insert ON users")
    async with listening(database) as (listener, heard):
        assert listener.mode is ListenerMode.POLLING
        execute(target, f"UPDATE syncsphere_desktop.audio_content SET state = 'x' WHERE file_id = {kick.id}")
        [event] = await heard.changes(Operation.UPDATE)
        assert event == TableChanged("audio_files", Operation.UPDATE, (), 1, own=False)
