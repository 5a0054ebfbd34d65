"""Whatever moment a process is killed at: after the next start rows and files are whole and together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.trash import UNSETTLED, TrashDraft, TrashId, TrashState
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.integrity.placing import KEEP_FOR
from tests.cli.conftest import url_of
from tests.studio.integrity.library import Studio, wav

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL")

MOST_MOMENTS = 60


class Mortals:
    """Orders processes to act and to die."""

    def __init__(self, process: subprocess.Popen[str], url: str, root: Path) -> None:
        self._process = process
        self._place = {"url": url, "root": str(root)}

    def act(self, action: str, target: object, moment: int, **more: object) -> bool:
        """Let one act; return whether it was killed before its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"action": action, "target": target, "moment": moment, **self._place, **more}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        assert code in {0, -signal.SIGKILL}
        return code != 0


@pytest.fixture
def mortals(studio: Studio, target: ConnectionTarget) -> Iterator[Mortals]:
    """A process that forks those that die."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.studio.integrity.dying"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        yield Mortals(process, url_of(target), studio.root)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


async def at_every_moment(
    studio: Studio, act: Callable[[int], Awaitable[bool]], settled: Callable[[], Awaitable[None]]
) -> int:
    """Act, die at one moment after the other and settle, until it gets through; return how many moments."""
    for moment in range(MOST_MOMENTS):
        killed = await act(moment)
        await studio.quarantine.settle()
        assert not await studio.rows.trash.in_states(UNSETTLED)
        await settled()
        assert (await studio.check()).sound, f"moment {moment}"
        if not killed:
            return moment
    raise AssertionError("it never got through")


async def held(studio: Studio) -> dict[str, TrashId]:
    return {entry.filename: entry.id for entry in await studio.quarantine.entries()}


async def tape_with_a_witness(studio: Studio) -> ProjectId:
    tape = await studio.rows.project()
    await studio.add(tape, "witness.wav", wav(0.3))
    await studio.claim()
    return tape


async def test_putting_a_row_into_quarantine(studio: Studio, mortals: Mortals) -> None:
    tape = await tape_with_a_witness(studio)
    rows: list[AudioFile] = []

    async def act(moment: int) -> bool:
        rows.append(await studio.add(tape, f"{moment}.wav"))
        return mortals.act("put", rows[-1].id, moment)

    async def settled() -> None:
        row = rows[-1]
        is_held = row.filename in await held(studio)
        assert await studio.exists(row) is not is_held
        assert studio.file(row).exists() is not is_held

    assert await at_every_moment(studio, act, settled) >= 6
    assert rows[-1].filename in await held(studio)
    assert rows[0].filename not in await held(studio)


async def test_putting_an_orphan_into_quarantine(studio: Studio, mortals: Mortals) -> None:
    await tape_with_a_witness(studio)
    names: list[str] = []

    async def act(moment: int) -> bool:
        names.append(f"{moment}.wav")
        studio.file(names[-1]).write_bytes(wav())
        known = studio.store.stat(names[-1])  # type: ignore[arg-type]
        assert known is not None
        target = {"path": known.path, "size": known.size, "modified": known.modified}
        return mortals.act("put orphan", target, moment)

    async def settled() -> None:
        if names[-1] not in await held(studio):
            assert studio.file(names[-1]).exists()
            studio.file(names[-1]).unlink()
        assert not studio.file(names[-1]).exists()

    assert await at_every_moment(studio, act, settled) >= 6


async def test_restoring(studio: Studio, mortals: Mortals) -> None:
    tape = await tape_with_a_witness(studio)
    rows: list[AudioFile] = []

    async def act(moment: int) -> bool:
        rows.append(await studio.add(tape, f"{moment}.wav"))
        await studio.quarantine.put([rows[-1].id], "unwanted")
        return mortals.act("restore", (await held(studio))[rows[-1].filename], moment)

    async def settled() -> None:
        row = rows[-1]
        is_held = row.filename in await held(studio)
        assert await studio.exists(row) is not is_held
        assert studio.file(row).exists() is not is_held
        if is_held:
            assert not (await studio.quarantine.restore([(await held(studio))[row.filename]])).not_done
            assert studio.file(row).read_bytes() == wav()

    assert await at_every_moment(studio, act, settled) >= 6


async def test_emptying(studio: Studio, mortals: Mortals) -> None:
    tape = await tape_with_a_witness(studio)
    names: list[str] = []

    async def act(moment: int) -> bool:
        row = await studio.add(tape, f"{moment}.wav")
        names.append(row.filename)
        await studio.quarantine.put([row.id], "unwanted")
        return mortals.act("empty", (await held(studio))[row.filename], moment)

    async def settled() -> None:
        kept = {path for path in studio.files() if path.startswith(".syncsphere/")}
        assert len(kept) == len(await held(studio))

    assert await at_every_moment(studio, act, settled) >= 6
    assert names[-1] not in await held(studio)


async def test_replacing(studio: Studio, mortals: Mortals, tmp_path: Path) -> None:
    tape = await tape_with_a_witness(studio)
    source = tmp_path / "better.wav"
    source.write_bytes(wav(pitch=330))
    rows: list[AudioFile] = []

    async def act(moment: int) -> bool:
        rows.append(await studio.add(tape, f"{moment}.wav"))
        return mortals.act("replace", rows[-1].id, moment, source=str(source))

    async def settled() -> None:
        now = await studio.rows.files.get(rows[-1].id)
        assert studio.file(now).read_bytes() in {wav(), wav(pitch=330)}
        listed = {entry.trash_path for entry in await studio.quarantine.entries()}
        assert {path for path in studio.files() if path.startswith(".syncsphere/")} == listed
        assert not [path for path in studio.files() if path.endswith(".part") and path not in listed]

    assert await at_every_moment(studio, act, settled) >= 14
    assert studio.file(await studio.rows.files.get(rows[-1].id)).read_bytes() == wav(pitch=330)
    assert studio.file(await studio.rows.files.get(rows[0].id)).read_bytes() == wav()


async def test_copying_the_file_of_a_twin(studio: Studio, mortals: Mortals) -> None:
    tape = await tape_with_a_witness(studio)
    rows: list[AudioFile] = []

    async def act(moment: int) -> bool:
        content = wav(pitch=300.0 + moment)
        await studio.add(tape, f"twin {moment}.wav", content)
        rows.append(await studio.add(tape, f"{moment}.wav", content))
        studio.file(rows[-1]).unlink()
        return mortals.act("relocate", rows[-1].id, moment)

    async def settled() -> None:
        now = await studio.rows.files.get(rows[-1].id)
        if not studio.file(now).exists():
            assert now.file_path == rows[-1].file_path
            await studio.rows.files.remove([now.id])

    assert await at_every_moment(studio, act, settled) >= 10


class TestSettling:
    """States that a crash inside a rename without a single step, or somebody else, can leave."""

    async def moving(self, studio: Studio, row: AudioFile | None, path: str, kept: str) -> TrashId:
        draft = TrashDraft(path, kept, "unwanted", file=row)
        return (await studio.rows.trash.begin([draft], keep_for=KEEP_FOR))[0].id

    def link(self, studio: Studio, path: str, kept: str) -> None:
        studio.file(kept).parent.mkdir(parents=True)
        os.link(studio.file(path), studio.file(kept))

    async def test_a_file_with_both_names_keeps_the_one_that_its_row_tells(self, studio: Studio) -> None:
        row = await studio.add(await tape_with_a_witness(studio), "kick.wav")
        self.link(studio, row.file_path, ".syncsphere/trash/1/kick.wav")
        await self.moving(studio, row, row.file_path, ".syncsphere/trash/1/kick.wav")
        await studio.quarantine.settle()
        assert studio.file(row).exists()
        assert not studio.file(".syncsphere/trash/1/kick.wav").exists()
        assert not await held(studio)

    async def test_a_file_that_another_took_the_place_of_stays_in_quarantine(self, studio: Studio) -> None:
        row = await studio.add(await tape_with_a_witness(studio), "kick.wav")
        self.link(studio, row.file_path, ".syncsphere/trash/1/kick.wav")
        await self.moving(studio, row, row.file_path, ".syncsphere/trash/1/kick.wav")
        studio.file(row).unlink()
        studio.file(row).write_bytes(wav(pitch=330))
        await studio.quarantine.settle()
        assert await studio.exists(row)
        assert studio.file(row).read_bytes() == wav(pitch=330)
        entry = (await studio.quarantine.entries())[0]
        assert (entry.file_id, entry.state) == (None, TrashState.HELD)
        assert studio.file(".syncsphere/trash/1/kick.wav").read_bytes() == wav()

    async def test_an_orphan_that_a_row_names_by_now_goes_back(self, studio: Studio) -> None:
        tape = await tape_with_a_witness(studio)
        studio.file("stray.wav").write_bytes(wav())
        self.link(studio, "stray.wav", ".syncsphere/trash/1/stray.wav")
        studio.file("stray.wav").unlink()
        await self.moving(studio, None, "stray.wav", ".syncsphere/trash/1/stray.wav")
        await studio.add_foreign(tape, "stray.wav")
        await studio.quarantine.settle()
        assert studio.file("stray.wav").read_bytes() == wav()
        assert not await held(studio)

    async def test_a_restored_file_with_both_names_is_held_once(self, studio: Studio) -> None:
        row = await studio.add(await tape_with_a_witness(studio), "kick.wav")
        await studio.quarantine.put([row.id], "unwanted")
        entry = (await studio.quarantine.entries())[0]
        assert entry.trash_path is not None
        await studio.rows.trash.begin_restoring(entry.id, row.file_path)
        os.link(studio.file(entry.trash_path), studio.file(row))
        await studio.quarantine.settle()
        assert not studio.file(row).exists()
        assert studio.file(entry.trash_path).exists()
        assert one_held(await held(studio)) == entry.id


def one_held(entries: dict[str, TrashId]) -> TrashId:
    assert len(entries) == 1
    return next(iter(entries.values()))
