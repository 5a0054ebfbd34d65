"""How far a check is, counted on many threads and told at a steady pace."""

from __future__ import annotations

import threading
import time

from syncsphere_desktop.studio.integrity.findings import CheckPhase, CheckProgress
from syncsphere_desktop.studio.pace import Pace, seconds_left
from syncsphere_desktop.studio.work_control import WorkControl


class Meter:
    """Counts files, bytes and findings. Thread-safe."""

    def __init__(self, control: WorkControl) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._pace = Pace()
        self.phase = CheckPhase.GUARDING
        self.files_total = 0
        self.bytes_total = 0
        self.rows_done = 0
        self.files_seen = 0
        self.bytes_done = 0
        self.bytes_read = 0
        self.found = 0
        self.current = ""

    @property
    def seconds(self) -> float:
        """Return how long it has been going on."""
        return time.monotonic() - self._started

    def go_on_from(self, files: int, read: int) -> None:
        """Count on from where an interrupted run ended."""
        with self._lock:
            self.rows_done = files
            self.bytes_done = self.bytes_read = read
            self._pace.go_on_from(read)

    def read(self, count: int) -> None:
        """Count bytes that were read."""
        with self._lock:
            self.bytes_read += count

    def looked_at(self, current: str, size: int) -> None:
        """Count a file of a row."""
        with self._lock:
            self.rows_done += 1
            self.bytes_done += size
            self.current = current

    def seen(self, count: int) -> None:
        """Count files of the store."""
        with self._lock:
            self.files_seen += count

    def progress(self) -> CheckProgress:
        """Return how far it is at this moment."""
        with self._lock:
            rate = self._pace.rate(self.bytes_read)
            rests = self._control.paused or self.phase is not CheckPhase.ROWS
            return CheckProgress(
                phase=self.phase,
                files_done=self.rows_done + self.files_seen,
                files=self.files_total,
                bytes_done=self.bytes_done,
                bytes=self.bytes_total,
                rate=rate,
                seconds_left=seconds_left(self.bytes_total - self.bytes_done, rate, paused=rests),
                found=self.found,
                current=self.current,
                paused=self._control.paused,
            )
