"""Parts that are made before they have a place must not appear as windows of their own for a moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.integrity.strip import CheckStrip
from syncsphere_desktop.ui.users.form import user_form
from syncsphere_desktop.ui.widgets.banner import Banner
from tests.ui.loops import QtRun
from tests.ui.ownership.test_ownership_view import ownership


class Windows(QObject):
    """Notes the kinds of widgets that are shown as windows."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


@pytest.fixture
def windows(qapp: QApplication) -> Iterator[Windows]:
    made = Windows()
    qapp.installEventFilter(made)
    yield made
    qapp.removeEventFilter(made)


def test_parts_that_have_no_place_yet_are_no_windows(windows: Windows) -> None:
    parts = [Banner("Something is amiss.", dismissible=True), CheckStrip(), user_form()]
    assert windows.seen == []
    del parts


def test_a_view_with_its_pages_is_no_more_than_one_window(windows: Windows, qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership():
            assert len(windows.seen) == 1

    qt_run(scenario())
