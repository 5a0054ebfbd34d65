"""A panel that floats inside the window: closes on Escape, on a click beside it, and when the window resizes.

It is a child of the window rather than a popup of its own, so that it needs no grab of the keyboard (which
Wayland and the offscreen platform do not give) and is in every picture of the window.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget
from shiboken6 import isValid
from typing_extensions import override


class Overlay(QFrame):
    """Floats over `window`; the focus returns to where it was when it closes."""

    closed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("floating", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._window = window
        self._focus_before: QWidget | None = None
        self.hide()

    def open(self) -> None:
        """Show it on top of everything in the window."""
        if not self.isHidden():
            self.raise_()
            return
        self._focus_before = QApplication.focusWidget()
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
        self.show()
        self.raise_()

    def dismiss(self) -> None:
        """Hide it and give the focus back."""
        if self.isHidden():
            return
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        self.hide()
        before, self._focus_before = self._focus_before, None
        if before is not None and isValid(before):  # its view may have gone meanwhile
            before.setFocus()
        self.closed.emit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            inside = self.rect().contains(self.mapFromGlobal(event.globalPosition().toPoint()))
            if isinstance(watched, QWidget) and not inside:
                self.dismiss()
        elif kind == QEvent.Type.Resize and watched is self._window:
            self.dismiss()
        elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            return self._take_escape(event)
        return super().eventFilter(watched, event)

    def _take_escape(self, event: QKeyEvent) -> bool:
        """Close at the press alone: closed before it, a dialog below would have the press for itself."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self.dismiss()
            return True
        return False
