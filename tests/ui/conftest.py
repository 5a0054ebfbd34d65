"""What tests of the window share."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.loops import QtRun, T, run_on_qt_loop


@pytest.fixture
def qt_run(qapp: QApplication) -> QtRun:
    """Run a coroutine on a Qt event loop of its own: `qt_run(scenario())`."""

    def run(work: Coroutine[Any, Any, T], /) -> T:
        return run_on_qt_loop(qapp, work)

    return run
