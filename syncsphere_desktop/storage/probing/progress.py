"""Signs of life from a child to its parent."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BETWEEN_BEATS = 0.04


class Progress:
    """Tells the parent that work goes on, and grants it more processor time."""

    def __init__(self, send: Callable[[dict[str, object]], None], grant: Callable[[], None]) -> None:
        self._send = send
        self._grant = grant
        self._last = 0.0

    def beat(self) -> None:
        """Say that some more of the file was read. Cheap: most calls do nothing."""
        now = time.monotonic()
        if now - self._last >= _BETWEEN_BEATS:
            self._last = now
            self._send({"beat": 1})
            self._grant()

    @contextmanager
    def loading(self, library: str) -> Iterator[None]:
        """Ask for patience while a library is imported: that depends on the disk and not on the file."""
        if library in sys.modules:
            yield
            return
        self._send({"loading": 1})
        yield
        self._grant()
        self._send({"loaded": 1})
