"""The line that tells how a check goes, or how the last one ended."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from syncsphere_desktop.studio.integrity.findings import CheckProgress
from syncsphere_desktop.ui.integrity.words import progress_words, share_of
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.icon_mark import IconMark


class CheckStrip(QFrame):
    """While a check runs: facts, the file it is at, a bar, Pause and Cancel. After it: one sentence."""

    pause_toggled = Signal()
    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "1")
        self._sign = IconMark("shield")
        self._sentence = ElidedLabel()
        self._aside = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._aside.setProperty("role", "secondary")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self.pause = Button("Pause", icon_name="pause")
        self.pause.clicked.connect(self.pause_toggled)
        self.cancel = Button("Cancel")
        self.cancel.clicked.connect(self.cancel_requested)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._sentence, 3)
        row.addWidget(self._aside, 2)
        row.addWidget(self.pause)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self._bar)
        self.show_rest("shield", "text-muted", "")

    def show_progress(self, progress: CheckProgress) -> None:
        """Show a check that goes on."""
        waits = "Paused · " if progress.paused else ""
        self._sign.show_icon("pause" if progress.paused else "shield", "accent")
        self._sentence.set_text(waits + progress_words(progress))
        self._aside.set_text(progress.current)
        share = share_of(progress)
        self._bar.setRange(0, 0 if share is None and not progress.paused else 1000)
        self._bar.setValue(round(1000 * (share or 0.0)))
        self.pause.setText("Go on" if progress.paused else "Pause")
        self._show_running(running=True)
        self.setVisible(True)

    def show_rest(self, icon_name: str, tone: str, sentence: str, aside: str = "") -> None:
        """Show how the last check ended; an empty sentence hides the line."""
        self._sign.show_icon(icon_name, tone)
        self._sentence.set_text(sentence)
        self._aside.set_text(aside)
        self._show_running(running=False)
        self.setVisible(bool(sentence))

    def _show_running(self, *, running: bool) -> None:
        parts: tuple[QWidget, ...] = (self._bar, self.pause, self.cancel)
        for part in parts:
            part.setVisible(running)
        self._aside.setAlignment(
            (Qt.AlignmentFlag.AlignLeft if running else Qt.AlignmentFlag.AlignRight)
            | Qt.AlignmentFlag.AlignVCenter
        )

    @property
    def sentence(self) -> str:
        """Return what the line says."""
        return self._sentence.whole_text
