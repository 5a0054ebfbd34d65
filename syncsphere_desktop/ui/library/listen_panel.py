"""The waveform with what plays it: button, time, and why there is no sound where there is none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.domain.humane import clock
from syncsphere_desktop.domain.sound import Waveform
from syncsphere_desktop.ui.library.player import PlayerState
from syncsphere_desktop.ui.library.waveform import WaveformView
from syncsphere_desktop.ui.theme.fonts import SECONDARY_SIZE, tabular
from syncsphere_desktop.ui.widgets.buttons import IconButton
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_TENTHS_BELOW = 600.0


class ListenPanel(QWidget):
    """Emits wishes; the controller brings them to the player, and tells what came of them."""

    play_requested = Signal()
    seek_requested = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._duration: float | None = None
        self._position = 0.0
        self.waveform = WaveformView()
        self.waveform.seek_requested.connect(self.seek_requested)
        self.waveform.play_requested.connect(self.play_requested)
        self.play = IconButton("play", "Play", keys="Space", tone="text")
        self.play.clicked.connect(self.play_requested)
        self._time = PlainLabel()
        self._time.setProperty("role", "secondary")
        self._time.setFont(tabular(SECONDARY_SIZE))
        self._problem = PlainLabel()
        self._problem.setProperty("role", "secondary")
        self._problem.setWordWrap(True)
        self._problem.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self._time)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.waveform)
        layout.addLayout(row)
        layout.addWidget(self._problem)

    @property
    def problem(self) -> str:
        """Return why the file can't be played, or an empty text."""
        return self._problem.text()

    @property
    def time(self) -> str:
        """Return where playing is, and the whole length, as it is shown."""
        return self._time.text()

    def show_file(self, duration: float | None) -> None:
        """Show a file whose waveform is on its way."""
        self._duration = duration
        self.waveform.show_waiting()
        self.show_position(0.0)

    def show_waveform(self, waveform: Waveform) -> None:
        """Show the picture; the playhead stays where it is."""
        self.waveform.show_waveform(waveform, self._duration or 0.0)
        self.waveform.show_position(self._position)

    def show_unread(self, sentence: str) -> None:
        """Say why there is no picture."""
        self.waveform.show_sentence(sentence)

    def show_position(self, seconds: float) -> None:
        """Move the playhead and the time."""
        self._position = seconds
        self.waveform.show_position(seconds)
        tenths = self._duration is not None and self._duration < _TENTHS_BELOW
        whole = "–:––" if self._duration is None else _time_words(self._duration, tenths=tenths)
        self._time.setText(f"{_time_words(seconds, tenths=tenths)} / {whole}")

    def show_state(self, state: PlayerState) -> None:
        """Show what the button does now."""
        if state is PlayerState.PLAYING:
            self.play.show_icon("pause", "Pause", keys="Space")
        elif state is PlayerState.FETCHING:
            self.play.show_icon("stop", "Stop fetching the file", keys="Space")
        else:
            self.play.show_icon("play", "Play", keys="Space")

    def show_problem(self, sentence: str) -> None:
        """Say why the file can't be played; an empty text takes that away."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def set_playable(self, *, playable: bool) -> None:
        """Let the button work, or not, as on a machine without sound."""
        had_focus = self.play.hasFocus()
        self.play.setEnabled(playable)
        if had_focus and not playable:
            self.waveform.setFocus(Qt.FocusReason.OtherFocusReason)


def _time_words(seconds: float, *, tenths: bool) -> str:
    if not tenths:
        return clock(seconds)
    whole = int(seconds * 10)
    return f"{whole // 600}:{whole // 10 % 60:02}.{whole % 10}"
