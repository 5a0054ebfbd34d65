"""The about box: what it says, and what is copied from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from syncsphere_desktop import __version__
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.settings import HOME_VARIABLE, ConnectionTarget, Paths
from syncsphere_desktop.studio.about import about_app, with_server
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.about_dialog import AboutBox, AboutDialog
from syncsphere_desktop.ui.app.actions import visible_actions
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.controller import ThemeController
from tests.ui.bench import until
from tests.ui.loops import QtRun


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    made = MainWindow(DESTINATIONS, ThemeController(qapp))
    made.show()
    yield made
    made.close_now()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_the_server_is_named_by_its_version_and_revision_alone(target: ConnectionTarget) -> None:
    paths = Paths.of_this_user({HOME_VARIABLE: "/somewhere"})
    session = await Session.open(target, "tester", paths=paths)
    try:
        told = (await with_server(about_app(paths, {"Qt": "6"}), session)).as_text()
    finally:
        await session.shutdown()

    assert f"SyncSphere Desktop: {__version__}\n" in told
    assert "Schema: revision " in told
    assert "PostgreSQL: " in told
    assert "/somewhere/logs" in told
    assert target.profile.database not in told
    assert target.profile.user not in told


def test_the_action_shows_it_and_the_button_copies_it(
    window: MainWindow, qt_run: QtRun, tmp_path: Path
) -> None:
    async def scenario() -> None:
        errors: list[AppError] = []
        bugs: list[BaseException] = []
        scope = TaskScope("test", on_error=errors.append, report_bug=bugs.append)
        AboutBox(scope, window, Paths.of_this_user({HOME_VARIABLE: str(tmp_path)}), lambda: None)
        action = next(each for each in visible_actions(window) if each.text().startswith("About"))
        action.trigger()
        await until(lambda: window.findChildren(AboutDialog))
        dialog = window.findChildren(AboutDialog)[0]
        dialog.copy_button.click()
        copied = QGuiApplication.clipboard().text()
        dialog.reject()
        await scope.shutdown()

        assert not [*errors, *bugs]
        assert f"SyncSphere Desktop: {__version__}" in copied
        assert "PostgreSQL: Not connected" in copied
        assert QUrl.fromLocalFile(str(tmp_path / "logs")).toLocalFile() in copied

    qt_run(scenario())
