"""What stands in place of the past while there is nothing to show of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.skeleton import Skeleton

_WITHOUT = " Without it nobody can tell who held what before; the tracks and the live picture go on."


class PastCovers(QStackedWidget):
    """Shows the body, bars while it is read, or a state with its sentence."""

    retry_requested = Signal()

    def __init__(self, body: QWidget) -> None:
        super().__init__()
        self._body = body
        self._waiting = Skeleton((3, 1, 1, 1, 1, 1))
        self._empty = EmptyState("clock", "")
        self._error = ErrorState(title="The history could not be read")
        self._error.retry_requested.connect(self._on_error_retry_requested)
        for cover in (self._empty, self._error):
            set_surface(cover, 0)
        for widget in (self._waiting, body, self._empty, self._error):
            self.addWidget(widget)

    @property
    def is_uncovered(self) -> bool:
        """Return whether the body is shown."""
        return self.currentWidget() is self._body

    @property
    def told(self) -> str:
        """Return what is told in place of the body, empty where it is shown or read."""
        shown = self.currentWidget()
        return shown.accessibleName() if shown in (self._empty, self._error) else ""

    def wait(self) -> None:
        """Show that it is being read."""
        self.setCurrentWidget(self._waiting)

    def uncover(self) -> None:
        """Show the body."""
        self.setCurrentWidget(self._body)

    def tell(self, icon: str, title: str, sentence: str) -> None:
        """Say why there is nothing."""
        self._empty.show_state(icon, title, sentence)
        self.setCurrentWidget(self._empty)

    def miss(self, reason: str) -> None:
        """Say that no history is kept, and what one goes without."""
        self.tell("clock", "No history is kept here", reason + _WITHOUT)

    def refuse(self, sentence: str) -> None:
        """Say that the window holds too much."""
        self.tell("clock", "Too much happened", sentence)

    def fail(self, error: AppError) -> None:
        """Show what failed, with Retry."""
        self._error.show_error(error.message, details=error.details)
        self.setCurrentWidget(self._error)

    def _on_error_retry_requested(self) -> None:
        self.wait()
        self.retry_requested.emit()
