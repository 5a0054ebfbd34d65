"""Dialogs are awaited, default to the safe choice, and close when whoever asked is cancelled."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from syncsphere_desktop.errors import ConflictError
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.conflict import ConflictAnswer, ConflictDialog, Side, differing_fields
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from tests.ui.loops import QtRun


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    shown = QWidget()
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    shown.show()
    return shown


def deletion(window: QWidget, typed: str | None = None) -> ConfirmDialog:
    return ConfirmDialog(
        window,
        title="Delete “Night drive” and 2 more projects?",
        effects=["41 audio files go with them.", "7 tracks are released."],
        confirm="Delete 3 projects",
        typed=typed,
    )


def conflict(window: QWidget) -> ConflictDialog:
    error = ConflictError(
        "changed",
        base={"name": "a", "email": "e", "notes": None, "same": 1},
        theirs={"name": "b", "email": "f", "notes": None, "same": 2},
        mine={"name": "a", "email": "g", "notes": "n", "same": 2},
        their_version=9,
        who="Jonas Weber",
        when=datetime(2025, 3, 12, 14, 3, 9),
    )
    return ConflictDialog(window, title="“a” was changed meanwhile", error=error, labels={"name": "Name"})


async def shown(dialog: AwaitableDialog[object] | ConfirmDialog | ConflictDialog) -> None:
    async with asyncio.timeout(5):
        while not dialog.isVisible():  # noqa: ASYNC110  # a dialog has no event to wait for
            await asyncio.sleep(0.001)


def test_the_answer_is_what_the_dialog_was_accepted_with(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> str | None:
        dialog: AwaitableDialog[str] = AwaitableDialog(window, "Name")
        asyncio.get_running_loop().call_later(0.01, lambda: dialog.accept_with("Mara"))
        return await dialog.ask()

    assert qt_run(scenario()) == "Mara"


def test_escape_means_no_answer(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> bool | None:
        dialog = deletion(window)
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        assert dialog.windowModality() == Qt.WindowModality.WindowModal
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        return await asked

    assert qt_run(scenario()) is None


def test_other_tasks_go_on_while_a_dialog_waits(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> int:
        ticks = 0
        dialog = deletion(window)
        asked = asyncio.ensure_future(dialog.ask())
        for _turn in range(5):
            await asyncio.sleep(0.001)
            ticks += 1
        dialog.reject()
        await asked
        return ticks

    assert qt_run(scenario()) == 5


def test_cancelling_whoever_asked_closes_the_dialog(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> int:
        dialog = deletion(window)
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        return sum(found.isVisible() for found in window.findChildren(ConfirmDialog))

    assert qt_run(scenario()) == 0


def test_fifty_dialogs_one_after_the_other_leave_none_behind(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> int:
        for _number in range(50):
            dialog = deletion(window)
            asked = asyncio.ensure_future(dialog.ask())
            await asyncio.sleep(0)
            dialog.reject()
            assert await asked is None
        await asyncio.sleep(0.01)
        return len(window.findChildren(ConfirmDialog))

    assert qt_run(scenario()) == 0


def test_enter_and_space_choose_the_safe_side(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> list[bool | None]:
        answers = []
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            dialog = deletion(window)
            asked = asyncio.ensure_future(dialog.ask())
            await shown(dialog)
            assert dialog.focusWidget() is dialog.safe_button
            QTest.keyClick(dialog.focusWidget(), key)
            answers.append(await asked)
        return answers

    assert qt_run(scenario()) == [None, None]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_the_button_that_shows_the_focus_is_the_one_that_is_pressed(
    window: QWidget, qt_run: QtRun, key: Qt.Key
) -> None:
    async def scenario() -> bool | None:
        dialog = deletion(window)
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        QTest.keyClick(dialog.safe_button, Qt.Key.Key_Tab)
        assert dialog.focusWidget() is dialog.confirm_button
        QTest.keyClick(dialog.focusWidget(), key)
        return await asked

    assert qt_run(scenario()) is True


def test_enter_in_the_field_of_a_typed_name_stays_on_the_safe_side(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> bool | None:
        dialog = deletion(window, typed="Night drive")
        field = dialog.findChild(QLineEdit)
        assert field is not None
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        field.setFocus()
        field.setText("Night drive")
        QTest.keyClick(field, Qt.Key.Key_Return)
        return await asked

    assert qt_run(scenario()) is None


def test_the_button_that_does_it_names_the_effect(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> bool | None:
        dialog = deletion(window)
        assert dialog.confirm_button.text() == "Delete 3 projects"
        assert dialog.confirm_button.property("kind") == "danger"
        texts = [label.text() for label in dialog.findChildren(QLabel)]
        assert "7 tracks are released." in texts
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        dialog.confirm_button.click()
        return await asked

    assert qt_run(scenario()) is True


def test_on_production_the_name_must_be_typed(window: QWidget) -> None:
    dialog = deletion(window, typed="Night drive")
    field = dialog.findChild(QLineEdit)
    assert field is not None
    assert not dialog.confirm_button.isEnabled()
    field.setText("night drive")
    assert not dialog.confirm_button.isEnabled()
    field.setText("Night drive ")
    assert dialog.confirm_button.isEnabled()


def test_a_choice_of_the_caller_s_is_shown(window: QWidget) -> None:
    box = QCheckBox("Back up first")
    dialog = ConfirmDialog(window, title="Delete?", effects=["Gone."], confirm="Delete", choice=box)
    assert dialog.isAncestorOf(box)


def test_only_fields_that_differ_are_asked_for(window: QWidget) -> None:
    dialog = conflict(window)
    assert dialog.choices == {"name": Side.THEIRS, "email": None, "notes": Side.MINE}
    assert differing_fields(dialog._error) == ("name", "email", "notes")


def test_saving_waits_until_each_double_change_is_decided(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> ConflictAnswer | None:
        dialog = conflict(window)
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        assert not dialog.save_button.isEnabled()
        dialog.choose("email", Side.MINE)
        assert dialog.save_button.isEnabled()
        dialog.choose("notes", Side.THEIRS)
        dialog.save_button.click()
        return await asked

    answer = qt_run(scenario())
    assert answer == ConflictAnswer(False, {"name": "b", "email": "g", "notes": None}, 9)


def test_theirs_can_be_kept_whole(window: QWidget, qt_run: QtRun) -> None:
    async def scenario() -> ConflictAnswer | None:
        dialog = conflict(window)
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        dialog.reload_button.click()
        return await asked

    answer = qt_run(scenario())
    assert answer is not None
    assert answer.reload


def test_the_conflict_says_who_and_when_and_goes_back_to_editing_on_enter(
    window: QWidget, qt_run: QtRun
) -> None:
    async def scenario() -> ConflictAnswer | None:
        dialog = conflict(window)
        asked = asyncio.ensure_future(dialog.ask())
        await shown(dialog)
        said = " ".join(label.text() for label in dialog.findChildren(QLabel))
        assert "Jonas Weber" in said
        assert "12 Mar 2025, 14:03:09" in said
        assert dialog.focusWidget() is dialog.cancel_button
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
        return await asked

    assert qt_run(scenario()) is None
