"""How often a list is read again when others change rows all the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_GAP_SECONDS = 0.25


class ReloadPace(QObject):
    """Calls `reload` at most some four times a second, and less often where it takes long."""

    def __init__(self, reload: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(reload)
        self._started = 0.0
        self._took = 0.0
        self._again = False
        self.is_running = False

    def soon(self) -> None:
        """Reload as soon as the pace allows."""
        if not self._timer.isActive():
            # Half of the time is left to the server where a reload takes long.
            wait = self._started + max(_GAP_SECONDS, 2 * self._took) - time.monotonic()
            self._timer.start(max(0, round(wait * 1000)))

    def after_this(self) -> None:
        """Reload once more when the one under way has ended."""
        self._again = True

    def start(self) -> None:
        """Note that a reload begins."""
        self._timer.stop()
        self._started = time.monotonic()
        self.is_running = True

    def end(self) -> None:
        """Note that the reload has ended, well or not."""
        if self.is_running:
            self.is_running = False
            self._took = time.monotonic() - self._started
            if self._again:
                self._again = False
                self.soon()

    def reset(self) -> None:
        """Forget what was wanted: everything is read anew anyway."""
        self._timer.stop()
        self._again = self.is_running = False
