"""Asks what to do with a database whose schema is not the one this app brings, and upgrades it in place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.database.schema.status import SchemaState, SchemaStatus
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.settings import ConnectionProfile, Environment
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.style import set_role
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

Upgrade = Callable[[Progress], Awaitable[None]]

_TITLES = {
    SchemaState.EMPTY: "Create SyncSphere's tables?",
    SchemaState.ADOPTABLE: "Add the app's own tables?",
    SchemaState.BEHIND: "Upgrade the app's own tables?",
}
_SENTENCES = {
    SchemaState.EMPTY: "The database {name} has no tables yet. A new studio can begin in it.",
    SchemaState.ADOPTABLE: (
        "The database {name} holds a studio's six tables. The app can add tables of its own beside them, in a"
        " schema apart. Nothing of the six tables changes, and no row is touched."
    ),
    SchemaState.BEHIND: (
        "The app's own tables in the database {name} are of an older version (revision {current}). Nothing of"
        " the studio's six tables changes, and no row of theirs is touched."
    ),
}
_NO_RIGHT = "The role you connect with has no right to do this; its owner or an administrator has to."


class SchemaAnswer(StrEnum):
    """How the question ended; no answer at all means not to open the database."""

    UPGRADED = "upgraded"
    OPEN_WITHOUT = "open without"


def asks_for(status: SchemaStatus) -> bool:
    """Whether a database of that state is asked about before it is opened."""
    return status.state in _TITLES and not status.is_standby


class SchemaQuestion(AwaitableDialog[SchemaAnswer]):
    """Says what an upgrade does and what the app goes without otherwise; runs it when that is chosen.

    `upgrade` does the work; the dialog can't be left meanwhile, and shows a failure in place.
    """

    def __init__(
        self,
        parent: QWidget | None,
        profile: ConnectionProfile,
        status: SchemaStatus,
        *,
        upgrade: Upgrade,
        scope: TaskScope,
    ) -> None:
        super().__init__(parent, _TITLES[status.state], width=560)
        self._status = status
        self._work = upgrade
        self._scope = scope
        self._running = False
        self._is_left = False
        self._is_empty = status.state is SchemaState.EMPTY
        self.banner = Banner(dismissible=False)
        self.banner.hide()
        self.banner.action_triggered.connect(self._on_upgrade_clicked)
        self.sentence = PlainLabel()
        self.sentence.setProperty("role", "secondary")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self._fill(profile)
        self._add_buttons(profile)

    def _fill(self, profile: ConnectionProfile) -> None:
        status = self._status
        words = _SENTENCES[status.state]
        self.body.addWidget(
            _wrapped(words.format(name=f"“{profile.database}” of {profile.name}", current=status.current))
        )
        if not status.may_upgrade:
            self.body.addWidget(Banner(_NO_RIGHT, "warning", dismissible=False))
        titles = [f"{revision.title}." for revision in status.pending]
        self.body.addLayout(
            _section("What will be done" if status.may_upgrade else "What would be done", titles)
        )
        if status.goes_without and not self._is_empty:
            self.body.addLayout(_section("Without it", status.goes_without))
        if status.differences:
            self.body.addLayout(_section("What differs, and may stay so", status.differences[:5]))
        self.body.addWidget(self.banner)
        self._progress = QWidget()
        lines = QVBoxLayout(self._progress)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(8)
        lines.addWidget(self.sentence)
        lines.addWidget(self._bar)
        self._progress.hide()
        self.body.addWidget(self._progress)
        self.body.addStretch(1)

    def _add_buttons(self, profile: ConnectionProfile) -> None:
        self.cancel_button = Button("Cancel", Kind.PLAIN if self._is_empty else Kind.SUBTLE)
        self.cancel_button.clicked.connect(self.reject)
        self.open_button = Button("Open without")
        self.open_button.clicked.connect(lambda: self.accept_with(SchemaAnswer.OPEN_WITHOUT))
        self.upgrade_button = Button("Create the schema" if self._is_empty else "Upgrade", Kind.PRIMARY)
        self.upgrade_button.clicked.connect(self._on_upgrade_clicked)
        self.upgrade_button.setVisible(self._status.may_upgrade)
        self.open_button.setVisible(not self._is_empty)
        self.add_button(self.cancel_button, left=not self._is_empty)
        self.add_button(self.open_button)
        self.add_button(self.upgrade_button)
        safe = self.cancel_button if self._is_empty else self.open_button
        careful = profile.environment is Environment.PRODUCTION or not self._status.may_upgrade
        default = safe if careful else self.upgrade_button
        default.setDefault(True)
        default.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def reject(self) -> None:
        """Leave without an answer; not while the upgrade runs."""
        if not self._running:
            super().reject()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        # Also when whoever awaits the dialog is cancelled, which no other signal tells.
        super().hideEvent(event)
        self._is_left = True

    def _on_upgrade_clicked(self) -> None:
        if not self._running:
            self._scope.spawn(self._upgrade(), on_error=self._show_failure)

    async def _upgrade(self) -> None:
        loop = asyncio.get_running_loop()

        def tell(sentence: str, share: float | None) -> None:
            loop.call_soon_threadsafe(self._show_progress, sentence, share)

        self._show_running(running=True)
        try:
            await self._work(tell)
        finally:
            self._show_running(running=False)
        if not self._is_left:
            self.accept_with(SchemaAnswer.UPGRADED)

    def _show_running(self, *, running: bool) -> None:
        self._running = running
        if self._is_left:
            return  # and perhaps deleted
        self.banner.hide()
        self._progress.setVisible(running)
        if running:
            self._show_progress("Beginning", None)
        for button in (self.cancel_button, self.open_button, self.upgrade_button):
            button.setEnabled(not running)

    def _show_progress(self, sentence: str, share: float | None) -> None:
        if not self._running or self._is_left:
            return  # told from a thread, and heard after the end
        self.sentence.setText(sentence)
        self._bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self._bar.setValue(round(share * 1000))

    def _show_failure(self, error: AppError) -> None:
        if self._is_left:
            return
        self.banner.show_message(error.message, "danger", action="Try again", details=error.details)
        self.banner.show()


def _wrapped(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _section(title: str, lines: Sequence[str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    heading = PlainLabel(title)
    heading.setProperty("role", "heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    for number, line in enumerate(lines, start=1):
        bullet = PlainLabel("•")
        set_role(bullet, "role", "secondary")
        grid.addWidget(bullet, number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_wrapped(line), number, 1)
    return grid
