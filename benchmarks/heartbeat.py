"""How long the GUI thread stays away from its event loop."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, Qt, QTimer

from benchmarks.frame import percentile


class Heartbeat(QObject):
    """A timer of 1 ms in the GUI's loop notes the time between two beats.

    It sees whatever keeps the loop from turning: our code, Qt's, waiting for the interpreter lock, and other
    processes on a busy machine. The last is why the same is measured on an idle loop, and why the processor
    time that the GUI thread itself spent between two beats is noted too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._gaps: list[float] = []
        self._spent: list[float] = []
        self._last_spent = time.thread_time()
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_timeout)

    @classmethod
    async def during(cls, work: Callable[[], Awaitable[None]]) -> Heartbeat:
        """Beat as long as `work` takes."""
        beat = cls()
        beat._last, beat._last_spent = time.perf_counter(), time.thread_time()
        beat._timer.start()
        await work()
        beat._timer.stop()
        return beat

    @property
    def longest(self) -> float:
        """Return the longest time between two beats beyond the millisecond that is due, in seconds."""
        return max(self._gaps, default=0.0) - 0.001

    @property
    def most_spent(self) -> float:
        """Return the most processor time that the GUI thread spent between two beats, in seconds."""
        return max(self._spent, default=0.0)

    @property
    def beats(self) -> int:
        """Return how many beats there were."""
        return len(self._gaps)

    def late(self, percent: float) -> float:
        """Return by how much so many percent of the beats came late at most, in seconds."""
        return percentile(self._gaps, percent) - 0.001

    def over(self, seconds: float) -> int:
        """Return how many beats came later than that."""
        return sum(gap - 0.001 > seconds for gap in self._gaps)

    def _on_timer_timeout(self) -> None:
        now = time.perf_counter()
        self._gaps.append(now - self._last)
        self._last = now
        spent = time.thread_time()
        self._spent.append(spent - self._last_spent)
        self._last_spent = spent
