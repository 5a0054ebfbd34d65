"""Collects garbage on the GUI thread alone.

Python runs a collection on whichever thread allocates, also on a database worker. A cycle that holds widgets
would then be destroyed there, and Qt objects must not be: timers can't be stopped from another thread.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_CHECK_MS = 250
_CHECKS_BETWEEN_FULL = 240  # once a minute


class GarbageCollector(QObject):
    """Takes collecting over from Python until `close`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._checks = 0
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_CHECK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._timer.start()

    def close(self) -> None:
        """Give collecting back to Python."""
        self._timer.stop()
        gc.enable()

    def _on_timer_timeout(self) -> None:
        """Collect the generations that are due by Python's own thresholds; the oldest once a minute."""
        self._checks += 1
        young, middle, _old = gc.get_count()
        if self._checks % _CHECKS_BETWEEN_FULL == 0:
            gc.collect(2)
        elif middle > self._thresholds[1]:
            gc.collect(1)
        elif young > self._thresholds[0]:
            gc.collect(0)
