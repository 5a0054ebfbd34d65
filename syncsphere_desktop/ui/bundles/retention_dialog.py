"""The simulator of retention: which rules would free how much, what would go and why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import counted, day, number, size
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.retention import (
    Candidate,
    Decision,
    Interval,
    Reason,
    RetentionPlan,
    RetentionRules,
    plan_retention,
)
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.line_list import Line, LineList
from syncsphere_desktop.ui.bundles.reading_dialog import ReadingDialog
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.segments import Segments

_SIZE = QSize(720, 640)
_PAUSE_MS = 120
GOES, STAYS = "goes", "stays"
_THEN = (
    ("then one a day", Interval.DAY),
    ("then one a week", Interval.WEEK),
    ("then one a month", Interval.MONTH),
    ("then one a year", Interval.YEAR),
    ("then none", None),
)
_REASONS = {
    Reason.NEWEST: "the newest",
    Reason.LABELLED: "labelled",
    Reason.PINNED: "pinned",
    Reason.BEFORE_COLLAPSE: "the last before boxes were lost",
    Reason.UNDATED: "without a date",
    Reason.RECENT: "recent",
    Reason.LAST_OF_ITS_STRETCH: "the last of its {stretch}",
    Reason.SUPERSEDED: "a later one of its {stretch} stays",
    Reason.TOO_OLD: "too old",
}

Candidates = tuple[tuple[Candidate, ...], datetime]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A plan with its lines, made off the GUI thread."""

    plan: RetentionPlan
    goes: tuple[Line, ...]
    stays: tuple[Line, ...]


