"""Files that lie elsewhere are found by their content; replaced and exported files are whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.domain.trash import TrashState
from syncsphere_desktop.errors import ConflictError, NotAudioError
from syncsphere_desktop.studio.integrity.exporting import AudioExporter, Structure
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.studio.integrity.outcomes import Did
from syncsphere_desktop.studio.integrity.replacing import ContentReplacer
from syncsphere_desktop.studio.outgoing import safe_name
from tests.studio.integrity.library import Studio, wav


async def missing(studio: Studio) -> Finding:
    report = await studio.check()
    return next(finding for finding in report.findings if finding.kind is FindingKind.MISSING)


class TestRelocating:
    async def test_a_file_that_was_moved_is_found_by_its_content(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "other.wav", wav(0.5))
        row = await studio.add(tape, "kick.wav")
        studio.file(row).rename(studio.file("moved.wav"))
        studio.file("as long.wav").write_bytes(wav(pitch=330))
        report = await studio.repair.relocate([await missing(studio)])
        assert [outcome.path for outcome in report.done] == ["moved.wav"]
        after = await studio.rows.files.get(row.id)
        assert (after.file_path, after.state, after.sha256) == ("moved.wav", ContentState.SOUND, row.sha256)
        last = await studio.verifier.last()
        assert last is not None
        assert [finding.path for finding in last.findings] == ["as long.wav"]
        assert {finding.path for finding in (await studio.check()).findings} == {"as long.wav"}

    async def test_the_file_of_a_row_with_the_same_content_is_copied(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        twin, row = await studio.add(tape, "twin.wav"), await studio.add(tape, "kick.wav")
        studio.file(row).unlink()
        assert not (await studio.repair.relocate([await missing(studio)])).not_done
        after = await studio.rows.files.get(row.id)
        assert after.file_path not in {row.file_path, twin.file_path}
        assert studio.file(after).read_bytes() == wav()
        assert (await studio.check()).sound
        assert not await studio.quarantine.entries()

    async def test_a_file_that_came_back_is_left(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "other.wav", wav(0.5))
        row = await studio.add(tape, "kick.wav")
        content = studio.file(row).read_bytes()
        studio.file(row).unlink()
        finding = await missing(studio)
        studio.file(row).write_bytes(content)
        studio.file("copy.wav").write_bytes(content)
        outcome = (await studio.repair.relocate([finding])).outcomes[0]
        assert (outcome.did, outcome.reason) == (Did.SKIPPED, "The file is there again, and whole.")

    async def test_an_orphan_that_changed_or_got_a_row_is_not_taken(self, studio: Studio) -> None:
        tape = await studio.rows.project()
        await studio.add(tape, "other.wav", wav(0.5))
        row = await studio.add(tape, "kick.wav")
        studio.file(row).rename(studio.file("moved.wav"))
        finding = await missing(studio)
        studio.file("moved.wav").write_bytes(wav(pitch=330))
        assert (await studio.repair.relocate([finding])).outcomes[0].did is Did.FAILED
        studio.file("moved.wav").write_bytes(wav())
        await studio.add_foreign(tape, "moved.wav")
        assert (await studio.repair.relocate([finding])).outcomes[0].did is Did.FAILED
        assert (await studio.rows.files.get(row.id)).file_path == row.file_path


class TestReplacing:
    @pytest.fixture
    async def replacer(self, studio: Studio) -> AsyncIterator[ContentReplacer]:
        rows = studio.rows
        made = ContentReplacer(
            store=studio.store, trash=rows.trash, files=rows.files, contents=rows.contents, prober=studio.pool
        )
        yield made
        await made.close()

    async def test_the_row_gets_the_new_file_and_the_old_one_goes_into_quarantine(
        self, studio: Studio, replacer: ContentReplacer, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        (tmp_path / "better.wav").write_bytes(wav(1.0))
        after = await replacer.replace(row, tmp_path / "better.wav")
        assert (after.id, after.filename, after.duration, after.file_size) == (
            row.id,
            "kick.wav",
            1.0,
            len(wav(1.0)),
        )
        assert studio.file(after).read_bytes() == wav(1.0)
        assert not studio.file(row).exists()
        held = await studio.quarantine.entries()
        assert [(entry.original_path, entry.reason) for entry in held] == [
            (row.file_path, "Replaced by another file")
        ]
        assert (await studio.check()).sound

    async def test_the_old_file_comes_back_with_a_row_of_its_own(
        self, studio: Studio, replacer: ContentReplacer, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        (tmp_path / "better.wav").write_bytes(wav(1.0))
        await replacer.replace(row, tmp_path / "better.wav")
        (held,) = await studio.quarantine.entries()
        assert (held.filename, held.project_id, held.file_id) == ("kick.wav", tape, None)
        (back,) = (await studio.quarantine.restore([held.id])).done
        assert back.file_id not in (None, row.id)
        former = await studio.rows.files.get(back.file_id)
        assert (former.filename, former.project_id, former.duration, former.sha256) == (
            "kick.wav",
            tape,
            0.25,
            row.sha256,
        )
        assert studio.file(former).read_bytes() == wav()
        assert (await studio.check()).sound

    async def test_the_old_file_takes_the_place_of_a_row_that_is_gone(
        self, studio: Studio, replacer: ContentReplacer, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        (tmp_path / "better.wav").write_bytes(wav(1.0))
        await replacer.replace(row, tmp_path / "better.wav")
        (held,) = await studio.quarantine.entries()
        await studio.quarantine.put([row.id], "unwanted")
        (back,) = (await studio.quarantine.restore([held.id])).done
        assert (back.file_id, back.path) == (row.id, row.file_path)
        assert (await studio.check()).sound

    async def test_what_is_no_audio_changes_nothing(
        self, studio: Studio, replacer: ContentReplacer, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        (tmp_path / "letter.wav").write_bytes(b"Dear Ada")
        files = studio.files()
        with pytest.raises(NotAudioError):
            await replacer.replace(row, tmp_path / "letter.wav")
        assert studio.files() == files

    async def test_a_row_that_others_changed_leaves_nothing_behind(
        self, studio: Studio, replacer: ContentReplacer, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        (tmp_path / "better.wav").write_bytes(wav(1.0))
        await studio.sql("UPDATE audio_files SET filename = 'theirs.wav' WHERE id = :id", id=row.id)
        files = studio.files()
        with pytest.raises(ConflictError):
            await replacer.replace(row, tmp_path / "better.wav")
        assert studio.files() == files
        assert not await studio.rows.trash.in_states(list(TrashState))


class TestExporting:
    @pytest.fixture
    async def exporter(self, studio: Studio) -> AsyncIterator[AudioExporter]:
        made = AudioExporter(store=studio.store, contents=studio.rows.contents)
        yield made
        await made.close()

    async def test_files_come_out_in_folders_of_their_projects(
        self, studio: Studio, exporter: AudioExporter, tmp_path: Path
    ) -> None:
        tape, live = await studio.rows.project("tape"), await studio.rows.project("live")
        rows = [
            await studio.add(tape, "kick.wav"),
            await studio.add(tape, "KICK.wav", wav(0.5)),
            await studio.add(live, "kick.wav"),
        ]
        out = tmp_path / "out"
        ids = [row.id for row in rows]
        report = await exporter.export(ids, out, project_names={tape: "Tape / 1", live: "Live"})
        assert not report.not_done
        found = {str(path.relative_to(out)): path.stat().st_size for path in out.rglob("*.wav")}
        assert found == {
            "Tape _ 1/kick.wav": len(wav()),
            "Tape _ 1/KICK (2).wav": len(wav(0.5)),
            "Live/kick.wav": len(wav()),
        }
        again = await exporter.export(ids, out, project_names={tape: "Tape / 1", live: "Live"})
        assert [outcome.did for outcome in again.outcomes] == [Did.UNCHANGED] * 3
        assert [outcome.path for outcome in again.outcomes] == [outcome.path for outcome in report.outcomes]
        assert not again.not_done
        assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == set(found)

    async def test_what_differs_stays_unless_it_is_to_be_overwritten(
        self, studio: Studio, exporter: AudioExporter, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        rows = [await studio.add(tape, "kick.wav"), await studio.add(tape, "kick.wav", wav(0.5))]
        ids, out = [row.id for row in rows], tmp_path / "out"
        out.mkdir()
        (out / "kick.wav").write_bytes(b"mine")
        (out / "kick (2).wav").mkdir()
        report = await exporter.export(ids[:1], out, structure=Structure.FLAT)
        assert Path(report.outcomes[0].path).name == "kick (3).wav"
        assert (out / "kick.wav").read_bytes() == b"mine"
        await exporter.export(ids, out, structure=Structure.FLAT, overwrite=True)
        assert (out / "kick.wav").read_bytes() == wav()
        assert (out / "kick (3).wav").read_bytes() == wav(0.5)
        assert not list(out.rglob("*.part"))

    async def test_the_storages_own_folders_or_none_can_be_had(
        self, studio: Studio, exporter: AudioExporter, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        row = await studio.add(tape, "kick.wav")
        await exporter.export([row.id], tmp_path / "a", structure=Structure.STORED)
        await exporter.export([row.id], tmp_path / "b", structure=Structure.FLAT)
        assert (tmp_path / "a" / "projects" / str(tape) / "kick.wav").exists()
        assert (tmp_path / "b" / "kick.wav").exists()

    async def test_spoilt_and_missing_files_are_told_and_not_copied(
        self, studio: Studio, exporter: AudioExporter, tmp_path: Path
    ) -> None:
        tape = await studio.rows.project()
        spoilt, lost = await studio.add(tape, "spoilt.wav"), await studio.add(tape, "lost.wav")
        studio.file(spoilt).write_bytes(wav(pitch=330))
        studio.file(lost).unlink()
        report = await exporter.export([spoilt.id, lost.id], tmp_path / "out", structure=Structure.FLAT)
        assert [outcome.did for outcome in report.outcomes] == [Did.FAILED, Did.SKIPPED]
        assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]

    def test_names_are_safe_everywhere(self) -> None:
        assert safe_name("Kick.wav") == "Kick.wav"
        assert safe_name("a-b-c.wav") == "a-b-c.wav"
        assert safe_name("../evil\n.wav") == "_evil.wav"
        assert safe_name("CON.wav") == "_CON.wav"
