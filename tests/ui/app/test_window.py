"""The window: closing is asked, its layout comes back, and it names the server it works on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from syncsphere_desktop.database.connection import ConnectionState, Health
from syncsphere_desktop.database.notifications import ListenerMode
from syncsphere_desktop.database.schema.status import SchemaState, SchemaStatus
from syncsphere_desktop.settings import ConnectionProfile, Environment, Paths, Settings, SslMode, ThemeMode
from syncsphere_desktop.settings_store import SettingsStore
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.jobs import Jobs, JobState
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.status import StatusPresenter
from syncsphere_desktop.ui.app.status_bar import Tone
from syncsphere_desktop.ui.app.window_memory import WindowMemory
from syncsphere_desktop.ui.theme.controller import ThemeController

PROFILE = ConnectionProfile(
    name="Studio Berlin",
    host="db.studio.example",
    port=5432,
    database="syncsphere",
    user="admin",
    sslmode=SslMode.VERIFY_FULL,
    environment=Environment.PRODUCTION,
)
CURRENT = SchemaStatus(SchemaState.CURRENT, "0003", "0003", (), (), ())


@pytest.fixture
def theme(qapp: QApplication) -> ThemeController:
    return ThemeController(qapp)


@pytest.fixture
def window(theme: ThemeController) -> Iterator[MainWindow]:
    made = new_window(theme)
    yield made
    discard(made)


def new_window(theme: ThemeController) -> MainWindow:
    made = MainWindow(DESTINATIONS, theme)
    made.resize(1100, 700)
    made.show()
    QApplication.processEvents()
    return made


def discard(window: MainWindow) -> None:
    window.close_now()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_closing_asks_the_owner_first(window: MainWindow) -> None:
    asked: list[bool] = []
    window.close_requested.connect(lambda: asked.append(True))
    window.close()
    assert asked == [True]
    assert window.isVisible()
    window.close_now()
    assert not window.isVisible()
    assert asked == [True]


def test_the_layout_comes_back(window: MainWindow, theme: ThemeController) -> None:
    window.resize(1010, 640)
    window.restore_layout({"splitter": [250, 760]})
    window.toggle_sidebar()
    QApplication.processEvents()
    saved = json.loads(json.dumps(window.save_layout()))
    other = MainWindow(DESTINATIONS, theme)
    other.restore_layout(saved)
    other.show()
    QApplication.processEvents()
    assert other.height() == 640  # Qt keeps the width within this platform's small screen
    assert other.sidebar.isHidden()
    # A sidebar that was folded when the window closed must be there when it is unfolded.
    other.toggle_sidebar()
    QApplication.processEvents()
    assert other.sidebar.width() == 250
    discard(other)


@pytest.mark.parametrize(
    "garbage",
    [
        {},
        {"geometry": 5, "splitter": "wide", "sidebar": "maybe"},
        {"geometry": "not base64 ÄÖ", "splitter": [1]},
        {"geometry": "AAAA", "splitter": [-1, 10**30]},
        {"splitter": [None, 3]},
        {"splitter": [0, 0]},
        {"splitter": [True, True]},
    ],
)
def test_a_layout_of_garbage_is_ignored(window: MainWindow, garbage: dict[str, object]) -> None:
    window.restore_layout(garbage)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (1100, 700)
    assert window.sidebar.width() > 100


def test_the_window_names_its_server_and_forgets_it(window: MainWindow) -> None:
    window.show_server(PROFILE)
    assert (
        window.windowTitle() == "Studio Berlin — admin@db.studio.example:5432/syncsphere — SyncSphere Desktop"
    )
    window.show_server(None)
    assert window.windowTitle() == "SyncSphere Desktop"


def test_a_notice_of_the_connection_goes_with_it(window: MainWindow) -> None:
    window.show_server(PROFILE)
    notice = QLabel("The schema is newer.")
    window.show_notice(notice)
    QApplication.processEvents()
    assert notice.isVisible()
    window.show_server(None)
    assert not notice.isVisible()


def test_a_page_covers_the_views_and_they_come_back(window: MainWindow) -> None:
    view, page = QWidget(), QWidget()
    window.add_view(view)
    window.show_view(view)
    assert view.isVisible()
    window.show_page(page)
    assert page.isVisible()
    assert not view.isVisible()
    window.show_workspace()
    assert view.isVisible()


def test_another_theme_is_taken_while_everything_is_shown(window: MainWindow, theme: ThemeController) -> None:
    before = theme.mode
    for mode in (ThemeMode.LIGHT, ThemeMode.DARK):
        theme.set_mode(mode)
        assert not window.grab().isNull()
    theme.set_mode(before)


# The status bar


@pytest.fixture
def presenter(window: MainWindow) -> StatusPresenter:
    return StatusPresenter(window.status, Jobs(window))


def test_each_health_of_the_connection_is_told(window: MainWindow, presenter: StatusPresenter) -> None:
    presenter.show_session(PROFILE, CURRENT, None)
    told = window.status.connection
    assert told.text() == f"Studio Berlin · {PROFILE.address}"
    presenter.show_connection(ConnectionState(Health.CONNECTED, 0.0123))
    assert told.text().endswith("· 12.3 ms")
    presenter.show_connection(ConnectionState(Health.RECONNECTING, message="It broke."))
    assert told.text().endswith("· reconnecting…")
    assert told.toolTip() == "It broke."
    presenter.show_connection(ConnectionState(Health.LOST, message="It is gone."))
    assert told.text().endswith("· offline")
    presenter.clear()
    assert not told.isVisible()
    # What a closing connection still says concerns nobody any more.
    presenter.show_connection(ConnectionState(Health.CLOSED))
    assert not told.isVisible()


@pytest.mark.parametrize("state", list(SchemaState))
def test_each_state_of_the_schema_has_words(
    window: MainWindow, presenter: StatusPresenter, state: SchemaState
) -> None:
    schema = replace(CURRENT, state=state, differences=("users.email is missing",))
    presenter.show_session(PROFILE, schema, None)
    assert window.status.schema.text()
    assert "users.email is missing" in window.status.schema.toolTip()


def test_a_connection_that_only_reads_says_so_and_why(window: MainWindow, presenter: StatusPresenter) -> None:
    presenter.show_session(PROFILE, CURRENT, "Your role may only read.")
    assert window.status.access.text() == "Read only"
    assert window.status.access.toolTip() == "Your role may only read."
    presenter.show_session(PROFILE, CURRENT, None)
    assert not window.status.access.isVisible()


@pytest.mark.parametrize("mode", list(ListenerMode))
def test_each_way_to_learn_of_changes_is_told(
    window: MainWindow, presenter: StatusPresenter, mode: ListenerMode
) -> None:
    presenter.show_updates(mode)
    assert window.status.updates.text()
    assert window.status.updates.toolTip()


def test_running_jobs_are_counted(window: MainWindow) -> None:
    jobs = Jobs(window)
    presenter = StatusPresenter(window.status, jobs)
    presenter.show_jobs()
    assert window.status.jobs.text() == "Jobs"
    first, _second = jobs.start("One"), jobs.start("Two")
    assert window.status.jobs.text() == "2 jobs running"
    first.end(JobState.DONE)
    assert window.status.jobs.text() == "1 job running"


def test_a_dot_never_speaks_alone(window: MainWindow, presenter: StatusPresenter) -> None:
    window.status.connection.show_state("", Tone.BAD)
    assert not window.status.connection.isVisible()


# What is remembered


def test_what_the_window_remembers_is_there_at_the_next_start(tmp_path: Path) -> None:
    paths = Paths.of_this_user({"SYNCSPHERE_HOME": str(tmp_path)})
    store = SettingsStore(paths)
    memory = WindowMemory(store, store.load())
    assert memory.window == {}
    assert memory.view("users") == {}
    memory.remember_window({"splitter": [200, 800]})
    memory.remember_view("users", {"sort": {"key": "id", "descending": True}})
    memory.last_view = "projects"
    memory.theme_mode = ThemeMode.LIGHT
    memory.save()
    again = SettingsStore(paths)
    found = WindowMemory(again, again.load())
    assert found.window == {"splitter": [200, 800]}
    assert found.view("users") == {"sort": {"key": "id", "descending": True}}
    assert (found.last_view, found.theme_mode) == ("projects", ThemeMode.LIGHT)


def test_remembering_the_window_keeps_what_others_stored_meanwhile(tmp_path: Path) -> None:
    store = SettingsStore(Paths.of_this_user({"SYNCSPHERE_HOME": str(tmp_path)}))
    memory = WindowMemory(store, store.load())
    store.remember(PROFILE)
    memory.save()
    assert [profile.name for profile in store.load().recent] == ["Studio Berlin"]
    assert isinstance(store.settings, Settings)
