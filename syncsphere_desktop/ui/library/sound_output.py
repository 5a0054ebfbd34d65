"""Plays files through QtMultimedia, which is loaded when somebody wants to listen and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, QUrl, Signal, qInstallMessageHandler
from typing_extensions import override

from syncsphere_desktop.errors import AppError

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer


class NoSoundError(AppError):
    """Raised when this machine can't play sound."""

    code = "no_sound"


class SoundOutput(QObject):
    """What the player needs of something that sounds. Positions in seconds."""

    position_changed = Signal(float)
    playing_changed = Signal(bool)
    ended = Signal()
    failed = Signal(str)

    def load(self, path: Path | None) -> None:
        """Be ready to play a file; None lets the one before go."""
        raise AssertionError(f"{type(self).__name__} can't load {path}")

    def play(self, start: float) -> None:
        """Play from a moment of the file, also one that is still being opened."""
        raise AssertionError(f"{type(self).__name__} can't play from {start}")

    def pause(self) -> None:
        """Stop where it is."""
        raise AssertionError(f"{type(self).__name__} can't pause")

    def seek(self, position: float) -> None:
        """Go to a moment of the file."""
        raise AssertionError(f"{type(self).__name__} can't go to {position}")


class QtSoundOutput(SoundOutput):
    """Plays on the system's default device. Raises NoSoundError where there is none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._start: float | None = None
        with _without_its_messages():
            self._player, self._output, self._devices = _made(self)
            if self._devices.defaultAudioOutput().isNull():
                raise NoSoundError("This machine has no sound device.")
            self._player.setAudioOutput(self._output)
        self._output.setDevice(self._devices.defaultAudioOutput())
        self._connect()

    def _connect(self) -> None:
        player = self._player
        player.positionChanged.connect(self._on_player_position_changed)
        player.playingChanged.connect(self.playing_changed)
        player.mediaStatusChanged.connect(self._on_player_media_status_changed)
        player.errorOccurred.connect(self._on_player_error_occurred)
        self._devices.audioOutputsChanged.connect(self._on_devices_audio_outputs_changed)

    @override
    def load(self, path: Path | None) -> None:
        self._start = None
        self._player.stop()
        self._player.setSource(QUrl() if path is None else QUrl.fromLocalFile(str(path)))

    @override
    def play(self, start: float) -> None:
        self._start = start
        self._apply_start()
        self._player.play()

    @override
    def pause(self) -> None:
        self._player.pause()

    @override
    def seek(self, position: float) -> None:
        self._start = position
        self._apply_start()

    def _apply_start(self) -> None:
        """Go where it was wanted; a file that is still being opened takes no position."""
        status = self._player.mediaStatus()
        loading = (type(status).NoMedia, type(status).LoadingMedia)
        if self._start is not None and status not in loading:
            start, self._start = self._start, None
            self._player.setPosition(round(start * 1000))

    def _on_player_position_changed(self, milliseconds: int) -> None:
        if self._start is None:
            self.position_changed.emit(milliseconds / 1000)

    def _on_player_media_status_changed(self, status: QMediaPlayer.MediaStatus) -> None:
        self._apply_start()
        if status == type(status).EndOfMedia:
            self.ended.emit()

    def _on_player_error_occurred(self, _error: object, reason: str) -> None:
        self.failed.emit(reason)

    def _on_devices_audio_outputs_changed(self) -> None:
        # Headphones that are plugged in or pulled out: sound goes where the system wants it.
        self._output.setDevice(self._devices.defaultAudioOutput())


def _made(parent: QObject) -> tuple[QMediaPlayer, QAudioOutput, QMediaDevices]:
    try:
        from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer
    except ImportError as error:
        raise NoSoundError(
            "Playing needs a library that this system lacks; on Debian it is in the package libpulse0.",
            details=str(error),
        ) from error
    return QMediaPlayer(parent), QAudioOutput(parent), QMediaDevices(parent)


@contextmanager
def _without_its_messages() -> Iterator[None]:
    """Drop what QtMultimedia says while it looks for video drivers and sound servers that are optional.

    Whatever it is worth is told by an error of ours.
    """

    def handle(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind is QtMsgType.QtFatalMsg and previous is not None:
            previous(kind, context, text)

    previous = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(previous)
