"""Long work as jobs: what runs, how far it is, and how to pause and cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal

_PACE_SECONDS = 0.1
"""How often at most a job tells that it is further."""


class JobState(StrEnum):
    """Where a job is in its life."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobPart:
    """One of the things a job is at, such as a file that is being copied; `share` is 0 to 1."""

    name: str
    share: float


class Job(QObject):
    """One long piece of work, reported to from its own task in the event loop.

    A job that counts pieces tells `progress`; one that has better words for how far it is tells `report`.
    """

    changed = Signal()

    def __init__(
        self,
        title: str,
        cancel: Callable[[], None] | None,
        pause: Callable[[bool], None] | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.state = JobState.RUNNING
        self.sentence = ""
        self.done = 0
        self.total: int | None = None
        self.facts: str | None = None
        """How far the job is in its own words, in place of the count of pieces."""
        self.parts: tuple[JobPart, ...] = ()
        self.is_paused = False
        self.offer: tuple[str, Callable[[], None]] | None = None
        """What can be done about the job, as a button's text and what it does."""
        self.started_at = time.monotonic()
        self.ended_at: float | None = None
        self._share: float | None = None
        self._told_at = 0.0
        self._pace = QTimer(self, singleShot=True)
        self._pace.timeout.connect(self._tell)
        self._cancel = cancel
        self._pause = pause

    @property
    def can_cancel(self) -> bool:
        """Whether the job runs and takes a cancel."""
        return self._cancel is not None and self.state is JobState.RUNNING

    @property
    def can_pause(self) -> bool:
        """Whether the job runs and can wait where it is."""
        return self._pause is not None and self.state is JobState.RUNNING

    @property
    def fraction(self) -> float | None:
        """Return how much is done, 0 to 1, or None where the end is not known."""
        if self.state is JobState.DONE:
            return 1.0
        if self._share is not None:
            return self._share
        if not self.total:
            return None
        return min(1.0, self.done / self.total)

    @property
    def rate(self) -> float | None:
        """Return pieces a second since the start, or None before there is anything to tell."""
        elapsed = (self.ended_at or time.monotonic()) - self.started_at
        return self.done / elapsed if self.done and elapsed > 0.2 else None

    @property
    def seconds_left(self) -> float | None:
        """Return the time left at the rate so far, or None."""
        rate = self.rate
        if rate is None or self.total is None or self.state is not JobState.RUNNING:
            return None
        return max(0.0, (self.total - self.done) / rate)

    def progress(self, done: int, total: int | None, sentence: str = "") -> None:
        """Tell how many pieces of how many are done, and what is being done."""
        self.done, self.total = done, total
        self.sentence = sentence or self.sentence
        self._tell_soon()

    def report(self, share: float | None, facts: str, parts: Sequence[JobPart] = ()) -> None:
        """Tell how far the job is in its own words, and what it is at."""
        self._share, self.facts, self.parts = share, facts, tuple(parts)
        self._tell_soon()

    def cancel(self) -> None:
        """Ask the job to end; its owner calls `end` when it has."""
        if self._cancel is not None and self.state is JobState.RUNNING:
            self._cancel()

    def toggle_pause(self) -> None:
        """Let the job wait where it is, or go on."""
        if self._pause is not None and self.state is JobState.RUNNING:
            self.is_paused = not self.is_paused
            self._pause(self.is_paused)
            self._tell()

    def end(
        self, state: JobState, sentence: str = "", *, offer: tuple[str, Callable[[], None]] | None = None
    ) -> None:
        """Mark the job as ended, with what there is to say, and what can be done about it."""
        self.state = state
        self.sentence = sentence
        self.offer = offer
        self.parts = ()
        self.is_paused = False
        self.ended_at = time.monotonic()
        self._tell()

    def withdraw_offer(self) -> None:
        """Offer nothing any more, as what it was about is gone."""
        self.offer = None
        self._tell()

    def _tell_soon(self) -> None:
        """Tell what is new at once, or with what comes after it: progress may come thousandfold a second."""
        passed = time.monotonic() - self._told_at
        if passed >= _PACE_SECONDS:
            self._tell()
        elif not self._pace.isActive():
            self._pace.start(round((_PACE_SECONDS - passed) * 1000) + 1)

    def _tell(self) -> None:
        self._pace.stop()
        self._told_at = time.monotonic()
        self.changed.emit()


class Jobs(QObject):
    """All jobs of the window, newest first. Ended ones stay until they are cleared, 20 at most."""

    changed = Signal()
    shown_requested = Signal()
    """Whoever started a job wishes its progress to be seen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []

    @property
    def all(self) -> tuple[Job, ...]:
        """Return the jobs, newest first."""
        return tuple(self._jobs)

    @property
    def running(self) -> tuple[Job, ...]:
        """Return the jobs under way."""
        return tuple(job for job in self._jobs if job.state is JobState.RUNNING)

    def start(
        self,
        title: str,
        *,
        cancel: Callable[[], None] | None = None,
        pause: Callable[[bool], None] | None = None,
    ) -> Job:
        """Add a running job.

        `cancel` is called when the user wishes it to end, `pause` with True to wait and with False to go on.
        """
        job = Job(title, cancel, pause, self)
        job.changed.connect(self.changed)
        self._jobs.insert(0, job)
        self._trim(keep=20)
        self.changed.emit()
        return job

    def clear_ended(self) -> None:
        """Forget the jobs that have ended."""
        self._trim(keep=0)
        self.changed.emit()

    def _trim(self, *, keep: int) -> None:
        ended = [job for job in self._jobs if job.state is not JobState.RUNNING]
        for job in ended[keep:]:
            self._jobs.remove(job)
            job.deleteLater()
