"""Imports while others change the same library: other imports, and services that delete rows."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Collection, Sequence
from uuid import UUID

import pytest
from typing_extensions import override

from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audio import AddedAudio, StoredAudio
from syncsphere_desktop.domain.audio_import import RemainingRows
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.storage.paths import StorePath, part_path
from syncsphere_desktop.studio.audio_import.journal import Announced
from syncsphere_desktop.studio.audio_import.recovery import sweep
from syncsphere_desktop.studio.audio_import.report import ImportStatus
from syncsphere_desktop.studio.threads import Threads
from tests.studio.audio_import.studio import (
    Studio,
    WatchedRows,
    statuses,
    told,
    write_takes,
)


async def test_a_project_deleted_meanwhile_ends_the_import_without_a_trace(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_takes(studio.takes, 5)
    plan = await studio.plan()
    await studio.sql("DELETE FROM projects")

    report = await studio.importer.run(plan)

    assert report.problem == "The project is gone; nothing was added to it."
    assert (report.imported, report.left_out) == (0, 5)
    assert studio.stored() == set()
    await studio.must_be_whole()


async def test_a_project_deleted_between_two_batches_ends_the_import(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncsphere_desktop.studio.audio_import.running.BATCH_FILES", 2)
    write_takes(studio.takes, 12)

    class Deleting(WatchedRows):
        @override
        async def add_many(
            self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
        ) -> tuple[AddedAudio, ...]:
            if self.calls == 2:
                await studio.sql("DELETE FROM projects")
            return await super().add_many(stored, import_id, but_for=but_for)

    report = await studio.another(files=Deleting(studio)).run(await studio.plan())

    assert report.problem == "The project is gone; nothing was added to it."
    assert (report.imported, report.rejected, report.left_out) == (0, 4, 8)
    assert {file.reason for file in report.files if file.status is ImportStatus.REJECTED} == {
        "The project was deleted before the import ended, and the file's row with it."
    }
    assert studio.stored() == set()
    assert not list(studio.journals.glob("*.journal"))


async def test_rows_that_were_deleted_before_the_end_are_told_and_leave_no_file(studio: Studio) -> None:
    write_takes(studio.takes, 5)

    class Deleting(WatchedRows):
        @override
        async def remaining(self, ids: Collection[AudioFileId], project_id: ProjectId) -> RemainingRows:
            await studio.sql("DELETE FROM audio_files WHERE filename IN ('001.wav', '003.wav')")
            return await super().remaining(ids, project_id)

    report = await studio.another(files=Deleting(studio)).run(await studio.plan())

    assert (report.imported, report.rejected, report.problem) == (3, 2, None)
    gone = told(report, "001.wav")
    assert (gone.id, gone.reason) == (None, "Its row was deleted before the import ended.")
    assert len(studio.stored()) == 3
    assert await studio.paths() == studio.stored()
    assert (await studio.importer.recover()).imports == ()


async def test_files_of_deleted_rows_are_left_to_the_next_start_where_the_store_is_away(
    studio: Studio,
) -> None:
    write_takes(studio.takes, 3)
    away = studio.root.with_name("away")

    class Deleting(WatchedRows):
        @override
        async def remaining(self, ids: Collection[AudioFileId], project_id: ProjectId) -> RemainingRows:
            await studio.sql("DELETE FROM projects")
            studio.root.rename(away)
            return await super().remaining(ids, project_id)

    report = await studio.another(files=Deleting(studio)).run(await studio.plan())

    assert (report.imported, report.rejected) == (0, 3)
    away.rename(studio.root)
    assert len(studio.stored()) == 3
    assert (await studio.importer.recover()).removed == 3
    assert studio.stored() == set()


async def test_an_uploader_deleted_meanwhile_is_named(studio: Studio) -> None:
    write_takes(studio.takes, 2)
    plan = await studio.plan()
    other = await UserRepository(studio.rows.database, "me").add(UserDraft("bob", "bob@studio.example", "x"))
    await studio.sql(f"DELETE FROM users WHERE id = {other.id}")

    report = await studio.importer.run(plan, uploader=other.id)

    assert report.problem == (
        f"The uploader is gone: the user with the id {other.id} was deleted, so no further file was added."
    )
    assert studio.stored() == set()


async def test_two_imports_of_one_folder_at_the_same_moment_store_everything_once(studio: Studio) -> None:
    write_takes(studio.takes, 6)
    for number in range(4):
        await studio.sql("DELETE FROM audio_files")
        for path in studio.root.glob("projects/*/*"):
            path.unlink()
        both = asyncio.Barrier(2)

        class Meeting(WatchedRows):
            """Both have looked for duplicates, and named their files, before either adds a row."""

            @override
            async def add_many(
                self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
            ) -> tuple[AddedAudio, ...]:
                await self.barrier.wait()
                return await super().add_many(stored, import_id, but_for=but_for)

            barrier = both

        importers = [studio.another(files=Meeting(studio)) for _ in range(2)]
        plans = [await importer.plan([studio.takes], studio.project) for importer in importers]
        reports = await asyncio.gather(
            *(importer.run(plan) for importer, plan in zip(importers, plans, strict=True))
        )

        assert sorted((one.imported, one.duplicates) for one in reports) == [(0, 6), (6, 0)], number
        first, second = ([file.id for file in report.files] for report in reports)
        assert first == second
        assert len(studio.stored()) == 6
        assert await studio.paths() == studio.stored()
        assert not list(studio.journals.glob("*.journal"))


async def test_a_content_whose_file_is_lost_is_stored_again(studio: Studio) -> None:
    write_takes(studio.takes, 1)
    assert (await studio.take()).imported == 1
    (studio.root / (await studio.paths()).pop()).unlink()

    report = await studio.take()

    assert (report.imported, report.duplicates) == (1, 0)
    assert len(studio.stored()) == 1


async def test_what_the_project_got_meanwhile_is_not_stored_twice(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    plan = await studio.plan()
    first = await studio.take()

    late = await studio.importer.run(plan)

    assert (late.imported, late.duplicates) == (0, 3)
    assert [file.id for file in late.files] == [file.id for file in first.files]
    await studio.must_be_whole()


async def test_files_that_became_equal_are_stored_once(studio: Studio) -> None:
    write_takes(studio.takes, 2)
    plan = await studio.plan()
    (studio.takes / "001.wav").write_bytes((studio.takes / "000.wav").read_bytes())

    report = await studio.importer.run(plan)

    assert sorted(statuses(report).values()) == ["duplicate", "imported"]
    assert len({file.id for file in report.files}) == 1
    await studio.must_be_whole()


async def test_recovery_keeps_the_file_of_a_row_that_another_service_spelt_anew(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    assert (await studio.take()).imported == 3
    paths = await studio.paths()
    await studio.sql(f"UPDATE audio_files SET file_path = '{studio.root}//' || file_path")
    announced = [Announced(part_path(StorePath(path)), StorePath(path)) for path in paths]
    gone = StorePath("projects/1/gone.wav")
    studio.store.put(io.BytesIO(b"no row names it"), gone)
    threads = Threads(1, "sweeping")

    outcome = await sweep(
        [*announced, Announced(part_path(gone), gone)], studio.store, studio.rows.contents, threads
    )

    await threads.close()
    assert outcome == (3, 1)
    assert all((studio.root / path).exists() for path in paths)
