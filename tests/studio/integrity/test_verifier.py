"""What a check finds, and what it must not call a finding."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from typing_extensions import override

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_contents import AudioContentRepository
from syncsphere_desktop.domain.audio_check import ContentRecord
from syncsphere_desktop.domain.sound import ContentState, SoundFacts
from syncsphere_desktop.errors import StoreUnavailableError
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.storage.store import open_store
from syncsphere_desktop.studio.integrity.findings import CheckProgress, CheckScope, Finding, FindingKind
from syncsphere_desktop.studio.integrity.verifier import AudioVerifier
from syncsphere_desktop.studio.work_control import WorkControl
from tests.studio.integrity.library import Studio, one, told, wav


async def state_of(studio: Studio, file_id: int) -> ContentState:
    rows = await studio.rows.contents.rows([file_id])  # type: ignore[list-item]
    return rows[0].state


async def test_a_sound_library_has_no_findings(studio: Studio) -> None:
    tape = await studio.rows.project()
    for name in ("kick.wav", "snare.wav"):
        await studio.add(tape, name)
    report = await studio.check()
    assert report.sound
    assert report.complete
    assert (report.files, report.bytes) == (2, 2 * len(wav()))
    assert report.sentence == "Checked 2 files: nothing wrong."


async def test_one_flipped_bit_is_found(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "good.wav")
    row = await studio.add(tape, "bad.wav")
    content = bytearray(studio.file(row).read_bytes())
    content[len(content) // 2] ^= 1
    studio.file(row).write_bytes(content)
    finding = one(await studio.check())
    assert (finding.kind, finding.file_id) == (FindingKind.CHANGED, row.id)
    assert await state_of(studio, row.id) is ContentState.CHANGED
    assert one(await studio.check()).kind is FindingKind.CHANGED  # what was stored is still known


async def test_a_file_cut_short_and_one_that_grew_are_found_without_reading_them(studio: Studio) -> None:
    tape = await studio.rows.project()
    cut, grown = await studio.add(tape, "cut.wav"), await studio.add(tape, "grown.wav")
    os.truncate(studio.file(cut), 100)
    with studio.file(grown).open("ab") as stream:
        stream.write(b"x")
    report = await studio.check(deep=False)
    assert told(report) == {("truncated", "cut.wav"), ("changed", "grown.wav")}
    assert report.bytes == 0


async def test_a_removed_file_is_missing_and_an_added_one_an_orphan(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "here.wav")
    gone = await studio.add(tape, "gone.wav")
    studio.file(gone).unlink()
    studio.file("stray/strange name.wav").parent.mkdir()
    studio.file("stray/strange name.wav").write_bytes(b"sound")
    studio.uses.name("stray/strange name.wav", version=12)
    report = await studio.check()
    assert told(report) == {("missing", "gone.wav"), ("orphan", "strange name.wav")}
    orphan = next(finding for finding in report.findings if finding.kind is FindingKind.ORPHAN)
    assert [use.version for use in orphan.uses] == [12]
    assert [file.path for file in await studio.rows.checks.orphans()] == ["stray/strange name.wav"]


async def test_a_row_without_a_project_and_a_path_outside_are_found(studio: Studio, tmp_path: Path) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "kick.wav")
    (tmp_path / "secret.wav").write_bytes(wav())
    await studio.add_foreign(tape, "../secret.wav")
    await studio.add_foreign(tape, str(tmp_path / "secret.wav"))
    studio.file("free.wav").write_bytes(wav())
    await studio.add_foreign(None, "free.wav")
    studio.file("link.wav").symlink_to(tmp_path / "secret.wav")
    await studio.add_foreign(tape, "link.wav")
    report = await studio.check()
    assert report.counts == {FindingKind.OUTSIDE: 3, FindingKind.NO_PROJECT: 1}


async def test_what_other_services_wrote_is_understood_and_learnt(studio: Studio) -> None:
    tape = await studio.rows.project()
    studio.file("theirs.wav").write_bytes(wav())
    row = await studio.add_foreign(tape, str(studio.file("theirs.wav")))
    assert (await studio.check()).sound
    rows = await studio.rows.contents.rows([row])
    assert rows[0].content is not None
    assert rows[0].state is ContentState.SOUND


async def test_what_is_no_audio_is_undecodable(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "kick.wav")
    for name, content in (("empty.wav", b""), ("letter.wav", b"Dear Ada, " * 100)):
        studio.file(name).write_bytes(content)
        await studio.add_foreign(tape, name)
    report = await studio.check()
    assert told(report) == {("undecodable", "empty.wav"), ("undecodable", "letter.wav")}
    assert all(finding.details for finding in report.findings)


async def test_a_row_that_describes_its_file_wrongly_is_told_and_told_right_again(studio: Studio) -> None:
    tape = await studio.rows.project()
    studio.file("kick.wav").write_bytes(wav())
    row = await studio.add_foreign(tape, "kick.wav")
    await studio.sql("UPDATE audio_files SET duration = 9.5, channels = 2 WHERE id = :id", id=row)
    finding = one(await studio.check())
    assert finding.kind is FindingKind.MISDESCRIBED
    assert finding.details == "The row tells a length of 9.5 s instead of 250 ms, 2 instead of 1 channels."
    report = await studio.repair.reprobe([row])
    assert not report.not_done
    file = await studio.rows.files.get(row)
    assert (file.duration, file.channels, file.sample_rate, file.format) == (0.25, 1, 8000, "wav")
    assert (await studio.check(decode=True)).sound


@pytest.mark.parametrize("length", ["NaN", "Infinity", "-Infinity", "-1"])
@pytest.mark.parametrize("deep", [True, False])
async def test_a_length_that_is_none_is_told_and_told_right_again(
    studio: Studio, length: str, deep: bool
) -> None:
    tape = await studio.rows.project()
    row = await studio.add(tape, "kick.wav")
    await studio.sql(f"UPDATE audio_files SET duration = '{length}' WHERE id = :id", id=row.id)
    finding = one(await studio.check(deep=deep))
    assert (finding.kind, finding.file_id) == (FindingKind.MISDESCRIBED, row.id)
    assert "length" in finding.details
    last = await studio.verifier.last()
    assert last is not None
    assert one(last) == finding or one(last).details == finding.details
    foreign = await studio.add_foreign(tape, row.file_path)
    await studio.sql(f"UPDATE audio_files SET duration = '{length}' WHERE id = :id", id=foreign)
    assert {one.file_id for one in (await studio.check(decode=deep)).findings} == {row.id, foreign}
    await studio.repair.reprobe([row.id, foreign])
    assert (await studio.check(deep=deep)).sound


async def test_a_row_with_the_size_of_another_file_is_told(studio: Studio) -> None:
    tape = await studio.rows.project()
    row = await studio.add(tape, "kick.wav")
    await studio.sql("UPDATE audio_files SET file_size = 7 WHERE id = :id", id=row.id)
    for deep in (True, False):
        finding = one(await studio.check(deep=deep))
        assert finding.kind is FindingKind.MISDESCRIBED
        assert finding.details == f"The row tells 7 bytes instead of {len(wav()):,}."
    assert (await studio.repair.reprobe([row.id])).done
    assert (await studio.check()).sound


async def test_addresses_of_this_machine_are_understood(studio: Studio) -> None:
    tape = await studio.rows.project()
    studio.file("kick drum.wav").write_bytes(wav())
    await studio.add_foreign(tape, f"file://localhost{studio.root}/kick%20drum.wav")
    assert (await studio.check()).sound


async def test_parts_of_files_are_leftovers(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "kick.wav")
    studio.file(f"projects/{tape}/.syncsphere-0123456789abcdef.part").write_bytes(b"half")
    finding = one(await studio.check())
    assert finding.kind is FindingKind.LEFTOVER
    assert not (await studio.quarantine.put_findings([finding], "unfinished")).not_done
    assert (await studio.check()).sound


async def test_new_files_are_spared_while_an_import_runs(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "kick.wav")
    studio.file("new.wav").write_bytes(wav())
    studio.file("old.wav").write_bytes(wav())
    os.utime(studio.file("old.wav"), (0, 0))
    await studio.sql(
        "INSERT INTO syncsphere_desktop.audio_imports (id, actor, project_id, source)"
        " VALUES (gen_random_uuid(), 'me', :id, 'x')",
        id=tape,
    )
    report = await studio.check()
    assert told(report) == {("orphan", "old.wav")}
    assert "1 new file without a row" in report.notes[0]


async def test_a_project_is_checked_alone(studio: Studio) -> None:
    tape, live = await studio.rows.project("tape"), await studio.rows.project("live")
    lost, other = await studio.add(tape, "a.wav"), await studio.add(live, "b.wav")
    await studio.add(live, "c.wav")
    studio.file(lost).unlink()
    studio.file(other).unlink()
    studio.file("stray.wav").write_bytes(b"x")
    report = await studio.check(scope=CheckScope(tape))
    assert told(report) == {("missing", "a.wav")}
    assert report.files == 1


class TestGuard:
    async def test_an_unmounted_root_fails_the_check(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "kick.wav")
        await studio.claim()
        shutil.rmtree(studio.root)
        with pytest.raises(StoreUnavailableError):
            await studio.check()
        studio.root.mkdir()  # the empty folder that something would be mounted on
        with pytest.raises(StoreUnavailableError):
            await studio.check()
        assert await studio.rows.checks.last(None) is None

    async def test_an_empty_root_fails_also_where_no_store_was_ever_known(
        self, studio: Studio, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        await studio.add_foreign(tape, "kick.wav")
        with pytest.raises(StoreUnavailableError, match="empty"):
            await studio.check()
        (studio.root / "holiday.jpg").write_bytes(b"x")
        with pytest.raises(StoreUnavailableError, match="another one's"):
            await studio.check()

    async def test_another_studios_store_fails_the_check(
        self, studio: Studio, database: Database, pool: ProbePool, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "kick.wav")
        await studio.claim()
        (tmp_path / "other").mkdir()
        store = open_store(str(tmp_path / "other"))
        store.mark()
        other = Studio.over(tmp_path / "other", store, database, pool)
        with pytest.raises(StoreUnavailableError, match="another studio"):
            await other.check()
        await other.close()

    async def test_a_store_that_goes_away_in_the_middle_leaves_no_finding(
        self, studio: Studio, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        rows = [await studio.add(tape, f"{number}.wav") for number in range(24)]
        await studio.claim()

        class Unmounting(AudioContentRepository):
            """Is there while the first page is recorded, and pulls the root away then."""

            @override
            async def record_all(self, records: Sequence[ContentRecord]) -> bool:
                if not (tmp_path / "unmounted").exists():
                    studio.root.rename(tmp_path / "unmounted")
                    studio.root.mkdir()
                return await super().record_all(records)

        verifier = AudioVerifier(
            store=studio.store,
            known=studio.rows.stores,
            contents=Unmounting(studio.rows.database, "me"),
            checks=studio.rows.checks,
            prober=studio.pool,
            rows_at_a_time=8,
        )
        found: list[Finding] = []
        with pytest.raises(StoreUnavailableError):
            await verifier.run(on_finding=found.append)
        await verifier.close()
        assert not found
        states = {row.state for row in await studio.rows.contents.rows([row.id for row in rows])}
        assert states == {ContentState.SOUND}, "what an import knew of them is unchanged"

    async def test_only_missing_files_are_findings_where_the_marker_is_right(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        await studio.claim()
        studio.file(row).unlink()
        studio.file("other.wav").write_bytes(b"x")
        assert told(await studio.check()) == {("missing", "kick.wav"), ("orphan", "other.wav")}


class TestTelling:
    async def test_what_is_found_is_told_while_its_page_is_checked(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        gone = await studio.add(tape, "gone.wav")
        cut = await studio.add(tape, "cut.wav")
        await studio.add(tape, "slow.wav")
        studio.file(gone).unlink()
        os.truncate(studio.file(cut), 100)
        going, told_both = threading.Event(), asyncio.Event()
        found: list[str] = []

        def take(finding: Finding) -> None:
            found.append(finding.filename or "")
            if len(found) == 2:
                told_both.set()

        class SlowProber:
            """Takes its time."""

            def probe(self, path: Path | HeldFile, *, decode: bool = False) -> SoundFacts:
                going.wait()
                return studio.pool.probe(path, decode=decode)

        verifier = AudioVerifier(
            store=studio.store,
            known=studio.rows.stores,
            contents=studio.rows.contents,
            checks=studio.rows.checks,
            prober=SlowProber(),
        )
        checking = asyncio.create_task(verifier.run(decode=True, on_finding=take))
        try:
            async with asyncio.timeout(10):
                await told_both.wait()
            assert not checking.done()
            assert found == ["gone.wav", "cut.wav"]
        finally:
            going.set()
            report = await checking
            await verifier.close()
        assert told(report) == {("missing", "gone.wav"), ("truncated", "cut.wav")}
        assert report.files == 3


class TestGoingOn:
    async def test_a_cancelled_check_is_taken_up_where_it_ended(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        rows = [await studio.add(tape, f"{number}.wav") for number in range(40)]
        for row in (rows[0], rows[-1]):
            studio.file(row).unlink()
        control = WorkControl()
        seen: list[Finding] = []

        def found(finding: Finding) -> None:
            seen.append(finding)
            control.cancel()

        first = await studio.check(control=control, on_finding=found)
        assert not first.complete
        assert told(first) == {("missing", "0.wav")}
        assert first.files < 40
        second = await studio.check()
        assert second.complete
        assert second.resumed
        assert told(second) == {("missing", "0.wav"), ("missing", "39.wav")}
        assert second.files == 40
        assert second.bytes == 38 * len(wav())
        third = await studio.check()
        assert not third.resumed

    async def test_a_cancelled_task_ends_its_threads_first(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        for number in range(24):
            await studio.add(tape, f"{number}.wav")
        checking = asyncio.create_task(studio.check())
        while await studio.rows.checks.last(None) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        checking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await checking
        assert (await studio.check()).complete

    async def test_a_pause_holds_the_check_and_cancelling_ends_the_pause(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "kick.wav")
        control = WorkControl()
        control.pause()
        states: list[bool] = []

        def progress(told: CheckProgress) -> None:
            states.append(told.paused)
            if len(states) == 4:
                control.cancel()

        report = await studio.check(control=control, progress=progress)
        assert not report.complete
        assert states[:4] == [True] * 4

    async def test_what_was_mended_is_no_longer_known_as_found(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "good.wav")
        row = await studio.add(tape, "kick.wav")
        studio.file(row).rename(studio.file("elsewhere.wav"))
        await studio.check()
        last = await studio.verifier.last()
        assert last is not None
        assert told(last) == {("missing", "kick.wav"), ("orphan", "elsewhere.wav")}
        studio.file("elsewhere.wav").rename(studio.file(row))
        assert (await studio.check()).sound
        again = await studio.verifier.last()
        assert again is not None
        assert again.sound
