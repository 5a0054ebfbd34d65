"""Connecting from the window to a real server: failures, the schema, recents, cancel, and the way back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QWidget

from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import AppError, ConnectionFailedError, LocalStudioError
from syncsphere_desktop.secret_store import SecretStore
from syncsphere_desktop.settings import ConnectionTarget, Environment, Paths
from syncsphere_desktop.settings_store import SettingsStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.connecting.controller import ConnectingController
from syncsphere_desktop.ui.connecting.schema_question import SchemaQuestion
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.widgets.banner import Banner
from tests.ui.connecting.conftest import execute, until
from tests.ui.loops import QtRun


class Connected:
    """A controller whose sessions are real, and shown as one plain widget."""

    def __init__(self, window: MainWindow, theme: ThemeController, store: SettingsStore) -> None:
        self.errors: list[AppError] = []
        self.bugs: list[BaseException] = []
        self.sessions: list[Session] = []
        self.stays = False
        self.local_failure: AppError | None = None
        self.local_waits = asyncio.Event()
        self.window, self.store = window, store
        self.view = QWidget()
        window.add_view(self.view)
        self.scope = TaskScope("test", on_error=self.errors.append, report_bug=self.bugs.append)
        self.controller = ConnectingController(
            self.scope, theme, store, window, connect=self.connect, connect_local=self.connect_local
        )
        self.page = self.controller.page

    async def connect(self, target: ConnectionTarget) -> bool:
        if self.stays:
            return False
        self.sessions.append(await Session.open(target, "tester"))
        self.window.show_server(target.profile)
        self.window.show_view(self.view)
        return True

    async def connect_local(self, progress: Progress) -> bool:
        progress("Starting PostgreSQL", 0.3)
        await self.local_waits.wait()
        if self.local_failure is not None:
            raise self.local_failure
        self.window.show_view(self.view)
        return True

    async def end(self) -> None:
        """Close everything; nothing may have gone wrong unseen."""
        await self.controller.shutdown()
        for session in self.sessions:
            await session.shutdown()
        assert not self.bugs


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    paths = Paths(tmp_path / "config", tmp_path / "data", tmp_path / "logs", tmp_path / "cache")
    made = SettingsStore(paths, SecretStore(choose=lambda: None))
    made.load()
    return made


@pytest.fixture
def connected(window: MainWindow, theme: ThemeController, store: SettingsStore) -> Connected:
    return Connected(window, theme, store)


def open_question() -> SchemaQuestion | None:
    """Return the schema question that is open."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, SchemaQuestion) and w.isVisible()]
    return found[0] if found else None


async def asked() -> SchemaQuestion:
    """Wait for the schema question and return it."""
    await until(lambda: open_question() is not None)
    question = open_question()
    assert question is not None
    return question


