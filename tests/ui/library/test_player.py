"""Listening: what is fetched when, what a machine without sound says, and where playing begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.errors import StoredFileMissingError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.library.player import Player, PlayerState
from syncsphere_desktop.ui.library.sound_output import NoSoundError, QtSoundOutput, SoundOutput
from tests.fakes.library import FakeFetcher, FakeOutput, InMemoryAudio, without_sound
from tests.fakes.studio import InMemoryStudio
from tests.ui.bench import turns
from tests.ui.loops import QtRun


class Ears:
    """A player with what it told."""

    def __init__(self, make_output: Callable[[], SoundOutput] | None = None) -> None:
        self.output = FakeOutput()
        self.fetcher = FakeFetcher()
        self.audio = InMemoryAudio(InMemoryStudio())
        self.bugs: list[BaseException] = []
        self.scope = TaskScope("ears", on_error=self.bugs.append, report_bug=self.bugs.append)
        self.made = 0
        self.player = Player(self.fetcher, make_output or self._make, self.scope)
        self.problems: list[str] = []
        self.player.problem_changed.connect(self.problems.append)

    def file(self, name: str, duration: float = 10.0) -> AudioFile:
        return self.audio.put(name, duration=duration)

    def _make(self) -> SoundOutput:
        self.made += 1
        return self.output

    def state(self) -> PlayerState:
        return self.player.state

    def hears(self) -> bool:
        return self.player.can_play

    async def end(self) -> None:
        await self.player.shutdown()
        await self.scope.shutdown()
        assert not self.bugs


def test_a_file_is_fetched_at_the_first_play_and_not_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        ears.player.set_file(ears.file("Kick.wav"))
        await turns()
        assert ears.fetcher.fetched == []
        assert ears.made == 0
        ears.player.toggle()
        assert ears.state() is PlayerState.FETCHING
        await turns()
        assert ears.output.loaded == Path("/stored/Kick.wav")
        assert ears.state() is PlayerState.PLAYING
        ears.player.toggle()
        ears.player.toggle()
        assert ears.output.heard == ["play 0", "pause", "play 0"]
        assert (ears.fetcher.fetched, ears.made) == (["Kick.wav"], 1)
        await ears.end()

    qt_run(scenario())


def test_playing_begins_where_it_was_sought(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        ears.player.set_file(ears.file("Kick.wav"))
        ears.player.seek(4.0)
        ears.player.toggle()
        await turns()
        ears.player.seek(99.0)
        assert ears.output.heard == ["play 4", "seek 10"]
        assert ears.player.position == 10.0
        await ears.end()

    qt_run(scenario())


def test_another_file_stops_what_plays(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        ears.player.set_file(ears.file("Kick.wav"))
        ears.player.toggle()
        await turns()
        ears.output.position_changed.emit(3.0)
        ears.player.set_file(ears.file("Snare.wav"))
        assert ears.output.loaded is None
        assert (ears.player.state, ears.player.position) == (PlayerState.RESTING, 0.0)
        ears.output.position_changed.emit(3.1)  # a late word of the file before
        assert ears.player.position == 0.0
        await ears.end()

    qt_run(scenario())


def test_a_newer_state_of_the_same_file_goes_on_playing(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        file = ears.file("Kick.wav")
        ears.player.set_file(file)
        ears.player.toggle()
        await turns()
        ears.player.set_file(replace(file, filename="Kick 2.wav"))
        assert ears.state() is PlayerState.PLAYING
        ears.player.set_file(replace(file, file_path="projects/other.wav"))
        assert ears.state() is PlayerState.RESTING
        await ears.end()

    qt_run(scenario())


def test_a_machine_without_sound_says_so_and_still_seeks(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears(without_sound)
        ears.player.set_file(ears.file("Kick.wav"))
        assert ears.hears()
        ears.player.toggle()
        assert ears.problems[-1] == "This machine has no sound device."
        assert not ears.hears()
        ears.player.seek(4.0)
        assert ears.player.position == 4.0
        assert ears.fetcher.fetched == []
        ears.player.set_file(ears.file("Snare.wav"))
        assert ears.problems[-1] == "This machine has no sound device."
        await ears.end()

    qt_run(scenario())


def test_a_file_that_can_not_be_had_is_told(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        ears.fetcher.failure = StoredFileMissingError("The storage has no file there.")
        ears.player.set_file(ears.file("Kick.wav"))
        ears.player.toggle()
        await turns()
        assert ears.state() is PlayerState.RESTING
        assert ears.problems[-1] == "The storage has no file there."
        await ears.end()

    qt_run(scenario())


def test_a_file_that_can_not_be_decoded_is_told(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        ears.player.set_file(ears.file("Kick.wav"))
        ears.player.toggle()
        await turns()
        ears.output.failed.emit("Invalid data.")
        assert ears.state() is PlayerState.RESTING
        assert ears.problems[-1] == "This file can't be played: Invalid data."
        await ears.end()

    qt_run(scenario())


def test_the_end_goes_back_to_the_beginning(qt_run: QtRun) -> None:
    async def scenario() -> None:
        ears = Ears()
        ears.player.set_file(ears.file("Kick.wav"))
        ears.player.toggle()
        await turns()
        ears.output.position_changed.emit(9.9)
        ears.output.ended.emit()
        assert (ears.player.state, ears.player.position) == (PlayerState.RESTING, 0.0)
        await ears.end()

    qt_run(scenario())


@pytest.mark.usefixtures("qapp")
def test_the_real_output_is_quiet_about_what_it_lacks() -> None:
    """QtMultimedia talks of drivers and servers while it is loaded; a warning would fail this test."""
    problem = ""
    try:
        QtSoundOutput().load(None)
    except NoSoundError as error:
        problem = error.message
    assert problem in ("", "This machine has no sound device.") or "libpulse0" in problem
