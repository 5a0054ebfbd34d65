"""The steps of a connection's test, each with a dot, a word, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.status_dot import StatusDot


class StepState(StrEnum):
    """How a step stands."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


StepListener = Callable[[str, StepState, str], None]
"""Hears a step's name, how it stands, and what was found."""

_LOOKS = {
    StepState.WAITING: ("border-strong", ""),
    StepState.RUNNING: ("accent", "Testing…"),
    StepState.PASSED: ("success", "Passed"),
    StepState.WARNED: ("warning", "Note"),
    StepState.FAILED: ("danger", "Failed"),
    StepState.SKIPPED: ("border-strong", "Not needed"),
}

STEP_TITLES = {
    "resolve": "Find the host",
    "reach": "Reach the server",
    "tls": "Encrypt",
    "authenticate": "Sign in",
    "database": "Open the database",
    "version": "PostgreSQL's version",
    "schema": "SyncSphere's tables",
}


FEED_STEP_TITLES = {
    "resolve": "Find its host",
    "reach": "Reach its server",
    "tls": "Encrypt",
    "admit": "Be admitted",
    "answer": "Get an answer",
}


class StepLine(QWidget):
    """One step: its title with dot and word, and under them a sentence once there is one."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.state = StepState.WAITING
        self._dot = StatusDot("border-strong", "")
        self._title = PlainLabel(title)
        self._sentence = PlainLabel()
        self._sentence.setProperty("role", "secondary")
        self._sentence.setWordWrap(True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, 1)
        top.addWidget(self._dot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self._sentence)
        self.show_state(StepState.WAITING)

    @property
    def sentence(self) -> str:
        """Return what was found."""
        return self._sentence.text()

    def show_state(self, state: StepState, sentence: str = "") -> None:
        """Show how the step stands."""
        self.state = state
        tone, word = _LOOKS[state]
        self._dot.setVisible(bool(word))
        self._dot.show_state(tone, word)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.setToolTip("")
        self.setAccessibleName(" ".join(filter(None, [f"{self.title}:", word, sentence])))


class StepList(QWidget):
    """All steps under each other, in the order in which they are tried."""

    def __init__(self, titles: Mapping[str, str] = STEP_TITLES) -> None:
        super().__init__()
        self._lines = {name: StepLine(title) for name, title in titles.items()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for line in self._lines.values():
            layout.addWidget(line)
        layout.addStretch(1)

    def line(self, name: str) -> StepLine:
        """Return the line of a step by its name, such as `tls`; raises KeyError."""
        return self._lines[name]

    def show_step(self, name: str, state: StepState, sentence: str = "") -> None:
        """Show how one step stands."""
        self._lines[name].show_state(state, sentence)

    def end_running(self) -> None:
        """Show that a step which still runs is left."""
        for line in self._lines.values():
            if line.state is StepState.RUNNING:
                line.show_state(StepState.WAITING)

    def clear(self) -> None:
        """Show that nothing was tried yet."""
        for line in self._lines.values():
            line.show_state(StepState.WAITING)
