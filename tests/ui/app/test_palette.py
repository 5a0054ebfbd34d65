"""The palette finds an action by a few letters and does it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.palette import CommandPalette, match_score


def test_words_beat_parts_and_parts_beat_scattered_letters() -> None:
    word = match_score("del", "Delete user")
    part = match_score("ser", "Delete user")
    scattered = match_score("dlu", "Delete user")
    assert word is not None
    assert part is not None
    assert scattered is not None
    assert word < part < scattered
    assert match_score("xyz", "Delete user") is None


def test_enter_does_the_first_match(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    done: list[str] = []
    add_action(window, "Add user", lambda: done.append("add"))
    add_action(window, "Delete user", lambda: done.append("delete"))
    disabled = add_action(window, "Delete project", lambda: done.append("never"))
    disabled.setEnabled(False)
    window.show()
    palette = CommandPalette(window)
    palette.open()
    field = palette.findChild(QLineEdit)
    found = palette.findChild(QListWidget)
    assert field is not None
    assert found is not None
    QTest.keyClicks(field, "delete")
    assert found.count() == 1
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert done == ["delete"]
