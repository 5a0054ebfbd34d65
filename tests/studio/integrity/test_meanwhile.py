"""The storage fails, or others act, in the very moment of an action: it's undone, or settled later."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typing_extensions import override

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.trash import TrashId, TrashState
from syncsphere_desktop.errors import FileError, NotFoundError, StoreFullError, StoreUnavailableError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.studio.integrity.findings import FindingKind
from syncsphere_desktop.studio.integrity.outcomes import ActionReport, Did
from syncsphere_desktop.studio.integrity.replacing import ContentReplacer
from tests.servers import execute
from tests.studio.integrity.library import Studio, one, wav


class Moving(LocalStore):
    """A folder store with which something happens at the next move, before it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.at_move: Callable[[], object] | None = None

    @override
    def move(self, a: StorePath, b: StorePath) -> None:
        happens, self.at_move = self.at_move, None
        if happens is not None:
            happens()
        super().move(a, b)


def failing(error: Exception) -> Callable[[], None]:
    """Return what raises this."""

    def happens() -> None:
        raise error

    return happens


def reasons(report: ActionReport) -> list[tuple[Did, str | None]]:
    return [(outcome.did, outcome.reason) for outcome in report.outcomes]


async def put(studio: Studio, *ids: AudioFileId) -> list[TrashId]:
    report = await studio.quarantine.put(ids, "unwanted")
    assert not report.not_done
    return [TrashId(outcome.trash_id) for outcome in report.outcomes if outcome.trash_id is not None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Moving]:
    (tmp_path / "audio").mkdir()
    with closing(Moving(tmp_path / "audio")) as made:
        yield made


@pytest.fixture
async def studio(store: Moving, tmp_path: Path, database: Database, pool: ProbePool) -> AsyncIterator[Studio]:
    made = Studio.over(tmp_path / "audio", store, database, pool)
    yield made
    await made.close()


async def test_a_row_that_came_during_the_move_has_its_file_given_back(
    studio: Studio, store: Moving, target: ConnectionTarget
) -> None:
    row = await studio.add(await studio.rows.project(), "kick.wav")
    again = "INSERT INTO audio_files (filename, file_path) SELECT 'x', file_path || '' FROM audio_files"
    store.at_move = lambda: execute(target, again)
    report = await studio.quarantine.put([row.id], "unwanted")
    assert reasons(report) == [(Did.SKIPPED, "Another row names the same file by now.")]
    assert studio.files() == {row.file_path}
    assert await studio.exists(row)
    assert not await studio.quarantine.entries()


async def test_a_storage_that_goes_away_in_the_middle_is_settled_when_it_is_back(
    studio: Studio, store: Moving
) -> None:
    row = await studio.add(await studio.rows.project(), "kick.wav")
    store.at_move = failing(StoreUnavailableError("The storage went away."))
    with pytest.raises(StoreUnavailableError):
        await studio.quarantine.put([row.id], "unwanted")
    await studio.quarantine.settle()
    assert not await studio.rows.trash.in_states(list(TrashState))
    assert await studio.exists(row)
    (held,) = await put(studio, row.id)
    for error in (StoreUnavailableError("The storage went away."), StoreFullError("The storage is full.")):
        store.at_move = failing(error)
        with pytest.raises(type(error)):
            await studio.quarantine.restore([held])
        await studio.quarantine.settle()
        assert [entry.id for entry in await studio.quarantine.entries()] == [held]
    assert not (await studio.quarantine.restore([held])).not_done
    assert studio.files() == {row.file_path}


async def test_what_is_not_in_quarantine_any_more_is_told(studio: Studio) -> None:
    tape = await studio.rows.project()
    lost, kept = await studio.add(tape, "lost.wav"), await studio.add(tape, "kept.wav")
    studio.file(lost).unlink()
    alone, whole = await put(studio, lost.id, kept.id)
    for path in studio.files():
        studio.file(path).unlink()
    report = await studio.quarantine.restore([alone, whole, TrashId(9999)])
    assert reasons(report) == [
        (Did.DONE, None),
        (Did.FAILED, "The file is no longer in the quarantine's folder."),
        (Did.SKIPPED, "There is nothing in quarantine with the id 9999."),
    ]
    assert await studio.exists(lost)


async def test_a_row_that_leads_out_of_the_storage_goes_alone_and_is_emptied(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "secret.wav").write_bytes(wav())
    outside = await studio.add_foreign(await studio.rows.project(), "../secret.wav")
    (held,) = await put(studio, outside)
    assert reasons(await studio.quarantine.empty([held])) == [(Did.DONE, None)]
    assert (tmp_path / "secret.wav").exists()
    assert not await studio.quarantine.entries()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
