"""Looks into a bundle that is a file on this computer, without any connection."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFileDialog, QWidget
from typing_extensions import override

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.bundles.child.process import BundleProcess
from syncsphere_desktop.studio.bundles.file_reading import BundleFile, read_bundle_file
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.inspector import BundleInspector, ShownContents, shown_contents
from syncsphere_desktop.ui.bundles.reading_dialog import ReadingDialog
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_ROOM = QSize(720, 760)
_FILES = "Bundles (*.odb);;All files (*)"


class BundleFileDialog(ReadingDialog[None]):
    """Reads the file in a child process, and shows what it holds, or why it can't be read."""

    def __init__(self, parent: QWidget, scope: TaskScope, path: Path) -> None:
        super().__init__(parent, scope, path.name, width=520, room=_ROOM)
        self._path = path
        self._worker = BundleProcess()
        self.heading.hide()  # the panel has the name
        self.inspector = BundleInspector(datetime.now)
        self.inspector.show_file(path.name, str(path.parent), 0)
        self.inspector.show_waiting()
        self.inspector.close_requested.connect(self.reject)
        self.body.addWidget(self.inspector, 1)
        close = Button("Close", Kind.PRIMARY)
        close.clicked.connect(self.reject)
        self.add_button(close)
        close.setDefault(True)
        close.setFocus()
        self.tasks.spawn(self._read())

    @override
    def show_failed(self, error: AppError) -> None:
        self.inspector.show_empty("error", f"{self._path.name} can't be opened", error.message)

    @override
    async def wind_down(self) -> None:
        await super().wind_down()
        await asyncio.to_thread(self._worker.close)

    async def _read(self) -> None:
        found = await read_bundle_file(self._path, self._worker)
        self._show(found, await asyncio.to_thread(shown_contents, found.reading, self.devicePixelRatioF()))

    def _show(self, found: BundleFile, shown: ShownContents) -> None:
        self.inspector.show_file(found.path.name, str(found.path.parent), found.size)
        self.inspector.show_contents(None, shown)


class BundleFiles:
    """Gives the window the action that looks into a file, connected or not."""

    def __init__(self, scope: TaskScope, window: MainWindow) -> None:
        self._scope = scope
        self._window = window
        add_action(window, "Open a bundle file…", self.choose, group="Window", everywhere=True)

    def choose(self) -> None:
        """Ask for a file, and show what it holds."""
        if open_dialog(self._window) is not None:
            return
        dialog = QFileDialog(self._window, "Open a bundle file", "", _FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.open(Path(chosen)))
        dialog.finished.connect(lambda _code: dialog.deleteLater())
        dialog.open()

    def open(self, path: Path) -> None:
        """Show what a file holds."""
        self._scope.spawn(self._show(path), key="bundle file")

    async def _show(self, path: Path) -> None:
        await BundleFileDialog(self._window, self._scope, path.absolute()).ask()
