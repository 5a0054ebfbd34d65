"""Imports into a real store and a real database, also when something goes wrong in the middle."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import pytest
from typing_extensions import override

from syncsphere_desktop.domain.audio import AddedAudio, StoredAudio
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.errors import (
    ConnectionLostError,
    OutcomeUnknownError,
    StoreFullError,
    StoreUnavailableError,
)
from syncsphere_desktop.storage.base import Staged, go_on, no_bytes
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.studio.audio_import.control import ImportControl, ImportState
from syncsphere_desktop.studio.audio_import.progress import ImportProgress
from tests.studio.audio_import.studio import (
    Studio,
    WatchedRows,
    sha256,
    statuses,
    told,
    write_takes,
    write_wav,
)


class Troubled(LocalStore):
    """A folder store with which something happens at every file, before it is written."""

    def __init__(self, folder: Path, trouble: Callable[[int], None]) -> None:
        super().__init__(folder)
        self._trouble = trouble
        self.staged = 0

    @override
    def stage(
        self,
        source: BinaryIO,
        at: StorePath,
        *,
        on_bytes: Callable[[int], None] = no_bytes,
        check: Callable[[], None] = go_on,
        temporary: StorePath | None = None,
    ) -> Staged:
        self.staged += 1
        self._trouble(self.staged)
        return super().stage(source, at, on_bytes=on_bytes, check=check, temporary=temporary)


async def test_files_are_stored_whole_and_described(studio: Studio) -> None:
    write_takes(studio.takes / "Drums", 3)
    seen: list[ImportProgress] = []

    report = await studio.importer.run(await studio.plan(), uploader=studio.user.id, progress=seen.append)

    assert (report.imported, report.duplicates, report.rejected, report.is_complete) == (3, 0, 0, True)
    row = await studio.rows.files.get(report.files[0].id)  # type: ignore[arg-type]
    source = studio.takes / "Drums" / "000.wav"
    assert (row.filename, row.format, row.sample_rate, row.channels) == ("000.wav", "wav", 8000, 1)
    assert (row.file_size, row.uploaded_by, row.state.value) == (
        source.stat().st_size,
        studio.user.id,
        "sound",
    )
    assert row.sha256 == report.files[0].sha256 == sha256(source)
    assert row.file_path.startswith(f"projects/{studio.project.id}/000-")
    assert (seen[-1].files_done, seen[-1].bytes_done, seen[-1].current) == (3, seen[-1].bytes, ())
    (remembered,) = await studio.rows.imports.recent()
    assert (remembered.id, remembered.imported, remembered.source) == (report.import_id, 3, "takes")
    assert remembered.finished_at is not None
    assert not list(studio.journals.iterdir())
    await studio.must_be_whole()


async def test_more_files_than_a_batch_holds_are_imported(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncsphere_desktop.studio.audio_import.running.BATCH_FILES", 4)
    write_takes(studio.takes, 30, seconds=0.01)

    report = await studio.take()

    assert report.imported == 30
    assert [Path(file.path).name for file in report.files] == [f"{n:03}.wav" for n in range(30)]
    await studio.must_be_whole()


async def test_importing_again_stores_nothing_twice(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    first = await studio.take()

    again = await studio.take()

    assert (again.imported, again.duplicates) == (0, 3)
    assert [file.id for file in again.files] == [file.id for file in first.files]
    assert len(await studio.rows.imports.recent()) == 1
    await studio.must_be_whole()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
async def test_files_of_any_name_are_stored(studio: Studio) -> None:
    names = [
        b"caf\xe9.wav",
        b"two\nlines.wav",
        b"x" * 251 + b".wav",
        b" .wav",
        "e\u0301.wav".encode(),
        b"..wav",
    ]
    for number, name in enumerate(names):
        made = write_wav(studio.takes / "made", pitch=200 + number)
        os.rename(made, os.fsencode(studio.takes) + b"/" + name)  # noqa: PTH104

    report = await studio.take()

    assert report.imported == len(names)
    assert set(await studio.sql("SELECT filename FROM audio_files")) == {
        "caf\ufffd.wav",
        "two lines.wav",
        "x" * 251 + ".wav",
        ".wav",
        "\u00e9.wav",
        "..wav",
    }
    report.as_json().encode()
    assert any(file.path.endswith("caf\\xe9.wav") for file in report.files)
    await studio.must_be_whole()


async def test_a_file_that_changed_since_it_was_planned_is_described_anew(studio: Studio) -> None:
    source = write_wav(studio.takes / "kick.wav", seconds=0.05)
    plan = await studio.plan()
    write_wav(source, seconds=0.5)

    report = await studio.importer.run(plan)

    assert told(report, "kick.wav").duration == pytest.approx(0.5)
    await studio.must_be_whole()


async def test_a_file_that_became_something_else_is_rejected(studio: Studio) -> None:
    for number, name in enumerate(("text.wav", "gone.wav", "pipe.wav", "folder.wav", "good.wav")):
        write_wav(studio.takes / name, pitch=300 + number)
    plan = await studio.plan()
    (studio.takes / "text.wav").write_text("it was deleted")
    for name in ("gone.wav", "pipe.wav", "folder.wav"):
        (studio.takes / name).unlink()
    os.mkfifo(studio.takes / "pipe.wav")
    (studio.takes / "folder.wav").mkdir()

    report = await studio.importer.run(plan)

    assert statuses(report) == {
        "text.wav": "rejected",
        "gone.wav": "rejected",
        "pipe.wav": "rejected",
        "folder.wav": "rejected",
        "good.wav": "imported",
    }
    assert told(report, "gone.wav").reason == "It isn't there."
    assert told(report, "pipe.wav").reason == "It's a pipe, no file."
    await studio.must_be_whole()


async def test_a_file_that_grows_while_it_is_read_is_rejected(studio: Studio) -> None:
    growing = write_wav(studio.takes / "growing.wav")

    def grow(_number: int) -> None:
        with growing.open("ab") as stream:
            stream.write(b"more")

    store = Troubled(studio.root, grow)
    report = await studio.another(store=store).run(await studio.plan())

    assert told(report, "growing.wav").reason == "It changed while it was read."
    assert studio.stored() == set()
    await studio.must_be_whole()


async def test_a_full_disk_ends_the_import_and_keeps_what_is_whole(studio: Studio) -> None:
    write_takes(studio.takes, 12)

    def full(number: int) -> None:
        if number > 5:
            raise StoreFullError("The audio storage is full.")

    report = await studio.another(store=Troubled(studio.root, full)).run(await studio.plan())

    assert report.problem == "The audio storage is full."
    # Of the five that the disk had room for, one may have been on its way still when it was full.
    assert 0 < report.imported <= 5
    assert report.imported + report.left_out == 12
    await studio.must_be_whole()
    assert (await studio.take()).imported == 12 - report.imported
    await studio.must_be_whole()


async def test_a_store_that_goes_away_ends_the_import_and_coming_back_completes_it(studio: Studio) -> None:
    write_takes(studio.takes, 12)
    away = studio.root.with_name("away")

    def go_away(number: int) -> None:
        if number == 6:
            studio.root.rename(away)

    report = await studio.another(store=Troubled(studio.root, go_away)).run(await studio.plan())

    assert report.problem is not None
    assert not report.is_complete
    assert report.imported == 0
    with pytest.raises(StoreUnavailableError):
        await studio.importer.recover()
    away.rename(studio.root)
    recovered = await studio.importer.recover()
    assert len(recovered.imports) == 1
    await studio.must_be_whole()
    again = await studio.take()
    assert (again.imported, again.is_complete, again.import_id) == (12, True, report.import_id)
    await studio.must_be_whole()


async def test_another_store_in_its_place_gets_no_file(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    plan = await studio.plan()
    studio.store.mark()
    studio.root.rename(studio.root.with_name("away"))
    studio.root.mkdir()

    with pytest.raises(StoreUnavailableError):
        await studio.importer.run(plan)

    assert list(studio.root.iterdir()) == []


async def test_a_lost_connection_leaves_no_file_without_a_row(studio: Studio) -> None:
    write_takes(studio.takes, 5)

    class Lost(WatchedRows):
        @override
        async def add_many(
            self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
        ) -> tuple[AddedAudio, ...]:
            raise ConnectionLostError("The connection to the server was lost.")

    report = await studio.another(files=Lost(studio)).run(await studio.plan())

    assert report.problem == "The connection to the server was lost."
    assert studio.stored() == set()
    await studio.must_be_whole()


@pytest.mark.parametrize("committed", [True, False])
async def test_files_are_kept_until_it_is_known_whether_their_rows_are_there(
    studio: Studio, committed: bool
) -> None:
    write_takes(studio.takes, 5)

    class Unknown(WatchedRows):
        @override
        async def add_many(
            self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
        ) -> tuple[AddedAudio, ...]:
            if committed:
                await super().add_many(stored, import_id, but_for=but_for)
            raise OutcomeUnknownError("The connection broke while the change was being saved.")

    report = await studio.another(files=Unknown(studio)).run(await studio.plan())

    assert report.problem is not None
    assert len(studio.stored()) == 5
    recovered = await studio.importer.recover()
    assert (recovered.kept, recovered.removed) == ((5, 0) if committed else (0, 5))
    await studio.must_be_whole()


async def test_a_cancelled_import_keeps_what_is_whole_and_goes_on_later(studio: Studio) -> None:
    write_takes(studio.takes, 12)
    control = ImportControl()

    def cancel(number: int) -> None:
        if number == 5:
            control.cancel()

    report = await studio.another(store=Troubled(studio.root, cancel)).run(
        await studio.plan(), control=control
    )

    assert report.cancelled
    assert control.state is ImportState.CANCELLED
    assert 0 < report.imported < 12
    assert report.imported + report.left_out == 12
    await studio.must_be_whole()
    (interrupted,) = await studio.importer.interrupted()
    assert (interrupted.import_id, interrupted.sources) == (report.import_id, (studio.takes,))
    plan = await studio.plan()
    assert (plan.continues, plan.import_id) == (True, report.import_id)
    again = await studio.importer.run(plan)
    assert again.imported == report.left_out
    assert await studio.importer.interrupted() == ()
    assert (await studio.rows.imports.get(report.import_id)).imported == 12
    await studio.must_be_whole()


async def test_cancelling_the_task_leaves_everything_whole(studio: Studio) -> None:
    write_takes(studio.takes, 12)
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(_number: int) -> None:
        loop.call_soon_threadsafe(began.set)

    store = Troubled(studio.root, tell)
    running = asyncio.create_task(studio.another(store=store).run(await studio.plan()))
    await began.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running

    await studio.must_be_whole()


async def test_a_paused_import_waits_in_the_middle_of_a_file(studio: Studio) -> None:
    large = write_wav(studio.takes / "large.wav", seconds=1)
    with large.open("ab") as stream:
        stream.write(bytes(8 << 20))
    control, seen, paused = ImportControl(), list[ImportProgress](), asyncio.Event()
    control.pause()

    def see(progress: ImportProgress) -> None:
        seen.append(progress)
        if progress.paused:
            paused.set()

    running = asyncio.create_task(studio.importer.run(await studio.plan(), control=control, progress=see))
    await paused.wait()
    assert control.state is ImportState.PAUSED
    assert (seen[-1].files_done, seen[-1].seconds_left) == (0, None)
    control.resume()

    assert (await running).imported == 1
    await studio.must_be_whole()


async def test_a_paused_import_can_be_cancelled(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    control = ImportControl()
    control.pause()
    running = asyncio.create_task(studio.importer.run(await studio.plan(), control=control))
    await asyncio.sleep(0.05)
    control.cancel()

    assert (await running).left_out == 3
    assert studio.stored() == set()


async def test_a_whole_import_can_be_undone(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    kept = await studio.take(studio.takes / "000.wav")
    report = await studio.take()

    undone = await studio.importer.undo(report.import_id)

    assert (len(undone.action.done), undone.is_complete) == (2, True)
    assert await studio.paths() == {path for path in studio.stored() if not path.startswith(".syncsphere/")}
    assert len(await studio.paths()) == kept.imported == 1
    assert (await studio.rows.imports.get(report.import_id)).undone_at is not None
    with pytest.raises(Exception, match="undone already"):
        await studio.importer.undo(report.import_id)
    assert (await studio.take()).imported == 2


async def test_a_database_without_a_place_for_imports_takes_files_too(studio: Studio) -> None:
    write_takes(studio.takes, 2)
    for table in ("audio_content", "audio_imports", "audio_stores"):
        await studio.sql(f"DROP TABLE syncsphere_desktop.{table} CASCADE")

    report = await studio.take()

    assert (report.imported, report.remembered) == (2, False)
    assert await studio.paths() == studio.stored()
    assert (await studio.take()).duplicates == 2
