"""The jobs panel: each job with its progress, rate, time left and Cancel."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from syncsphere_desktop.domain.humane import duration, number
from syncsphere_desktop.ui.app.jobs import Job, Jobs, JobState
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.overlay import Overlay
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_WIDTH = 400
_MAX_HEIGHT = 420


class JobRow(QWidget):
    """One job, kept up to date by its `changed` signal."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self._title = ElidedLabel(job.title, Qt.TextElideMode.ElideMiddle)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self._facts = PlainLabel()
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setProperty("role", "secondary")
        self._facts.setWordWrap(True)
        self._cancel = QPushButton("Cancel")
        self._cancel.setAccessibleName(f"Cancel {job.title}")
        self._cancel.clicked.connect(job.cancel)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._bar)
        layout.addWidget(self._facts)
        job.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        job = self._job
        fraction = job.fraction
        running = job.state is JobState.RUNNING
        self._bar.setVisible(running)
        self._bar.setRange(0, 0 if fraction is None and running else 1000)
        self._bar.setValue(round(1000 * (fraction or 0.0)))
        self._cancel.setVisible(job.can_cancel)
        self._facts.setText(job_facts(job))


def job_facts(job: Job) -> str:
    """Return a job's state in a line: what it does, how far, how fast, how long yet."""
    if job.state is not JobState.RUNNING:
        word = {JobState.DONE: "Done", JobState.FAILED: "Failed", JobState.CANCELLED: "Cancelled"}[job.state]
        return f"{word}: {job.sentence}" if job.sentence else word
    facts = [job.sentence] if job.sentence else []
    if job.total:
        facts.append(f"{number(job.done)} of {number(job.total)}")
    if job.rate is not None and job.rate >= 1:
        facts.append(f"{number(round(job.rate))} a second")
    if job.seconds_left is not None:
        facts.append(f"{duration(job.seconds_left)} left")
    return " · ".join(facts) or "Running"


class JobsPanel(Overlay):
    """Floats above the status bar with all jobs, newest first."""

    def __init__(self, jobs: Jobs, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("jobs-panel")
        self._jobs = jobs
        self._rows: dict[Job, JobRow] = {}
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._empty = PlainLabel("No jobs. Long work, such as an export, shows here.")
        self._empty.setProperty("role", "secondary")
        self._empty.setContentsMargins(16, 16, 16, 16)
        self._empty.setWordWrap(True)
        inner = QWidget()
        inner.setObjectName("jobs-panel-list")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._empty)
        column.addLayout(self._list)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        self._clear = QPushButton("Clear ended")
        self._clear.clicked.connect(jobs.clear_ended)
        heading = PlainLabel("Jobs")
        heading.setProperty("role", "heading")
        top = QHBoxLayout()
        top.setContentsMargins(16, 8, 8, 8)
        top.addWidget(heading, 1)
        top.addWidget(self._clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(scroll, 1)
        self.setFixedWidth(_WIDTH)
        # Rates and times left change by themselves while a job makes no report.
        self._ticker = QTimer(self)
        self._ticker.setInterval(1000)
        self._ticker.timeout.connect(self._tick)
        jobs.changed.connect(self._refresh)
        self._refresh()

    def open_above(self, anchor: QWidget) -> None:
        """Show the panel with its foot at the top of `anchor`, right edges aligned."""
        self._refresh()
        rows = max(1, len(self._jobs.all))
        self.setFixedHeight(min(_MAX_HEIGHT, 56 + rows * 88))
        corner = anchor.mapTo(self._window, QPoint(anchor.width(), 0))
        self.move(corner.x() - self.width() - 8, corner.y() - self.height() - 4)
        self._ticker.start()
        self.open()

    def _tick(self) -> None:
        if not self.isVisible():
            self._ticker.stop()
            return
        for job in self._jobs.running:
            job.changed.emit()

    def _refresh(self) -> None:
        jobs = self._jobs.all
        for gone in [job for job in self._rows if job not in jobs]:
            row = self._rows.pop(gone)
            self._list.removeWidget(row)
            row.deleteLater()
        for position, job in enumerate(jobs):
            if job not in self._rows:
                self._rows[job] = JobRow(job)
                self._list.insertWidget(position, self._rows[job])
        self._empty.setVisible(not jobs)
        self._clear.setEnabled(any(job.state is not JobState.RUNNING for job in jobs))
