"""How far an import is: counted on many threads, told at a steady pace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncsphere_desktop.studio.audio_import.control import ImportControl
from syncsphere_desktop.studio.audio_import.plan import PlannedFile
from syncsphere_desktop.studio.pace import Pace, WorkProgress, seconds_left


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far one file is, in bytes; `path` as the plan's `relative`."""

    path: str
    bytes_done: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ImportProgress(WorkProgress):
    """How far an import is.

    `files_done` and `bytes_done` count files that were copied or refused, `bytes_done` also what is copied
    of those in `current`.
    """

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
        self._pace = Pace()

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
            rate = self._pace.rate(self._read)
            return ImportProgress(
                files_done=self._files_done,
                files=self._files,
                bytes_done=done,
                bytes=self._bytes,
                rate=rate,
                seconds_left=seconds_left(self._bytes - done, rate, paused=self._control.paused),
                current=current,
                paused=self._control.paused,
            )
