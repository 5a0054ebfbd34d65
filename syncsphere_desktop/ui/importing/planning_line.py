"""The line that tells how far the planning of an import is."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_SHOWN_EVERY_MS = 100


class PlanningLine(QWidget):
    """A sentence and a bar. `take` may be called from any thread, however often."""

    def __init__(self) -> None:
        super().__init__()
        self._told: tuple[str, float | None] | None = None
        self._sentence = PlainLabel()
        self._sentence.setProperty("role", "secondary")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self._sentence)
        layout.addWidget(self._bar, 1)
        self._pace = QTimer(self, interval=_SHOWN_EVERY_MS)
        self._pace.timeout.connect(self._show)

    @property
    def sentence(self) -> str:
        """Return what is said."""
        return self._sentence.text()

    def start(self) -> None:
        """Show what is told from now on."""
        self._told = ("Looking at the files", None)
        self._show()
        self._bar.show()
        self._pace.start()

    def take(self, sentence: str, share: float | None) -> None:
        """Have this shown soon, in place of what waits."""
        self._told = (sentence, share)

    def rest(self, sentence: str) -> None:
        """Show a sentence without a bar."""
        self._pace.stop()
        self._told = None
        self._sentence.setText(sentence)
        self._bar.hide()

    def _show(self) -> None:
        told, self._told = self._told, None
        if told is not None:
            sentence, share = told
            self._sentence.setText(f"{sentence}…")
            self._bar.setRange(0, 0 if share is None else 1000)
            self._bar.setValue(round(1000 * (share or 0.0)))
