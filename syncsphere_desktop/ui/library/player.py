"""Listening to the file in the inspector: fetched when it is wished for, played; told when it can't be."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.library.sound_output import NoSoundError, SoundOutput

_FETCH = "listen"


class FileFetcher(Protocol):
    """Has a stored file at hand as a path; the studio's `Listening` is one."""

    async def fetch(self, file: AudioFile) -> Path: ...
    async def release(self) -> None: ...


class PlayerState(StrEnum):
    """What the player is at."""

    RESTING = "resting"
    FETCHING = "fetching"
    PLAYING = "playing"
    PAUSED = "paused"


class Player(QObject):
    """Plays one file at a time. `make_output` is called at the first wish to play; it may raise NoSoundError.

    A seek works before anything plays, without a sound device too: it is where playing begins.
    """

    state_changed = Signal(object)
    """A `PlayerState`."""
    position_changed = Signal(float)
    """Seconds from the beginning."""
    problem_changed = Signal(str)
    """Why the file can't be played, or an empty text."""

    def __init__(
        self,
        fetcher: FileFetcher,
        make_output: Callable[[], SoundOutput],
        scope: TaskScope,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._fetcher = fetcher
        self._make_output = make_output
        self._scope = scope
        self._output: SoundOutput | None = None
        self._mute_reason = ""
        self._file: AudioFile | None = None
        self._loaded = False
        self._state = PlayerState.RESTING
        self._position = 0.0

    @property
    def state(self) -> PlayerState:
        """Return what the player is at."""
        return self._state

    @property
    def position(self) -> float:
        """Return where it is, in seconds."""
        return self._position

    @property
    def can_play(self) -> bool:
        """Return whether there is a file, and no known reason why this machine can't play."""
        return self._file is not None and not self._mute_reason

    def set_file(self, file: AudioFile | None) -> None:
        """Be about another file; what played stops."""
        same = file is not None and self._file is not None and file.id == self._file.id
        if same and file is not None and self._file is not None and file.file_path == self._file.file_path:
            self._file = file
            return
        self._scope.cancel(_FETCH)
        self._unload()
        self._file = file
        self._go_to(0.0)
        self._become(PlayerState.RESTING)
        self.problem_changed.emit(self._mute_reason if file is not None else "")

    def toggle(self) -> None:
        """Play, or pause."""
        if self._file is None:
            return
        if self._state is PlayerState.PLAYING and self._output is not None:
            self._output.pause()
        elif self._state is PlayerState.FETCHING:
            self._scope.cancel(_FETCH)
            self._become(PlayerState.RESTING)
        elif self._loaded and self._output is not None:
            self._output.play(self._position)
        elif self._has_output():
            self._become(PlayerState.FETCHING)
            self._scope.spawn(self._fetch(self._file), key=_FETCH, on_error=self._on_fetch_failed)

    def seek(self, seconds: float) -> None:
        """Go to a moment of the file; beyond its end is its end."""
        length = None if self._file is None else self._file.duration
        seconds = max(0.0, seconds if length is None else min(seconds, length))
        self._go_to(seconds)
        if self._loaded and self._output is not None:
            self._output.seek(seconds)

    async def shutdown(self) -> None:
        """Stop, and let the file go."""
        self._file = None
        self._unload()
        await self._fetcher.release()

    def _has_output(self) -> bool:
        if self._output is None and not self._mute_reason:
            try:
                self._output = self._make_output()
            except NoSoundError as error:
                self._mute_reason = error.message
            else:
                self._connect(self._output)
        self.problem_changed.emit(self._mute_reason)
        return self._output is not None

    def _connect(self, output: SoundOutput) -> None:
        output.setParent(self)
        output.position_changed.connect(self._on_output_position_changed)
        output.playing_changed.connect(self._on_output_playing_changed)
        output.ended.connect(self._on_output_ended)
        output.failed.connect(self._on_output_failed)

    async def _fetch(self, file: AudioFile) -> None:
        path = await self._fetcher.fetch(file)
        if self._file is None or self._file.id != file.id or self._output is None:
            return
        self._output.load(path)
        self._loaded = True
        self._output.play(self._position)

    def _unload(self) -> None:
        if self._loaded and self._output is not None:
            self._output.load(None)
        self._loaded = False

    def _go_to(self, seconds: float) -> None:
        self._position = seconds
        self.position_changed.emit(seconds)

    def _become(self, state: PlayerState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    def _on_fetch_failed(self, error: AppError) -> None:
        self._become(PlayerState.RESTING)
        self.problem_changed.emit(error.message)

    def _on_output_position_changed(self, seconds: float) -> None:
        if self._loaded:
            self._go_to(seconds)

    def _on_output_playing_changed(self, playing: bool) -> None:  # noqa: FBT001  # a signal's argument
        if self._loaded:
            self._become(PlayerState.PLAYING if playing else PlayerState.PAUSED)

    def _on_output_ended(self) -> None:
        self._become(PlayerState.RESTING)
        self._go_to(0.0)

    def _on_output_failed(self, reason: str) -> None:
        self._unload()
        self._become(PlayerState.RESTING)
        self.problem_changed.emit(f"This file can't be played: {reason.rstrip('.')}.")
