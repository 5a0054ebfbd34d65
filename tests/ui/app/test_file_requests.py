"""Files that the desktop asks the running app to open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.ui.app.file_requests import FileRequests


def test_a_file_that_the_desktop_asks_for_is_opened_until_it_is_closed(qapp: QApplication) -> None:
    opened: list[Path] = []
    requests = FileRequests(qapp, opened.append)
    QApplication.sendEvent(qapp, QFileOpenEvent("/music/Midnight.odb"))
    requests.close()
    QApplication.sendEvent(qapp, QFileOpenEvent("/music/Noon.odb"))

    assert opened == [Path("/music/Midnight.odb")]
