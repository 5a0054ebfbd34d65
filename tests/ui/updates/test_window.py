"""Newer versions in the window: asked for once, told quietly, opened in the browser on a click alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QDialog

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.secret_store import SecretStore
from syncsphere_desktop.settings import HOME_VARIABLE, Paths
from syncsphere_desktop.settings_store import SettingsStore
from syncsphere_desktop.studio.updates import SOURCE_VARIABLE, Updates
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.updates.controller import UpdatesController
from syncsphere_desktop.ui.updates.dialog import UpdateDialog
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.toasts import ToastHost
from tests.feed.certificates import Certificates, make_certificates
from tests.ui.bench import until
from tests.ui.loops import QtRun
from tests.update_source import UpdateSource, serving_updates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def source(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[UpdateSource]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with serving_updates(certificates) as found:
        yield found


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    made = MainWindow(DESTINATIONS, ThemeController(qapp))
    made.resize(1100, 700)
    made.show()
    yield made
    made.close_now()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@dataclass
class Desk:
    """The controller with real updates, and what it did."""

    window: MainWindow
    updates: Updates
    pages: list[str] = field(default_factory=list)
    errors: list[AppError] = field(default_factory=list)
    bugs: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.toasts = ToastHost(self.window)
        scope = TaskScope("test", on_error=self.errors.append, report_bug=self.bugs.append)
        self.controller = UpdatesController(scope, self.window, self.toasts, self.updates, self.pages.append)

    async def dialog(self, kind: type[QDialog]) -> QDialog:
        await until(lambda: any(found.isVisible() for found in self.window.findChildren(kind)))
        return next(found for found in self.window.findChildren(kind) if found.isVisible())

    async def end(self) -> None:
        """End it; nothing may have gone wrong unseen."""
        await self.controller.shutdown()
        assert not [*self.errors, *self.bugs]

    async def looked(self) -> UpdateDialog:
        """Open the dialog and wait for what it finds."""
        self.controller.open()
        found = await self.dialog(UpdateDialog)
        assert isinstance(found, UpdateDialog)
        await until(lambda: "Looking" not in found.sentence.text())
        return found


@pytest.fixture
def desk(window: MainWindow, source: UpdateSource, tmp_path: Path) -> Desk:
    return Desk(window, updates_of(source.url, source.key, tmp_path))


def updates_of(url: str, key: str, folder: Path) -> Updates:
    store = SettingsStore(Paths.of_this_user({HOME_VARIABLE: str(folder)}), SecretStore(choose=lambda: None))
    return Updates(store, environment={SOURCE_VARIABLE: url}, key=key)


def test_the_dialog_shows_the_notes_as_text_and_opens_the_page_on_a_click(desk: Desk, qt_run: QtRun) -> None:
    async def scenario() -> None:
        dialog = await desk.looked()
        assert dialog.sentence.text() == "SyncSphere Desktop 9.0.0 is there."
        assert "<b>Markup</b>" in dialog.notes.toPlainText()
        assert desk.pages == []
        dialog.page_button.click()
        await until(lambda: desk.pages)
        await desk.end()
        assert desk.pages == ["https://example.org/download"]

    qt_run(scenario())


def test_what_is_not_believed_is_told_with_the_reason_and_what_is_away_can_be_tried_again(
    desk: Desk, source: UpdateSource, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        source.content = source.content.replace(b"9.0.0", b"9.0.1")
        dialog = await desk.looked()
        assert "not signed by the makers" in dialog.banner.sentence
        assert dialog.page_button.isHidden()
        source.status = 503
        dialog.look()
        await until(lambda: "503" in dialog.banner.sentence)
        source.status = 200
        source.give_out("0.0.1")
        dialog.banner.action_triggered.emit()
        await until(lambda: "newest version" in dialog.sentence.text())
        dialog.reject()
        await desk.end()

    qt_run(scenario())


def test_the_first_start_asks_once_and_a_no_stays_one(
    desk: Desk, source: UpdateSource, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        desk.controller.start()
        question = await desk.dialog(ConfirmDialog)
        question.reject()
        await until(lambda: desk.updates.settings.weekly is False)
        desk.controller.start()
        await desk.end()
        assert not desk.updates.wants_asking
        assert source.requests == 0

    qt_run(scenario())


def test_a_weekly_look_tells_of_a_newer_version_until_it_is_skipped(
    desk: Desk, source: UpdateSource, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        desk.updates.set_weekly(weekly=True)
        desk.controller.start()
        await until(lambda: desk.toasts.sentences)
        assert desk.toasts.sentences == ["SyncSphere Desktop 9.0.0 is there."]
        dialog = await desk.looked()
        dialog.skip_button.click()
        await until(lambda: desk.updates.settings.skipped == "9.0.0")
        again = await desk.looked()
        assert again.skip_button.isHidden()
        again.reject()
        source.give_out("8.0", age=timedelta(days=3))
        await desk.end()

    qt_run(scenario())


def test_without_a_source_it_says_so_and_never_asks(
    window: MainWindow, tmp_path: Path, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        desk = Desk(window, updates_of("", "", tmp_path))
        desk.controller.start()
        dialog = await desk.looked()
        assert "No update source is configured" in dialog.sentence.text()
        assert dialog.weekly.isHidden()
        dialog.reject()
        await desk.end()

    qt_run(scenario())
