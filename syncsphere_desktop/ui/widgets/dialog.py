"""The base of all dialogs: awaited, window-modal, never run by `exec`."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

Result = TypeVar("Result")


class AwaitableDialog(QDialog, Generic[Result]):
    """`await dialog.ask()` opens it and returns what `accept_with` was given, or None when it was left.

    Other tasks go on meanwhile. When the awaiting task is cancelled, the dialog closes. It can be asked
    once; afterwards it is deleted.
    """

    def __init__(self, parent: QWidget | None, title: str, *, width: int = 480) -> None:
        super().__init__(parent)
        self._result: Result | None = None
        self.setWindowTitle(title)
        self.setMinimumWidth(width)
        self.heading = PlainLabel(title)
        self.heading.setProperty("role", "title")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setWordWrap(True)
        self.body = QVBoxLayout()
        self.body.setSpacing(16)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        inner = QVBoxLayout()
        inner.setContentsMargins(24, 20, 24, 20)
        inner.setSpacing(16)
        inner.addWidget(self.heading)
        inner.addLayout(self.body, 1)
        foot = QWidget()
        set_surface(foot, 2)
        foot.setLayout(self._buttons)
        self._buttons.setContentsMargins(24, 12, 24, 12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(inner, 1)
        layout.addWidget(foot)

    @override
    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._grow()
        return handled

    def _grow(self) -> None:
        """Make room for what was added: a line that wraps anew would be cut otherwise."""
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            needed = layout.totalHeightForWidth(self.width())
            if needed > self.height():
                self.resize(self.width(), needed)

    async def ask(self) -> Result | None:
        """Open the dialog and wait for its end."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def end(_code: int) -> None:
            if not answered.done():
                answered.set_result(None)

        self.finished.connect(end)
        self.open()
        try:
            await answered
        finally:
            self.finished.disconnect(end)
            self.hide()
            try:
                await self.wind_down()
            finally:
                self.deleteLater()
        return self._result

    async def wind_down(self) -> None:
        """End the dialog's own tasks: the dialog was left, and its widgets are there for the last time."""

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            # Wrapped labels guess too high before they know their width.
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def accept_with(self, result: Result) -> None:
        """Close the dialog with a result."""
        self._result = result
        self.accept()

    def add_button(self, button: QPushButton, *, left: bool = False) -> None:
        """Put a button into the foot: at the right, where the last one is the outermost, or far left."""
        if left:
            self._buttons.insertWidget(0, button)
        else:
            self._buttons.addWidget(button)


def open_dialog(window: QWidget) -> QDialog | None:
    """Return a dialog that is open over `window` and keeps its input away, or None."""
    dialogs = window.findChildren(QDialog)
    return next((dialog for dialog in dialogs if dialog.isVisible() and dialog.isModal()), None)
