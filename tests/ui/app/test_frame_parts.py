"""The parts around the views: overlays, jobs panel, cheat sheet, menus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from syncsphere_desktop.ui.app.actions import add_action, show_menu, visible_actions
from syncsphere_desktop.ui.app.cheat_sheet import CheatSheet
from syncsphere_desktop.ui.app.jobs import Jobs, JobState
from syncsphere_desktop.ui.app.jobs_panel import JobsPanel
from syncsphere_desktop.ui.app.palette import CommandPalette
from syncsphere_desktop.ui.widgets.overlay import Overlay
from tests.ui.bench import button, find_button, texts


@pytest.fixture
def window(qapp: QApplication) -> Iterator[QWidget]:
    """A window with a line edit that has the focus."""
    made = QWidget()
    QVBoxLayout(made).addWidget(QLineEdit())
    made.resize(1100, 700)
    made.show()
    made.activateWindow()
    made.findChildren(QLineEdit)[0].setFocus()
    qapp.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def overlay(window: QWidget) -> Overlay:
    made = Overlay(window)
    made.setGeometry(300, 200, 200, 100)
    layout = QVBoxLayout(made)
    layout.addWidget(QLineEdit())
    made.open()
    made.findChildren(QLineEdit)[0].setFocus()
    return made


def test_escape_closes_an_overlay_and_gives_the_focus_back(window: QWidget) -> None:
    shown = overlay(window)
    closed: list[bool] = []
    shown.closed.connect(lambda: closed.append(True))
    QTest.keyClick(shown.findChildren(QLineEdit)[0], Qt.Key.Key_Escape)
    assert shown.isHidden()
    assert closed == [True]
    assert window.focusWidget() is window.findChildren(QLineEdit)[0]


def test_a_click_beside_an_overlay_closes_it_and_one_inside_does_not(window: QWidget) -> None:
    shown = overlay(window)
    QTest.mouseClick(shown.findChildren(QLineEdit)[0], Qt.MouseButton.LeftButton)
    assert shown.isVisible()
    QTest.mouseClick(window, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert shown.isHidden()


def test_another_size_of_the_window_closes_an_overlay(window: QWidget) -> None:
    shown = overlay(window)
    QApplication.sendEvent(window, QResizeEvent(window.size(), window.size()))
    assert shown.isHidden()


def test_an_overlay_outlives_the_widget_that_had_the_focus(window: QWidget) -> None:
    shown = overlay(window)
    window.findChildren(QLineEdit)[0].deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    shown.dismiss()
    assert shown.isHidden()


def test_an_overlay_that_is_opened_twice_gives_the_focus_back_to_where_it_first_was(window: QWidget) -> None:
    shown = overlay(window)
    shown.open()
    shown.dismiss()
    assert window.focusWidget() is window.findChildren(QLineEdit)[0]


def panel_of(window: QWidget, jobs: Jobs) -> JobsPanel:
    panel = JobsPanel(jobs, window)
    panel.open_above(window)
    return panel


def test_the_jobs_panel_tells_how_far_each_job_is(window: QWidget) -> None:
    jobs = Jobs(window)
    running = jobs.start("Export to users.csv", cancel=lambda: None)
    running.started_at -= 10
    running.progress(400, 1000, "Writing rows")
    jobs.start("Export to projects.csv").end(JobState.DONE, "25 rows")
    said = texts(panel_of(window, jobs))
    assert "Writing rows · 400 of 1\u202f000 · 40 a second · 15 s left" in said
    assert "Done: 25 rows" in said


def test_a_job_is_cancelled_from_the_panel(window: QWidget) -> None:
    jobs = Jobs(window)
    asked: list[bool] = []
    job = jobs.start("Export", cancel=lambda: asked.append(True))
    panel = panel_of(window, jobs)
    button(panel, "Cancel").click()
    assert asked == [True]
    job.end(JobState.CANCELLED)
    assert find_button(panel, "Cancel") is None
    assert "Cancelled" in texts(panel)


def test_ended_jobs_are_cleared_from_the_panel(window: QWidget) -> None:
    jobs = Jobs(window)
    panel = panel_of(window, jobs)
    assert "No jobs. Long work, such as an export, shows here." in texts(panel)
    assert not button(panel, "Clear ended").isEnabled()
    jobs.start("Export").end(JobState.FAILED, "The disk is full.")
    QApplication.processEvents()
    assert "Failed: The disk is full." in texts(panel)
    button(panel, "Clear ended").click()
    assert jobs.all == ()
    assert "No jobs. Long work, such as an export, shows here." in texts(panel)


def test_a_job_with_a_very_long_title_can_still_be_cancelled(window: QWidget) -> None:
    jobs = Jobs(window)
    jobs.start("Export to " + "very-long-name-" * 20 + ".csv", cancel=lambda: None)
    panel = panel_of(window, jobs)
    QApplication.processEvents()
    cancel = button(panel, "Cancel")
    place = cancel.mapTo(panel, QPoint(cancel.width(), cancel.height()))
    assert panel.rect().contains(place)
    assert cancel.width() >= cancel.sizeHint().width()


def test_the_cheat_sheet_shows_what_works_now_and_closes_on_escape(window: QWidget) -> None:
    add_action(window, "New user…", lambda: None, shortcut="Ctrl+N", group="Users")
    add_action(window, "No keys", lambda: None, group="Users")
    add_action(window, "Not now", lambda: None, shortcut="Ctrl+J").setEnabled(False)
    hidden = QWidget(window)
    hidden.hide()
    add_action(hidden, "Elsewhere", lambda: None, shortcut="Ctrl+L")
    sheet = CheatSheet(window)
    sheet.open()
    said = texts(sheet)
    assert "New user…" in said
    assert not {"No keys", "Not now", "Elsewhere"} & set(said)
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing|propagateSizeHints)")
def test_a_menu_holds_the_enabled_actions_of_one_group(window: QWidget) -> None:
    done: list[str] = []
    add_action(window, "Delete users…", lambda: done.append("delete"), shortcut="Del", group="Users")
    add_action(window, "Set password…", lambda: None, group="Users").setEnabled(False)
    add_action(window, "Export", lambda: None, group="Listing")
    show_menu(window, "Users", QPoint(10, 10))
    (menu,) = window.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == ["Delete users…"]
    menu.actions()[0].trigger()
    assert done == ["delete"]
    menu.close()


def test_tooltips_carry_the_shortcut_and_the_shortcut_works(window: QWidget) -> None:
    done: list[str] = []
    action = add_action(window, "Reload", lambda: done.append("reload"), shortcut="F5")
    assert action.toolTip() == "Reload (F5)"
    QTest.keyClick(window.findChildren(QLineEdit)[0], Qt.Key.Key_F5)
    assert done == ["reload"]
    assert action in visible_actions(window)


def test_the_palette_runs_the_chosen_action_and_goes(window: QWidget) -> None:
    done: list[str] = []
    for name in ("Add", "Delete", "Export"):
        add_action(window, name, partial(done.append, name))
    palette = CommandPalette(window)
    palette.open()
    field = palette.findChildren(QLineEdit)[0]
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert done == ["Delete"]
    assert palette.isHidden()
    assert palette.findChildren(QPushButton) == []


def test_escape_leaves_the_palette_without_doing_anything(window: QWidget) -> None:
    done: list[str] = []
    add_action(window, "Delete", lambda: done.append("delete"))
    palette = CommandPalette(window)
    palette.open()
    QTest.keyClick(palette.findChildren(QLineEdit)[0], Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert done == []
    assert window.focusWidget() is window.findChildren(QLineEdit)[0]
