"""How far an import is: counted on many threads, told at a steady pace."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncsphere_desktop.studio.audio_import.control import ImportControl
from syncsphere_desktop.studio.audio_import.plan import PlannedFile

_RATE_SECONDS = 5.0
"""Over how long the rate is measured."""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far one file is, in bytes; `path` as the plan's `relative`."""

    path: str
    bytes_done: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is. `rate` in bytes a second; `seconds_left` is None while it can't be said.

    `files_done` and `bytes_done` count files that were copied or refused, `bytes_done` also what is copied
    of those in `current`. `rate` is that of the last seconds.
    """

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    rate: float
    seconds_left: float | None
    current: tuple[FileProgress, ...]
    paused: bool


ImportListener = Callable[[ImportProgress], None]
"""Is told in the event loop how far an import is, some ten times a second."""


def unheard(_progress: ImportProgress) -> None:
    """Tell nobody."""


class Meter:
    """Counts files and bytes. Thread-safe."""

    def __init__(self, files: int, size: int, control: ImportControl) -> None:
        self._files = files
        self._bytes = size
        self._control = control
        self._lock = threading.Lock()
        self._files_done = 0
        self._done = 0
        self._read = 0
        self._under_way: dict[Path, FileProgress] = {}
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def began(self, file: PlannedFile) -> None:
        """Count a file as being copied."""
        with self._lock:
            self._under_way[file.source] = FileProgress(file.relative, 0, file.size)

    def copied(self, file: PlannedFile, count: int) -> None:
        """Count bytes of a file that were written."""
        with self._lock:
            self._read += count
            before = self._under_way[file.source]
            self._under_way[file.source] = FileProgress(before.path, before.bytes_done + count, before.bytes)

    def ended(self, file: PlannedFile) -> None:
        """Count a file as done, be it copied or refused."""
        with self._lock:
            self._under_way.pop(file.source, None)
            self._files_done += 1
            self._done += file.size

    def progress(self) -> ImportProgress:
        """Return how far it is at this moment."""
        with self._lock:
            current = tuple(self._under_way.values())
            done = min(self._bytes, self._done + sum(file.bytes_done for file in current))
            rate = self._rate()
            is_known = rate > 0 and not self._control.paused
            return ImportProgress(
                files_done=self._files_done,
                files=self._files,
                bytes_done=done,
                bytes=self._bytes,
                rate=rate,
                seconds_left=(self._bytes - done) / rate if is_known else None,
                current=current,
                paused=self._control.paused,
            )

    def _rate(self) -> float:
        now = time.monotonic()
        self._marks.append((now, self._read))
        while len(self._marks) > 2 and self._marks[1][0] < now - _RATE_SECONDS:
            self._marks.popleft()
        then, count = self._marks[0]
        return (self._read - count) / (now - then) if now > then else 0.0
