"""The base of dialogs that find out in the background what they show."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog

Result = TypeVar("Result")
_AROUND = QSize(48, 48)


class ReadingDialog(AwaitableDialog[Result]):
    """Its tasks are in `tasks` and end with it; what goes wrong with them is for `show_failed`.

    With a `room` it is as large as that, or as the window has place for.
    """

    def __init__(
        self, parent: QWidget, scope: TaskScope, title: str, *, width: int, room: QSize | None = None
    ) -> None:
        super().__init__(parent, title, width=width)
        self._room = room
        self.tasks = scope.child("dialog", on_error=self.show_failed)

    def show_failed(self, error: AppError) -> None:
        """Say why there is nothing to show."""
        raise NotImplementedError

    @override
    async def wind_down(self) -> None:
        await self.tasks.shutdown()

    @override
    def sizeHint(self) -> QSize:
        return self._room or super().sizeHint()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        window = self.parentWidget()
        if self._room is not None:
            place = self._room if window is None else window.window().size() - _AROUND
            self.resize(self._room.boundedTo(place))