class RetentionDialog(ReadingDialog[RetentionPlan]):
    """`ask` returns the plan that was agreed to. `names` are of the projects, by id."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        whose: str,
        names: Callable[[], Awaitable[dict[ProjectId, str]]],
        load: Callable[[], Awaitable[Candidates]],
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(parent, scope, f"Retention: {whose}", width=560, room=_SIZE)
        self._load, self._load_names = load, names
        self._found: Candidates | None = None
        self._names: dict[ProjectId, str] = {}
        self.simulation: Simulation | None = None
        self.days = QSpinBox()
        self.days.setRange(0, 3650)
        self.days.setValue(30)
        self.days.setSuffix(" days")
        self.days.lineEdit().setTextMargins(6, 0, 0, 0)
        self.days.setAccessibleName("Keep every version of the last days")
        self.then = QComboBox()
        self.then.setAccessibleName("And of those before")
        for words, interval in _THEN:
            self.then.addItem(words, interval)
        self.then.setCurrentIndex(1)
        self._soon = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._soon.timeout.connect(self._plan)
        self.days.valueChanged.connect(self._soon.start)
        self.then.activated.connect(self._soon.start)
        self.summary = PlainLabel("Reading the versions…")
        self.summary.setProperty("role", "heading")
        self.summary.setWordWrap(True)
        self.aside = PlainLabel()
        self.aside.setProperty("role", "secondary")
        self.aside.setWordWrap(True)
        self._notice = Banner(tone="danger", dismissible=False)
        self._notice.hide()
        self.switch = Segments("Versions")
        self.switch.add(GOES, "Would go")
        self.switch.add(STAYS, "Would stay")
        self.switch.chosen.connect(self._show_lines)
        self.lines = LineList("Versions")
        self.lines.fill_height()
        self._build(read_only=read_only)
        self.finished.connect(self._soon.stop)
        self.tasks.spawn(self._read(), key="read")

    def _build(self, *, read_only: bool) -> None:
        rules = QHBoxLayout()
        rules.setSpacing(8)
        rules.addWidget(PlainLabel("Keep all of the last"))
        rules.addWidget(self.days)
        rules.addWidget(self.then)
        rules.addStretch(1)
        always = PlainLabel("The newest version of a project, the labelled and the pinned always stay.")
        always.setProperty("role", "secondary")
        always.setWordWrap(True)
        self.body.setSpacing(12)
        self.body.addLayout(rules)
        for part in (always, self.summary, self.aside, self._notice):
            self.body.addWidget(part)
        pages = QHBoxLayout()
        pages.addWidget(self.switch)
        pages.addStretch(1)
        self.body.addLayout(pages)
        self.body.addWidget(self.lines, 1)
        cancel = Button("Close")
        cancel.clicked.connect(self.reject)
        cancel.setDefault(True)
        self.confirm_button = Button("Remove versions", Kind.DANGER)
        self.confirm_button.clicked.connect(self._on_confirm_clicked)
        self.confirm_button.setEnabled(False)
        self.confirm_button.setVisible(not read_only)
        self.add_button(cancel)
        self.add_button(self.confirm_button)

    async def _read(self) -> None:
        self._names = await self._load_names()
        self._found = await self._load()
        self._plan()

    def _plan(self) -> None:
        if self._found is not None:
            self.tasks.spawn(self._simulate(self._found), key="plan")

    async def _simulate(self, found: Candidates) -> None:
        interval = self.then.currentData()
        rules = RetentionRules(self.days.value(), None if interval is None else Interval(interval))
        names = self._names
        simulation = await asyncio.to_thread(simulate, rules, found, names)
        self.simulation = simulation
        gone, kept = simulation.plan.removed, simulation.plan.kept
        self.summary.setText(
            f"Frees {size(simulation.plan.freed)}, keeps {number(len(kept))}"
            if gone
            else f"Nothing would go: all {number(len(kept))} stay"
        )
        self.aside.setText(
            "The server uses the room again for new versions. What is removed can't be brought back;"
            " export it before if in doubt."
            if gone
            else ""
        )
        self.aside.setVisible(bool(gone))
        self.switch.set_count(GOES, number(len(gone)))
        self.switch.set_count(STAYS, number(len(kept)))
        self.switch.choose(GOES if gone else STAYS)
        self._show_lines(GOES if gone else STAYS)
        self.confirm_button.setText(f"Remove {counted(len(gone), 'version')}" if gone else "Remove versions")
        self.confirm_button.setEnabled(bool(gone))

    def _show_lines(self, name: str) -> None:
        if self.simulation is not None:
            self.lines.show_filling(self.simulation.goes if name == GOES else self.simulation.stays)

    def _on_confirm_clicked(self) -> None:
        if self.simulation is not None and not self._soon.isActive():
            self.accept_with(self.simulation.plan)

    @override
    def show_failed(self, error: AppError) -> None:
        self.summary.setText("The versions could not be read.")
        self._notice.show_message(error.message, "danger", details=error.details)
        self._notice.show()


def simulate(rules: RetentionRules, found: Candidates, names: dict[ProjectId, str]) -> Simulation:
    """Decide on every version and put that in words; for a thread."""
    candidates, now = found
    plan = plan_retention(rules, candidates, now)
    several = len({candidate.project_id for candidate in candidates}) > 1
    return Simulation(
        plan,
        _lines([each for each in plan.decisions if not each.keeps], rules, names if several else None),
        _lines([each for each in plan.decisions if each.keeps], rules, names if several else None),
    )


def _lines(
    decisions: Sequence[Decision], rules: RetentionRules, names: dict[ProjectId, str] | None
) -> tuple[Line, ...]:
    return tuple(_line(decision, rules, names) for decision in decisions)


def _line(decision: Decision, rules: RetentionRules, names: dict[ProjectId, str] | None) -> Line:
    candidate = decision.candidate
    name = "Bundle" if candidate.version is None else f"Version {number(candidate.version)}"
    if names is not None:
        project = candidate.project_id
        name += " without a project" if project is None else f" of {names.get(project, f'project {project}')}"
    if candidate.label:
        name += f" “{candidate.label}”"
    reason = _REASONS.get(decision.reason, decision.reason.value).format(stretch=rules.then or "stretch")
    at = "" if candidate.created_at is None else day(candidate.created_at)
    aside = " · ".join(part for part in (reason, at, size(candidate.size)) if part)
    return Line(name, "check" if decision.keeps else "trash", aside)
