"""The jobs panel: each job with its progress, rate, time left, Pause and Cancel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from syncsphere_desktop.domain.humane import number, time_left
from syncsphere_desktop.ui.app.job_parts import JobParts
from syncsphere_desktop.ui.app.jobs import Job, Jobs, JobState
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.overlay import Overlay
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_WIDTH = 400
_MAX_HEIGHT = 420
_HEAD = 52


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
        self._parts = JobParts()
        self._pause = IconButton("pause", "Pause")
        self._pause.clicked.connect(job.toggle_pause)
        self._cancel = Button("Cancel")
        self._cancel.setAccessibleName(f"Cancel {job.title}")
        self._cancel.clicked.connect(job.cancel)
        self._offer = Button("", Kind.LINK)
        self._offer.clicked.connect(self._on_offer_clicked)
        self._build()
        job.changed.connect(self._refresh)
        self._refresh()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, 1)
        for button in (self._pause, self._cancel, self._offer):
            top.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._bar)
        layout.addWidget(self._facts)
        layout.addWidget(self._parts)

    def _on_offer_clicked(self) -> None:
        if self._job.offer is not None:
            self._job.offer[1]()

    def _refresh(self) -> None:
        job = self._job
        fraction = job.fraction
        running = job.state is JobState.RUNNING
        self._bar.setVisible(running)
        self._bar.setRange(0, 0 if fraction is None and running else 1000)
        self._bar.setValue(round(1000 * (fraction or 0.0)))
        self._cancel.setVisible(job.can_cancel)
        self._pause.setVisible(job.can_pause)
        word, sign = ("Go on with", "play") if job.is_paused else ("Pause", "pause")
        self._pause.show_icon(sign, f"{word} {job.title}")
        self._offer.setVisible(job.offer is not None)
        self._offer.setText("" if job.offer is None else job.offer[0])
        self._facts.setText(job_facts(job))
        self._parts.show_parts(job.parts)


def job_facts(job: Job) -> str:
    """Return a job's state in a line: what it does, how far, how fast, how long yet."""
    if job.state is not JobState.RUNNING:
        word = {JobState.DONE: "Done", JobState.FAILED: "Failed", JobState.CANCELLED: "Cancelled"}[job.state]
        return f"{word}: {job.sentence}" if job.sentence else word
    if job.facts is not None:
        return f"Paused · {job.facts}" if job.is_paused else job.facts
    facts = [job.sentence] if job.sentence else []
    if job.total:
        facts.append(f"{number(job.done)} of {number(job.total)}")
    if job.rate is not None and job.rate >= 1:
        facts.append(f"{number(round(job.rate))} a second")
    if job.seconds_left is not None:
        facts.append(f"{time_left(job.seconds_left)} left")
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
        self._anchor: QWidget | None = None
        self._empty = PlainLabel("No jobs. Long work, such as an export, shows here.")
        self._empty.setProperty("role", "secondary")
        self._empty.setContentsMargins(16, 16, 16, 16)
        self._empty.setWordWrap(True)
        self._inner = QWidget()
        self._inner.setObjectName("jobs-panel-list")
        self._inner.installEventFilter(self)
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._empty)
        column.addLayout(self._list)
        column.addStretch(1)
        self._clear = Button("Clear ended")
        self._clear.clicked.connect(jobs.clear_ended)
        self._build()
        # Rates and times left change by themselves while a job makes no report.
        self._ticker = QTimer(self)
        self._ticker.setInterval(1000)
        self._ticker.timeout.connect(self._tick)
        jobs.changed.connect(self._refresh)
        self._refresh()

    def _build(self) -> None:
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._inner)
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

    def open_above(self, anchor: QWidget) -> None:
        """Show the panel with its foot at the top of `anchor`, right edges aligned."""
        self._anchor = anchor
        self._refresh()
        self._ticker.start()
        self.open()
        self._fit()

    def _fit(self) -> None:
        """Be as high as the jobs are, up to a limit; the foot stays where it is."""
        if self._anchor is None:
            return
        wanted = self._inner.sizeHint().height() if self._jobs.all else self._empty.sizeHint().height()
        height = min(_MAX_HEIGHT, _HEAD + wanted)
        if height == self.height() and not self.isHidden() and self.x() > 0:
            return
        self.setFixedHeight(height)
        corner = self._anchor.mapTo(self._window, QPoint(self._anchor.width(), 0))
        self.move(corner.x() - self.width() - 8, corner.y() - self.height() - 4)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inner and event.type() == QEvent.Type.LayoutRequest and not self.isHidden():
            QTimer.singleShot(0, self, self._fit)  # once the rows know how high they want to be
        return super().eventFilter(watched, event)

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
        if not self.isHidden():
            self._fit()
