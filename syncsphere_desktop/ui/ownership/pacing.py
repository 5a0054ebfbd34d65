"""How often the grid is painted again: at most 60 times a second, and less where painting takes long."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

FRAME_SECONDS = 1 / 60
_SHARE = 4
"""Painting may take one part in so many of the GUI thread's time."""
_SLOWEST_SECONDS = 0.1


class FramePace(QObject):
    """Calls `show` soon after `request`, however often that is called; `spent` tells what a frame cost."""

    def __init__(self, show: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._cost = 0.0
        self._due = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._waiting = False

    def request(self) -> None:
        """Have the next frame shown as soon as the pace allows."""
        if not self._waiting:
            self._waiting = True
            self._timer.start(max(0, round((self._due - time.perf_counter()) * 1000 + 0.5)))

    def spent(self, seconds: float) -> None:
        """Learn how long a frame took; the pace follows the frames of late."""
        self._cost = 0.7 * self._cost + 0.3 * seconds

    def _on_timer_timeout(self) -> None:
        self._waiting = False
        gap = min(_SLOWEST_SECONDS, max(FRAME_SECONDS, _SHARE * self._cost))
        self._due = time.perf_counter() + gap
        self._show()
