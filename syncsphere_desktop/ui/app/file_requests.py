"""Files that the desktop asks the running app to open: macOS sends events where others start it anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFileOpenEvent, QGuiApplication
from typing_extensions import override


class FileRequests(QObject):
    """Calls `open_file` for each file that is asked for, until `close`."""

    def __init__(self, app: QGuiApplication, open_file: Callable[[Path], None]) -> None:
        super().__init__(app)
        self._app = app
        self._open_file = open_file
        app.installEventFilter(self)

    def close(self) -> None:
        """Take no more requests."""
        self._app.removeEventFilter(self)
        self.deleteLater()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.FileOpen or not isinstance(event, QFileOpenEvent):
            return False
        if event.file():
            self._open_file(Path(event.file()))
        return True