async def test_a_file_whose_name_is_no_text_is_left_and_findings_that_are_no_longer_true_too(
    studio: Studio,
) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "witness.wav", wav(0.5))
    studio.file(os.fsdecode(b"caf\xe9.wav")).write_bytes(wav())
    finding = one(await studio.check())
    ((did, reason),) = reasons(await studio.quarantine.put_findings([finding], "stray"))
    assert did is Did.FAILED
    assert "no text" in str(reason)
    ((did, reason),) = reasons(await studio.repair.relocate([finding]))
    assert (did, reason) == (Did.FAILED, "A file without a row has no other place to be.")


async def test_a_row_that_got_a_project_or_lost_its_file_since_the_check_is_left(studio: Studio) -> None:
    await studio.add(await studio.rows.project(), "witness.wav", wav(0.5))
    live = await studio.rows.project("live")
    row = await studio.add(live, "kick.wav")
    await studio.sql("UPDATE audio_files SET project_id = NULL WHERE id = :id", id=row.id)
    loose = one(await studio.check())
    assert loose.kind is FindingKind.NO_PROJECT
    await studio.sql("UPDATE audio_files SET project_id = :live WHERE id = :id", live=live, id=row.id)
    report = await studio.quarantine.put_findings([loose], "loose")
    assert reasons(report) == [(Did.SKIPPED, "The row belongs to a project by now.")]
    studio.file(row).write_bytes(wav(pitch=330))
    changed = one(await studio.check())
    studio.file(row).unlink()
    report = await studio.quarantine.put_findings([changed], "changed")
    assert reasons(report) == [(Did.SKIPPED, "The file is gone by now.")]


async def test_rows_are_described_anew_from_what_is_in_their_files(studio: Studio) -> None:
    tape = await studio.rows.project()
    longer, noise, lost = [await studio.add(tape, name) for name in ("a.wav", "b.wav", "c.wav")]
    outside = await studio.add_foreign(tape, "../../etc/passwd")
    studio.file(longer).write_bytes(wav(1.0))
    studio.file(noise).write_bytes(b"Dear Ada")
    studio.file(lost).unlink()
    report = await studio.repair.reprobe([longer.id, noise.id, lost.id, outside])
    assert [did for did, _ in reasons(report)] == [Did.DONE, *[Did.FAILED] * 3]
    assert [reason for _, reason in reasons(report)][2:] == [
        "The storage has no such file.",
        "The path leads out of the storage.",
    ]
    after = await studio.rows.files.get(longer.id)
    assert (after.duration, after.file_size) == (1.0, len(wav(1.0)))
    assert (await studio.rows.files.get(noise.id)).state.value == "undecodable"


async def test_what_was_never_recorded_or_is_nowhere_cannot_be_found(studio: Studio) -> None:
    tape = await studio.rows.project()
    await studio.add(tape, "witness.wav", wav(0.5))
    foreign = await studio.add_foreign(tape, "theirs.wav")
    row = await studio.add(tape, "kick.wav")
    studio.file(row).rename(studio.file("moved.wav"))
    findings = [one_ for one_ in (await studio.check()).findings if one_.file_id in (foreign, row.id)]
    studio.file("moved.wav").unlink()  # it was there when all was checked
    report = await studio.repair.relocate(sorted(findings, key=lambda finding: finding.path == row.file_path))
    assert reasons(report) == [
        (Did.FAILED, "Its content was never recorded, so that it can't be told from others."),
        (Did.FAILED, "No other file in the storage has this content."),
    ]


async def test_replacing_follows_the_ending_and_leaves_nothing_where_it_cannot(
    studio: Studio, tmp_path: Path
) -> None:
    rows = studio.rows
    replacer = ContentReplacer(
        store=studio.store, trash=rows.trash, files=rows.files, contents=rows.contents, prober=studio.pool
    )
    tape = await rows.project()
    row = await studio.add(tape, "kick.aif")
    studio.file(row).unlink()  # so that there is no former file to keep
    better = tmp_path / "better.WAV"
    better.write_bytes(wav(1.0))
    after = await replacer.replace(row, better)
    assert after.filename == "kick.wav"
    assert not await studio.quarantine.entries()
    better_gone = better.rename(tmp_path / "elsewhere.wav")

    def vanish(_doing: str, _share: float | None) -> None:
        if _doing.startswith("Storing"):
            better_gone.unlink()

    files = studio.files()
    with pytest.raises(FileError):
        await replacer.replace(after, better_gone, progress=vanish)
    assert studio.files() == files
    better.write_bytes(wav(1.0))
    await studio.quarantine.put([row.id], "unwanted")
    with pytest.raises(NotFoundError):
        await replacer.replace(after, better)
    await replacer.close()
