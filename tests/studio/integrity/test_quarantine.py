"""What is taken out of the library comes back as it was, and each step looks again before it acts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.domain.trash import TrashState
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.studio.integrity.outcomes import ActionReport, Did
from syncsphere_desktop.studio.integrity.quarantine import Quarantine
from tests.studio.integrity.library import Studio, one, wav


def reason(report: ActionReport) -> str:
    """Why the only thing was skipped."""
    assert [outcome.did for outcome in report.outcomes] == [Did.SKIPPED], report
    return report.outcomes[0].reason or ""


async def taken(studio: Studio, row: AudioFile) -> int:
    report = await studio.quarantine.put([row.id], "no longer wanted")
    assert not report.not_done, report
    trash_id = report.outcomes[0].trash_id
    assert trash_id is not None
    return trash_id


async def test_a_row_and_its_file_go_and_come_back_as_they_were(studio: Studio) -> None:
    tape = await studio.rows.project()
    row = await studio.add(tape, "kick.wav")
    before = await studio.rows.files.get(row.id)
    report = await studio.quarantine.put([row.id], "no longer wanted")
    assert report.bytes == len(wav())
    assert not await studio.exists(row)
    assert not studio.file(row).exists()
    held = (await studio.quarantine.entries())[0]
    assert (held.reason, held.filename, held.size, held.state) == (
        "no longer wanted",
        "kick.wav",
        len(wav()),
        TrashState.HELD,
    )
    assert (await studio.check()).sound  # what is in quarantine is no finding
    back = await studio.quarantine.restore([held.id])
    assert not back.not_done
    after = await studio.rows.files.get(row.id)
    assert (after.id, after.file_path, after.sha256) == (before.id, before.file_path, before.sha256)
    assert studio.file(row).read_bytes() == wav()
    assert not await studio.quarantine.entries()
    assert (await studio.check()).sound


async def test_an_orphan_goes_comes_back_and_is_emptied(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "kick.wav")
    studio.file("stray.wav").write_bytes(wav())
    finding = one(await studio.check())
    trash_id = (await studio.quarantine.put_findings([finding], "stray")).outcomes[0].trash_id
    assert trash_id is not None
    assert not studio.file("stray.wav").exists()
    await studio.quarantine.restore([trash_id])  # type: ignore[list-item]
    assert studio.file("stray.wav").read_bytes() == wav()
    again = (await studio.quarantine.put_findings([one(await studio.check())], "stray")).outcomes[0].trash_id
    report = await studio.quarantine.empty([again])  # type: ignore[list-item]
    assert report.bytes == len(wav())
    assert len(studio.files()) == 1


async def test_only_what_is_due_is_emptied_by_itself(studio: Studio) -> None:
    tape = await studio.rows.project()
    old, new = await studio.add(tape, "old.wav"), await studio.add(tape, "new.wav")
    hasty = Quarantine(
        store=studio.store,
        trash=studio.rows.trash,
        files=studio.rows.files,
        contents=studio.rows.contents,
        keep_for=timedelta(0),
    )
    await hasty.put([old.id], "old")
    await hasty.close()
    await taken(studio, new)
    report = await studio.quarantine.empty()
    assert [outcome.path for outcome in report.done] == [old.file_path]
    assert [entry.filename for entry in await studio.quarantine.entries()] == ["new.wav"]


async def test_what_a_version_names_by_now_is_not_emptied_unless_told_to(studio: Studio) -> None:
    tape = await studio.rows.project()
    row = await studio.add(tape, "kick.wav")
    trash_id = await taken(studio, row)
    studio.uses.name(row.file_path, version=12)
    report = await studio.quarantine.empty([trash_id])  # type: ignore[list-item]
    assert reason(report) == "Version 12 of project 7 names it still."
    assert not (await studio.quarantine.empty([trash_id], even_used=True)).not_done  # type: ignore[list-item]
    assert not studio.files()


async def test_a_file_that_two_rows_name_stays(studio: Studio) -> None:
    tape = await studio.rows.project()
    row = await studio.add(tape, "kick.wav")
    await studio.add_foreign(tape, str(studio.file(row)))  # the same file by another path
    trash_id = await taken(studio, row)
    assert studio.file(row).exists()
    assert not await studio.exists(row)
    await studio.quarantine.restore([trash_id])  # type: ignore[list-item]
    assert await studio.exists(row)
    await taken(studio, row)
    held = (await studio.quarantine.entries())[0]
    await studio.quarantine.empty([held.id])
    assert studio.file(row).exists()


@pytest.mark.parametrize(
    "spelling",
    [
        "{folder}//{name}",
        "{folder}/./{name}",
        "././{folder}/{name}",
        "{path}/",
        "{path}/.",
        "{backslashes}",
        "{root}//{path}",
        "{root}/./{path}",
        "file://{root}/{folder}/{encoded}",
    ],
)
async def test_a_file_that_another_row_spells_differently_stays(studio: Studio, spelling: str) -> None:
    tape = await studio.rows.project()
    row = await studio.add(tape, "kick é.wav")
    folder, _, name = row.file_path.rpartition("/")
    encoded = "".join(f"%{byte:02x}" for byte in name.encode())
    text = spelling.format(
        path=row.file_path,
        folder=folder,
        name=name,
        root=studio.root,
        encoded=encoded,
        backslashes=row.file_path.replace("/", "\\"),
    )
    await studio.add_foreign(tape, text)
    trash_id = await taken(studio, row)
    assert studio.file(row).exists()
    await studio.quarantine.empty([trash_id])  # type: ignore[list-item]
    assert studio.file(row).exists()


class TestLookingAgain:
    """Between the check and the action somebody else was quicker."""

    async def found(self, studio: Studio, kind: FindingKind) -> tuple[AudioFile, Finding]:
        tape = await studio.rows.project()
        await studio.add(tape, "witness.wav", wav(0.5))
        row = await studio.add(tape, "kick.wav")
        if kind is FindingKind.MISSING:
            studio.file(row).unlink()
        elif kind is FindingKind.CHANGED:
            studio.file(row).write_bytes(wav(pitch=330))
        else:
            studio.file(row).write_bytes(wav()[:99])
        finding = one(await studio.check())
        assert finding.kind is kind
        return row, finding

    async def test_a_missing_file_that_came_back_is_left(self, studio: Studio) -> None:
        row, finding = await self.found(studio, FindingKind.MISSING)
        studio.file(row).write_bytes(wav())
        report = await studio.quarantine.put_findings([finding], "missing")
        assert reason(report) == "The file is there again."
        assert await studio.exists(row)

    @pytest.mark.parametrize("kind", [FindingKind.CHANGED, FindingKind.TRUNCATED])
    async def test_a_file_that_is_whole_again_is_left(self, studio: Studio, kind: FindingKind) -> None:
        row, finding = await self.found(studio, kind)
        studio.file(row).write_bytes(wav())
        assert "again" in reason(await studio.quarantine.put_findings([finding], "spoilt"))
        assert await studio.exists(row)

    async def test_a_row_that_was_deleted_is_told(self, studio: Studio) -> None:
        row, finding = await self.found(studio, FindingKind.TRUNCATED)
        await studio.sql("DELETE FROM audio_files WHERE id = :id", id=row.id)
        report = await studio.quarantine.put_findings([finding], "spoilt")
        assert reason(report) == "The row was deleted meanwhile."
        assert studio.file(row).exists()
        assert not await studio.quarantine.entries()

    async def test_a_row_that_names_another_file_by_now_is_left(self, studio: Studio) -> None:
        row, finding = await self.found(studio, FindingKind.MISSING)
        await studio.sql("UPDATE audio_files SET file_path = 'new.wav' WHERE id = :id", id=row.id)
        assert "another file" in reason(await studio.quarantine.put_findings([finding], "spoilt"))

    async def test_an_orphan_that_got_a_row_is_left(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "kick.wav")
        studio.file("stray.wav").write_bytes(wav())
        finding = one(await studio.check())
        await studio.add_foreign(tape, f"{studio.root}/stray.wav")
        report = await studio.quarantine.put_findings([finding], "stray")
        assert reason(report) == "A row names this file by now."
        assert studio.file("stray.wav").exists()

    async def test_an_orphan_that_was_written_again_or_is_gone_is_left(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "kick.wav")
        studio.file("stray.wav").write_bytes(wav())
        finding = one(await studio.check())
        studio.file("stray.wav").write_bytes(wav(1.0))
        assert "again" in reason(await studio.quarantine.put_findings([finding], "stray"))
        studio.file("stray.wav").unlink()
        assert "gone" in reason(await studio.quarantine.put_findings([finding], "stray"))

    async def test_a_place_that_was_taken_is_left_and_the_file_comes_back_beside_it(
        self, studio: Studio
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        trash_id = await taken(studio, row)
        studio.file(row).write_bytes(b"another service's")
        report = await studio.quarantine.restore([trash_id])  # type: ignore[list-item]
        assert not report.not_done
        after = await studio.rows.files.get(row.id)
        assert after.file_path != row.file_path
        assert studio.file(after).read_bytes() == wav()
        assert after.state is ContentState.SOUND
        assert studio.file(row).read_bytes() == b"another service's"

    async def test_a_project_that_is_gone_keeps_its_file_in_quarantine(self, studio: Studio) -> None:
        tape, live = await studio.rows.project("tape"), await studio.rows.project("live")
        row = await studio.add(tape, "kick.wav")
        trash_id = await taken(studio, row)
        await studio.sql("DELETE FROM projects WHERE id = :id", id=tape)
        assert "gone" in reason(await studio.quarantine.restore([trash_id]))  # type: ignore[list-item]
        assert [entry.state for entry in await studio.quarantine.entries()] == [TrashState.HELD]
        assert not studio.file(row).exists()
        report = await studio.quarantine.restore([trash_id], project_id=live)  # type: ignore[list-item]
        assert not report.not_done
        assert (await studio.rows.files.get(row.id)).project_id == live

    async def test_what_was_restored_elsewhere_is_told(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        trash_id = await taken(studio, row)
        await studio.quarantine.restore([trash_id])  # type: ignore[list-item]
        assert reason(await studio.quarantine.restore([trash_id])) == "It was restored meanwhile."  # type: ignore[list-item]
        assert reason(await studio.quarantine.empty([trash_id])) == "It was restored meanwhile."  # type: ignore[list-item]
        assert studio.file(row).exists()
