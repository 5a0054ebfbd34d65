"""Waveforms of real files in a real store: made once, kept, and told when there is none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typing_extensions import override

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import AudioFormat, NoWaveform, Waveform
from syncsphere_desktop.errors import (
    NotAudioError,
    PathOutsideStoreError,
    ReadOnlyError,
    StoredFileMissingError,
)
from syncsphere_desktop.storage.base import AudioStore, go_on
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.studio.listening import Listening
from syncsphere_desktop.studio.store_access import StoreAccess
from syncsphere_desktop.studio.waveforms import Waveforms
from tests.audio_corpus import write_tone
from tests.fakes.library import InMemoryAudio
from tests.fakes.studio import InMemoryStudio
from tests.studio.test_store_access import KnownInMemory


class KeptInMemory:
    """Keeps waveforms as the database does, or may only be read."""

    def __init__(self) -> None:
        self.kept: dict[AudioFileId, Waveform | NoWaveform] = {}
        self.read_only = False

    async def waveform(self, file_id: AudioFileId) -> Waveform | NoWaveform | None:
        return self.kept.get(file_id)

    async def keep_waveform(
        self, file_id: AudioFileId, file_path: str, waveform: Waveform | NoWaveform
    ) -> bool:
        assert file_path
        if self.read_only:
            raise ReadOnlyError("This connection only reads.")
        self.kept[file_id] = waveform
        return True


@dataclass
class Bench:
    """A store with what draws from it; `asked` counts how often the children were needed."""

    folder: Path
    access: StoreAccess
    kept: KeptInMemory = field(default_factory=KeptInMemory)
    asked: int = 0

    def __post_init__(self) -> None:
        self.pool = ProbePool(1)
        self.audio = InMemoryAudio(InMemoryStudio())
        self.waveforms = Waveforms(self.access, self.kept, self._asked_pool)

    def _asked_pool(self) -> ProbePool:
        self.asked += 1
        return self.pool

    def row(self, path: str) -> AudioFile:
        return self.audio.put(Path(path).name, file_path=path)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    folder = tmp_path / "audio"
    folder.mkdir()
    bench = Bench(folder, StoreAccess(str(folder), KnownInMemory()))
    yield bench
    bench.pool.close()
    await bench.access.shutdown()


async def test_a_file_is_drawn_once_and_kept(bench: Bench) -> None:
    write_tone(bench.folder / "tone.wav", AudioFormat.WAV, seconds=0.5, rate=44_100, channels=2)
    file = bench.row("tone.wav")
    drawn = await bench.waveforms.of(file)
    assert (drawn.buckets, drawn.channels) == (4096, 2)
    assert max(memoryview(drawn.peaks).cast("b")) > 30
    assert await bench.waveforms.of(file) == drawn == bench.kept.kept[file.id]
    assert bench.asked == 1


async def test_what_is_no_audio_is_remembered_as_such(bench: Bench) -> None:
    (bench.folder / "notes.wav").write_text("not a sound")
    file = bench.row("notes.wav")
    for _ in range(2):
        with pytest.raises(NotAudioError):
            await bench.waveforms.of(file)
    assert isinstance(bench.kept.kept[file.id], NoWaveform)
    assert bench.asked == 1


async def test_a_missing_file_is_told_and_asked_for_again(bench: Bench) -> None:
    file = bench.row("later.wav")
    with pytest.raises(StoredFileMissingError):
        await bench.waveforms.of(file)
    write_tone(bench.folder / "later.wav", AudioFormat.WAV, seconds=0.1, rate=8_000, channels=1)
    assert (await bench.waveforms.of(file)).channels == 1


async def test_a_row_that_leads_out_of_the_store_is_not_followed(bench: Bench) -> None:
    outside = bench.folder.parent / "outside.wav"
    write_tone(outside, AudioFormat.WAV, seconds=0.1, rate=8_000, channels=1)
    for path in ("../outside.wav", str(outside)):
        with pytest.raises(PathOutsideStoreError):
            await bench.waveforms.of(bench.row(path))


async def test_a_database_that_is_only_read_still_shows_the_waveform(bench: Bench) -> None:
    write_tone(bench.folder / "tone.wav", AudioFormat.WAV, seconds=0.1, rate=8_000, channels=1)
    bench.kept.read_only = True
    assert (await bench.waveforms.of(bench.row("tone.wav"))).channels == 1
    assert bench.kept.kept == {}


async def test_leaving_in_the_middle_leaves_nothing_running(bench: Bench) -> None:
    write_tone(bench.folder / "long.wav", AudioFormat.WAV, seconds=120.0, rate=48_000, channels=2)
    drawing = asyncio.create_task(bench.waveforms.of(bench.row("long.wav")))
    while not bench.asked:  # noqa: ASYNC110  # told by a thread
        await asyncio.sleep(0.005)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert bench.kept.kept == {}


async def test_a_file_in_a_folder_is_listened_to_as_it_was_opened(bench: Bench) -> None:
    write_tone(bench.folder / "tone.wav", AudioFormat.WAV, seconds=0.1, rate=8_000, channels=1)
    listening = Listening(bench.access)
    path = await listening.fetch(bench.row("tone.wav"))
    (bench.folder / "tone.wav").rename(bench.folder / "elsewhere.wav")
    (bench.folder / "tone.wav").write_bytes(b"put in its place")
    assert path.samefile(bench.folder / "elsewhere.wav")
    await listening.release()
    assert not path.exists()
    with pytest.raises(StoredFileMissingError):
        await listening.fetch(bench.row("gone.wav"))


class Copying(LocalStore):
    """A store from which a file is at hand once `go_on` is set; `check` is called then, or never."""

    def __init__(self, folder: Path, *, checks: bool) -> None:
        super().__init__(folder)
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.let_go = threading.Event()
        self._checks = checks

    @override
    @contextmanager
    def as_file(self, at: StorePath, *, check: Callable[[], None] = go_on) -> Iterator[HeldFile]:
        self.begun.set()
        self.go_on.wait(10)
        try:
            if self._checks:
                check()
            with super().as_file(at) as held:
                yield held
        finally:
            self.let_go.set()


class CopyingAccess(StoreAccess):
    """Access to a store that copies."""

    def __init__(self, store: Copying) -> None:
        super().__init__(store.url, KnownInMemory())
        self._copying = store

    @override
    def of_any_studio(self) -> AudioStore:
        return self._copying


@pytest.mark.parametrize("checks", [True, False], ids=["in the middle", "at the end"])
async def test_what_nobody_waits_for_any_longer_is_let_go(bench: Bench, checks: bool) -> None:
    (bench.folder / "tone.wav").write_bytes(b"x")
    store = Copying(bench.folder, checks=checks)
    access = CopyingAccess(store)
    listening = Listening(access)
    fetching = asyncio.create_task(listening.fetch(bench.row("tone.wav")))
    await asyncio.to_thread(store.begun.wait, 10)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    store.go_on.set()
    assert await asyncio.to_thread(store.let_go.wait, 10)
    await listening.release()
    await access.shutdown()
