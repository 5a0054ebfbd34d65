"""The welcome page: recent connections by mouse and keyboard, progress and errors in place."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.settings import ConnectionProfile, Environment, SslMode
from syncsphere_desktop.ui.connecting.recents import RecentRow, cross_area
from syncsphere_desktop.ui.connecting.welcome import WelcomePage

NOW = datetime(2026, 11, 22, 14, 30)


def profile(name: str, environment: Environment = Environment.PRODUCTION) -> ConnectionProfile:
    return ConnectionProfile(
        name, f"{name.lower()}.example.org", 5432, "studio", "admin", SslMode.VERIFY_FULL, None, environment
    )


ROWS = tuple(RecentRow(profile(name), NOW - timedelta(minutes=9)) for name in ("Anna", "Berta", "Cleo"))


@pytest.fixture
def page(qtbot: QtBot) -> WelcomePage:
    made = WelcomePage()
    qtbot.addWidget(made)
    made.resize(1100, 672)
    made.show()
    made.show_recents(ROWS, NOW)
    return made


def test_a_first_start_has_no_list_and_offers_the_local_studio(qtbot: QtBot) -> None:
    page = WelcomePage()
    qtbot.addWidget(page)
    page.show()
    page.show_recents((), NOW)
    page.take_focus()
    assert page.recents.isHidden()
    with qtbot.waitSignal(page.local_requested):
        QTest.keyClick(page.local_card.button, Qt.Key.Key_Space)


def test_keys_choose_open_edit_and_remove(page: WelcomePage, qtbot: QtBot) -> None:
    heard: list[tuple[str, str]] = []
    page.open_requested.connect(lambda found: heard.append(("open", found.name)))
    page.edit_requested.connect(lambda found: heard.append(("edit", found.name)))
    page.remove_requested.connect(lambda found: heard.append(("remove", found.name)))
    page.take_focus()
    QTest.keyClick(page.recents, Qt.Key.Key_Return)
    QTest.keyClick(page.recents, Qt.Key.Key_Down)
    QTest.keyClick(page.recents, Qt.Key.Key_F2)
    QTest.keyClick(page.recents, Qt.Key.Key_Down)
    QTest.keyClick(page.recents, Qt.Key.Key_Delete)
    QTest.keyClick(page.recents, Qt.Key.Key_Up)
    QTest.keyClick(page.recents, Qt.Key.Key_Enter)
    assert heard == [("open", "Anna"), ("edit", "Berta"), ("remove", "Cleo"), ("open", "Berta")]


def test_a_click_opens_and_the_cross_removes(page: WelcomePage, qtbot: QtBot) -> None:
    heard: list[tuple[str, str]] = []
    page.open_requested.connect(lambda found: heard.append(("open", found.name)))
    page.remove_requested.connect(lambda found: heard.append(("remove", found.name)))
    area = page.recents.visualItemRect(page.recents.item(1))
    left = Qt.MouseButton.LeftButton
    QTest.mouseClick(page.recents.viewport(), left, pos=area.center())
    QTest.mouseClick(page.recents.viewport(), left, pos=cross_area(area).center())
    QTest.mouseClick(page.recents.viewport(), left, pos=QPoint(area.center().x(), page.recents.height() - 1))
    assert heard[:2] == [("open", "Berta"), ("remove", "Berta")]


def test_nothing_else_can_be_opened_while_one_opens(page: WelcomePage, qtbot: QtBot) -> None:
    page.show_progress("Local studio", "Starting PostgreSQL", 0.4, local=True)
    assert page.is_opening
    assert page.local_card.sentence == "Starting PostgreSQL"
    assert not page.server_card.isEnabled()
    assert not page.recents.isEnabled()
    with qtbot.waitSignal(page.cancel_requested):
        QTest.mouseClick(page.local_card.cancel, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.cancel_requested):
        QTest.keyClick(page, Qt.Key.Key_Escape)
    page.show_rest()
    assert page.server_card.isEnabled()
    assert not page.is_opening


def test_an_error_can_be_tried_again_or_mended(page: WelcomePage, qtbot: QtBot) -> None:
    page.show_error(LocalStudioError("The disk is full."), retry=True, edit=True)
    assert page.banner.isVisible()
    assert page.banner.sentence == "The disk is full."
    with qtbot.waitSignal(page.retry_requested):
        page.banner.action_triggered.emit()
    with qtbot.waitSignal(page.edit_failed_requested):
        page.banner.second_action_triggered.emit()
    page.show_error(None)
    assert page.banner.isHidden()


def test_escape_goes_back_only_where_there_is_a_session(page: WelcomePage, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(page.back_requested):
        QTest.keyClick(page, Qt.Key.Key_Escape)
    page.show_way_back("Hamburg")
    assert page.back_button.text() == "Back to Hamburg"
    with qtbot.waitSignal(page.back_requested):
        QTest.keyClick(page, Qt.Key.Key_Escape)


def test_each_line_reads_as_a_sentence_to_a_screen_reader(page: WelcomePage) -> None:
    told = page.recents.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "Anna, admin@anna.example.org:5432/studio, Production, 9 min ago"


@pytest.mark.parametrize("size", [(1100, 672), (900, 532), (2560, 1412)])
def test_nothing_is_cut_at_any_size(page: WelcomePage, qtbot: QtBot, size: tuple[int, int]) -> None:
    page.show_error(LocalStudioError("The disk is full."), retry=True, edit=True)
    page.resize(*size)
    qtbot.waitExposed(page)
    for card in (page.local_card, page.server_card):
        assert page.rect().contains(QRect(card.mapTo(page, QPoint()), card.size()))
    assert page.minimumSizeHint().height() <= size[1]
    assert page.minimumSizeHint().width() <= size[0]


def test_a_file_dropped_on_the_page_or_wished_for_is_looked_into(page: WelcomePage, tmp_path: Path) -> None:
    heard: list[object] = []
    page.bundle_file_requested.connect(heard.append)
    one, two, elsewhere = QMimeData(), QMimeData(), QMimeData()
    path = tmp_path / "Midnight.odb"
    one.setUrls([QUrl.fromLocalFile(str(path))])
    two.setUrls([QUrl.fromLocalFile(str(path))] * 2)
    elsewhere.setUrls([QUrl("https://example.org/Midnight.odb")])
    for data in (one, two, elsewhere):
        event = QDropEvent(
            QPointF(300, 300),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        page.dropEvent(event)
    page.bundle_button.click()

    assert heard == [path, None]
