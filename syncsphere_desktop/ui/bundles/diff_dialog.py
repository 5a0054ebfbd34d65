"""What changed from one bundle to another: side by side, or as text to be copied."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.diff_list import MARK_WIDTH, DiffList
from syncsphere_desktop.ui.bundles.diff_rows import SideRow
from syncsphere_desktop.ui.bundles.reading_dialog import ReadingDialog
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, sized
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.inspector import hairline
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.segments import Segments
from syncsphere_desktop.ui.widgets.skeleton import Skeleton

_SIZE = QSize(1080, 680)
_COPIED_MS = 1_600
_READABLE = 16_000
"""Characters of text that are shown."""
SIDES, TEXT = "sides", "text"


@dataclass(frozen=True, slots=True)
class SideTitle:
    """What stands above a side: what it is, and when and by whom it was made."""

    name: str
    facts: str = ""


@dataclass(frozen=True, slots=True)
class ShownDiff:
    """A difference as it is shown. `notes` are sentences on what may mislead."""

    rows: tuple[SideRow, ...]
    text: str
    summary: str = ""
    notes: tuple[str, ...] = ()


class DiffDialog(ReadingDialog[bool]):
    """Reads in the background; `load` is called again by Retry."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        before: SideTitle,
        after: SideTitle,
        load: Callable[[], Awaitable[ShownDiff]],
    ) -> None:
        super().__init__(parent, scope, "What changed", width=760, room=_SIZE)
        self._load = load
        self._titles = (before, after)
        self.shown: ShownDiff | None = None
        self.list = DiffList()
        self._words: QPlainTextEdit | None = None
        self.switch = Segments("How it is shown")
        self.switch.add(SIDES, "Side by side")
        self.switch.add(TEXT, "As text")
        self.switch.chosen.connect(self.show_as)
        self._summary = PlainLabel()
        self._summary.setProperty("role", "secondary")
        self._note = Banner(tone="info", dismissible=False)
        self._note.hide()
        self._stack = QStackedWidget()
        self._skeleton = Skeleton((5, 1, 5))
        self._same = EmptyState("check", "Nothing differs", "Both hold the same music.")
        self._failed = ErrorState()
        self._failed.retry_requested.connect(self._start)
        for page in (self._skeleton, self._same, self._failed, self._sides()):
            self._stack.addWidget(page)
        self._build()

    def _build(self) -> None:
        self.copy_button = Button("Copy as text", icon_name="copy")
        self.copy_button.clicked.connect(self.copy)
        self.copy_button.setEnabled(False)
        close = Button("Close")
        close.clicked.connect(self.reject)
        close.setDefault(True)
        self.add_button(self.copy_button, left=True)
        self.add_button(close)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._summary, 1)
        top.addWidget(self.switch)
        self.body.setSpacing(12)
        self.body.addLayout(top)
        self.body.addWidget(self._note)
        self.body.addWidget(self._stack, 1)

    def _sides(self) -> QWidget:
        part = QWidget()
        titles = QHBoxLayout()
        titles.setContentsMargins(16, 0, 16, 8)
        titles.setSpacing(0)
        for number, title in enumerate(self._titles):
            column = QVBoxLayout()
            column.setSpacing(2)
            name = ElidedLabel(title.name, copyable=True)
            facts = ElidedLabel(title.facts)
            facts.setProperty("role", "secondary")
            column.addWidget(name)
            column.addWidget(facts)
            titles.addLayout(column, 1)
            if not number:
                titles.addSpacing(MARK_WIDTH + 32)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(titles)
        layout.addWidget(hairline())
        layout.addWidget(self.list, 1)
        self._side_page = part
        return part

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._start()

    @property
    def words(self) -> QPlainTextEdit:
        """Return the difference as text, made when it is first wished for."""
        if self._words is None:
            self._words = QPlainTextEdit()
            self._words.setReadOnly(True)
            self._words.setFont(sized(BODY_SIZE))
            self._words.setAccessibleName("What changed, as text")
            self._stack.addWidget(self._words)
            if self.shown is not None:
                self._words.setPlainText(_readable(self.shown.text))
        return self._words

    def show_as(self, name: str) -> None:
        """Show the difference side by side, or as text."""
        self.switch.choose(name)
        if self.shown is not None and self.shown.rows:
            self._stack.setCurrentWidget(self.words if name == TEXT else self._side_page)

    def copy(self) -> None:
        """Put the difference on the clipboard as text."""
        if self.shown is not None:
            before, after = self._titles
            QGuiApplication.clipboard().setText(f"{before.name} → {after.name}\n\n{self.shown.text}\n")
            self.copy_button.setText("Copied")
            QTimer.singleShot(_COPIED_MS, self.copy_button, lambda: self.copy_button.setText("Copy as text"))

    def _start(self) -> None:
        self._stack.setCurrentWidget(self._skeleton)
        self.tasks.spawn(self._show(), key="load")

    async def _show(self) -> None:
        shown = await self._load()
        self.shown = shown
        self._note.setVisible(bool(shown.notes))
        if shown.notes:
            self._note.show_message("\n".join(shown.notes), "info")
        self.copy_button.setEnabled(bool(shown.text))
        self.list.show_rows(shown.rows)
        await asyncio.sleep(0)  # the GUI thread does something else between two parts of the work
        self._summary.setText(shown.summary)
        if not shown.rows:
            self._stack.setCurrentWidget(self._same)
            self.switch.hide()
            return
        self.show_as(self.switch.current or SIDES)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def show_failed(self, error: AppError) -> None:
        self._failed.show_error(error.message, details=error.details)
        self._stack.setCurrentWidget(self._failed)


def _readable(text: str) -> str:
    """Return what a text field takes at once without holding up the window; copying takes all."""
    if len(text) <= _READABLE:
        return text
    end = text.rfind("\n", 0, _READABLE)
    left = counted(text.count("\n", end), "more line")
    return f"{text[:end]}\n… and {left}: copying takes all of it."
