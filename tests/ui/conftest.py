"""What tests of the window share."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS
from tests.ui.loops import QtRun, T, run_on_qt_loop


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """Tell pytest-qt to make the application as the program does."""
    return ["tests", *STYLE_ARGUMENTS]


@pytest.fixture
def qt_run(qapp: QApplication) -> QtRun:
    """Run a coroutine on a Qt event loop of its own: `qt_run(scenario())`."""

    def run(work: Coroutine[Any, Any, T], /) -> T:
        return run_on_qt_loop(qapp, work)

    return run
