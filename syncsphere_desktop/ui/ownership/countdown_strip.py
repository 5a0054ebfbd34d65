"""The line that counts down to an act, so that it can be called off."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar

from syncsphere_desktop.domain.humane import time_left
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.icon_mark import IconMark

_STEPS = 1000


class CountdownStrip(QFrame):
    """Shown while an act waits; it shrinks to nothing as the time runs out."""

    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_surface(self, 2)
        self._sentence = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(160, 4)
        self._bar.setRange(0, _STEPS)
        self.cancel = Button("Call off", keys="Esc")
        self.cancel.clicked.connect(self.cancel_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(12)
        row.addWidget(IconMark("clock", "accent"))
        row.addWidget(self._sentence, 1)
        row.addWidget(self._bar)
        row.addWidget(self.cancel)
        self.hide()

    @property
    def sentence(self) -> str:
        """Return what the line says."""
        return self._sentence.whole_text

    def show_left(self, deed: str, left: float, grace: float) -> None:
        """Show that `deed`, as in `Releases 3 tracks of mira`, happens in so many seconds."""
        told = f"{deed} in {time_left(left)}"
        self._sentence.set_text(told)
        self.setAccessibleName(told)
        self._bar.setValue(round(_STEPS * left / grace) if grace else 0)
        self.show()
