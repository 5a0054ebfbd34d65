"""How fast work goes, and how long what is left of it takes."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

_SECONDS = 5.0
"""Over how long the rate is measured."""


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """How far work on many files is. `rate` is in bytes a second, that of the last seconds.

    `seconds_left` is None while it can't be said.
    """

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    rate: float
    seconds_left: float | None


class Pace:
    """Measures the rate of the last seconds. Not thread-safe: whoever counts holds a lock."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def go_on_from(self, count: int) -> None:
        """Measure from now on, with so much done before."""
        self._marks = deque([(time.monotonic(), count)])

    def rate(self, count: int) -> float:
        """Return how much was done in a second, where it is `count` in all by now."""
        now = time.monotonic()
        self._marks.append((now, count))
        while len(self._marks) > 2 and self._marks[1][0] < now - _SECONDS:
            self._marks.popleft()
        then, before = self._marks[0]
        return (count - before) / (now - then) if now > then else 0.0


def seconds_left(rest: int, rate: float, *, paused: bool) -> float | None:
    """Return how long the rest takes at this rate; None where that can't be said."""
    return None if paused or rate <= 0 else max(0, rest) / rate
