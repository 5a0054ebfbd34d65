"""One check at a time, shown as a job and in the page's line, with findings as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.integrity.findings import CheckProgress, CheckReport, CheckScope, Finding
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.app.jobs import Job, Jobs, JobState
from syncsphere_desktop.ui.integrity.words import progress_words, share_of
from syncsphere_desktop.ui.integrity.work import Checking

_SHOWN_EVERY_MS = 100
_DEFECT = "The app met a mistake of its own."


@dataclass(frozen=True, slots=True)
class CheckWish:
    """What is to be checked, and how thoroughly: `deep` reads every byte, `decode` plays every file too."""

    scope: CheckScope = field(default_factory=CheckScope)
    project_name: str | None = None
    deep: bool = True
    decode: bool = False

    @property
    def title(self) -> str:
        """Return what the job is called."""
        return f"Check the audio of {self.project_name or 'the studio'}"


OTHER_CHECKS: tuple[tuple[str, CheckWish], ...] = (
    ("Quick check: whether files are there, and as long as they should be", CheckWish(deep=False)),
    ("Thorough check: read every byte, and decode every file", CheckWish(decode=True)),
)
"""What a check can be wished for beside the usual one, with the words for it."""


class CheckRun(QObject):
    """Runs a check, and shows what it tells ten times a second, however often that is."""

    progressed = Signal(object)
    """A CheckProgress."""
    found = Signal(object)
    """Findings since the last time, as a list."""
    running_changed = Signal(bool)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._control: WorkControl | None = None
        self._progress: CheckProgress | None = None
        self._found: list[Finding] = []
        self._pace = QTimer(self, interval=_SHOWN_EVERY_MS)
        self._pace.timeout.connect(self._show)

    @property
    def is_running(self) -> bool:
        """Whether a check goes on."""
        return self._job is not None

    async def run(self, verifier: Checking, wish: CheckWish, done: Callable[[], None]) -> CheckReport:
        """Run a check; there must be none. Raises AppError. `done` shows what it found, from the jobs."""
        control = self._control = WorkControl()
        job = self._job = self._jobs.start(wish.title, cancel=self.cancel, pause=self._pause_to)
        self._progress, self._found = None, []
        self._pace.start()
        self.running_changed.emit(True)
        try:
            report = await verifier.run(
                wish.scope,
                deep=wish.deep,
                decode=wish.decode,
                control=control,
                progress=self._take_progress,
                on_finding=self._found.append,
            )
        except BaseException as error:
            control.cancel()  # a paused check would wait for ever
            self._end(job, *_ending(error))
            raise
        state = JobState.DONE if report.complete else JobState.CANCELLED
        self._end(job, state, report.sentence, offer=("Show", done))
        return report

    def toggle_pause(self) -> None:
        """Let the check wait, or go on."""
        if self._job is not None:
            self._job.toggle_pause()

    def cancel(self) -> None:
        """End the check; what it found stays, and the next one goes on where it ended."""
        if self._control is not None:
            self._control.cancel()

    def _pause_to(self, waits: bool) -> None:  # noqa: FBT001  # what a job calls
        if self._control is None:
            return
        if waits:
            self._control.pause()
        else:
            self._control.resume()
        self._show()

    def _take_progress(self, progress: CheckProgress) -> None:
        self._progress = progress

    def _show(self) -> None:
        found, self._found[:] = list(self._found), []
        if found:
            self.found.emit(found)
        progress, job = self._progress, self._job
        if progress is not None and job is not None:
            job.report(share_of(progress), progress_words(progress))
            self.progressed.emit(progress)

    def _end(
        self,
        job: Job,
        state: JobState,
        sentence: str,
        offer: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        self._pace.stop()
        self._show()
        self._job = self._control = None
        job.end(state, sentence, offer=offer)
        self.running_changed.emit(False)


def _ending(error: BaseException) -> tuple[JobState, str]:
    if isinstance(error, AppError):
        return JobState.FAILED, error.message
    if isinstance(error, asyncio.CancelledError):
        return JobState.CANCELLED, "The connection was left."
    return JobState.FAILED, _DEFECT