def test_a_server_opens_and_is_remembered(
    connected: Connected, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        connected.controller.show_welcome()
        assert connected.page.isVisible()
        await connected.controller.open_target(target)
        assert connected.view.isVisible()
        await until(lambda: connected.store.settings.recent == (target.profile,))
        connected.controller.show_welcome()
        assert [row.profile for row in connected.page.recents.rows] == [target.profile]
        assert connected.page.recents.rows[0].used_at is not None
        assert connected.page.back_button.text() == f"Back to {target.profile.name}"
        connected.page.back_requested.emit()
        assert connected.view.isVisible()
        await connected.end()

    qt_run(scenario())


@pytest.mark.parametrize(
    ("field", "value", "step"),
    [
        ("host", "/nowhere/at/all", "reach"),
        ("port", 1, "reach"),
        ("database", "no_such_database", "database"),
        ("user", "no_such_user", "authenticate"),
    ],
)
def test_a_wrong_connection_fails_on_the_page_at_the_right_step(
    connected: Connected, target: ConnectionTarget, qt_run: QtRun, field: str, value: object, step: str
) -> None:
    wrong = ConnectionTarget(replace(target.profile, **{field: value}))  # type: ignore[arg-type]

    async def scenario() -> None:
        await connected.controller.open_target(wrong)
        assert connected.page.banner.isVisible()
        failure = connected.controller.failure
        assert isinstance(failure, ConnectionFailedError)
        assert failure.step == step
        assert connected.page.banner.sentence == failure.message
        assert not connected.page.is_opening
        assert connected.store.settings.recent == ()
        await connected.end()

    qt_run(scenario())


def test_an_adoptable_database_is_upgraded_and_no_row_is_touched(
    connected: Connected, adoptable: ConnectionTarget, qt_run: QtRun
) -> None:
    before = execute(adoptable, "SELECT xmin, * FROM users")

    async def scenario() -> None:
        opening = asyncio.ensure_future(connected.controller.open_target(adoptable))
        question = await asked()
        assert not connected.view.isVisible()
        told = [label.text() for label in question.findChildren(QLabel)]
        assert any("Nothing of the six tables changes" in text for text in told)
        question.upgrade_button.click()
        await opening
        assert connected.view.isVisible()
        assert connected.sessions[0].schema.state == "current"
        await connected.end()

    qt_run(scenario())
    assert execute(adoptable, "SELECT xmin, * FROM users") == before


def test_open_without_leaves_the_database_as_it_is(
    connected: Connected, adoptable: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        opening = asyncio.ensure_future(connected.controller.open_target(adoptable))
        (await asked()).open_button.click()
        await opening
        assert connected.view.isVisible()
        assert connected.sessions[0].schema.state == "adoptable"
        await connected.end()

    qt_run(scenario())


def test_an_empty_database_is_created_or_not_opened(
    connected: Connected, empty: ConnectionTarget, qt_run: QtRun
) -> None:
    production = ConnectionTarget(replace(empty.profile, environment=Environment.PRODUCTION))

    async def scenario() -> None:
        opening = asyncio.ensure_future(connected.controller.open_target(production))
        question = await asked()
        assert question.cancel_button.isDefault()
        question.cancel_button.click()
        await opening
        assert connected.page.isVisible()
        assert connected.sessions == []
        opening = asyncio.ensure_future(connected.controller.open_target(empty))
        (await asked()).upgrade_button.click()
        await opening
        assert connected.sessions[0].schema.state == "current"
        await connected.end()

    qt_run(scenario())


def test_a_foreign_database_opens_for_reading_with_its_differences(
    connected: Connected, foreign: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        await connected.controller.open_target(foreign)
        assert connected.view.isVisible()
        notices = [banner for banner in connected.window.findChildren(Banner) if banner.isVisible()]
        assert len(notices) == 1
        assert notices[0].sentence.startswith("Open for reading only: the tables differ from SyncSphere's in")
        assert "email" in notices[0].findChildren(QPlainTextEdit)[0].toPlainText()
        assert connected.sessions[0].database.read_only_reason
        connected.window.show_server(None)
        assert not notices[0].isVisible()
        await connected.end()

    qt_run(scenario())


def test_cancelling_leaves_nothing_open(
    connected: Connected, adoptable: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        opening = asyncio.ensure_future(connected.controller.open_target(adoptable))
        await asked()
        connected.page.cancel_requested.emit()
        await opening
        assert open_question() is None
        assert connected.page.isVisible()
        assert not connected.page.is_opening
        assert not connected.page.banner.isVisible()
        assert connected.sessions == []
        await connected.end()

    qt_run(scenario())


def test_a_second_wish_is_left_alone_while_one_opens(
    connected: Connected, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        opening = asyncio.ensure_future(connected.controller.open_local())
        await until(lambda: connected.page.local_card.sentence == "Starting PostgreSQL")
        await connected.controller.open_target(target)
        assert connected.sessions == []
        connected.local_waits.set()
        await opening
        assert connected.view.isVisible()
        await connected.end()

    qt_run(scenario())


def test_a_failed_local_start_is_told_and_tried_again(connected: Connected, qt_run: QtRun) -> None:
    async def scenario() -> None:
        connected.local_waits.set()
        connected.local_failure = LocalStudioError("The disk is full.")
        connected.controller.show_welcome()
        connected.page.local_requested.emit()
        await until(connected.page.banner.isVisible)
        assert connected.page.banner.sentence == "The disk is full."
        connected.local_failure = None
        connected.page.retry_requested.emit()
        await until(connected.view.isVisible)
        await connected.end()

    qt_run(scenario())


def test_shutting_down_in_the_middle_of_an_opening_ends_it(
    connected: Connected, adoptable: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        connected.page.open_requested.emit(adoptable.profile)
        await asked()
        await connected.end()
        assert open_question() is None
        assert connected.sessions == []

    qt_run(scenario())


def test_shutting_down_in_the_middle_of_an_upgrade_lets_it_end(
    connected: Connected, adoptable: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        connected.page.open_requested.emit(adoptable.profile)
        question = await asked()
        question.upgrade_button.click()
        await until(lambda: not question.open_button.isEnabled())
        await connected.end()
        assert connected.sessions == []

    qt_run(scenario())
    found = execute(adoptable, "SELECT count(*) FROM syncsphere_desktop.alembic_version")
    assert found in ([(0,)], [(1,)])


def test_a_removed_connection_is_forgotten(
    connected: Connected, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        connected.store.remember(target.profile)
        connected.controller.show_welcome()
        connected.page.remove_requested.emit(target.profile)
        await until(lambda: connected.page.recents.count() == 0)
        assert connected.store.settings.recent == ()
        await asyncio.sleep(0.05)
        await connected.end()

    qt_run(scenario())


def test_an_error_of_the_start_is_shown_on_the_page(connected: Connected, qt_run: QtRun) -> None:
    async def scenario() -> None:
        connected.controller.show_welcome(LocalStudioError("There is no saved connection."))
        assert connected.page.banner.sentence == "There is no saved connection."
        await connected.end()

    qt_run(scenario())


def test_staying_with_the_open_session_remembers_nothing(
    qt_run: QtRun, connected: Connected, target: ConnectionTarget
) -> None:
    async def scenario() -> None:
        connected.stays = True
        await connected.controller.open_target(target)
        assert connected.store.settings.recent == ()
        assert connected.controller.failure is None
        await connected.end()

    qt_run(scenario())
