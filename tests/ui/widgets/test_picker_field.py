"""A field that shows what is chosen, and a picker below it that chooses something else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QListWidget, QPushButton, QVBoxLayout

from syncsphere_desktop.domain.user import User
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.picker_field import PickerField
from syncsphere_desktop.ui.widgets.project_picker import ProjectPicker
from tests.ui.bench import Stores, turns, until
from tests.ui.loops import QtRun


def field_in(dialog: QDialog, stores: Stores, scope: TaskScope, none: str | None = None) -> PickerField[User]:
    field = PickerField[User](
        "Uploaded by",
        lambda: PersonPicker(scope, stores.users.rows),
        lambda user: user.username,
        placeholder="Nobody",
        none=none,
        is_person=True,
    )
    layout = QVBoxLayout(dialog)
    layout.addWidget(field)
    layout.addStretch(1)
    dialog.resize(600, 500)
    dialog.show()
    return field


def people(field: PickerField[User]) -> QListWidget:
    assert field.popup is not None
    found = field.popup.findChild(QListWidget)
    assert found is not None
    return found


def nobody(field: PickerField[User]) -> QPushButton:
    assert field.popup is not None
    return next(found for found in field.popup.findChildren(QPushButton) if found.text() == "Nobody")


def test_a_row_is_chosen_by_keyboard_and_the_dialog_below_keeps_its_button(
    qapp: QApplication, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        stores, bugs, pressed = Stores(), list[BaseException](), list[bool]()
        await stores.user("ada")
        await stores.user("mara")
        scope = TaskScope("test", on_error=bugs.append, report_bug=bugs.append)
        dialog = QDialog()
        field = field_in(dialog, stores, scope)
        button = QPushButton("Import", dialog)
        button.setDefault(True)
        button.clicked.connect(lambda: pressed.append(True))
        changes: list[User | None] = []
        field.row_changed.connect(changes.append)
        assert field.accessibleName() == "Uploaded by: Nobody"

        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Down)
        await until(lambda: people(field).count() == 2)
        assert field.popup is not None
        search = field.popup.picker.search
        QTest.keyClick(search, Qt.Key.Key_Down)
        QTest.keyClick(search, Qt.Key.Key_Down)
        QTest.keyClick(search, Qt.Key.Key_Return)
        await until(lambda: field.popup is None)
        assert [row.username for row in changes if row] == ["mara"]
        assert field.accessibleName() == "Uploaded by: mara"
        assert not pressed
        assert dialog.isVisible()
        dialog.grab()
        await scope.shutdown()
        dialog.deleteLater()
        assert not bugs

    qt_run(scenario())


def test_escape_closes_the_picker_alone_and_nobody_can_be_chosen_again(
    qapp: QApplication, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        stores, bugs = Stores(), list[BaseException]()
        ada = await stores.user("ada")
        scope = TaskScope("test", on_error=bugs.append, report_bug=bugs.append)
        dialog = QDialog()
        field = field_in(dialog, stores, scope, none="Nobody")
        field.choose(ada)
        field.click()
        await until(lambda: people(field).count() == 1)
        assert field.popup is not None
        QTest.keyClick(field.popup.picker.search, Qt.Key.Key_Escape)
        await until(lambda: field.popup is None)
        assert dialog.isVisible()
        assert field.accessibleName() == "Uploaded by: ada"

        field.click()
        nobody(field).click()
        await until(lambda: field.popup is None)
        assert field.accessibleName() == "Uploaded by: Nobody"
        await scope.shutdown()
        dialog.deleteLater()
        assert not bugs

    qt_run(scenario())


@dataclass
class Picked:
    """A field in a dialog whose button must not be pressed by accident, and what was chosen in it."""

    field: PickerField[Any]
    chosen: list[Any]
    pressed: list[bool]

    async def search(self) -> QLineEdit:
        """Wait for the open picker and return what it is searched with."""
        await until(lambda: self.field.popup is not None and self.found())
        assert self.field.popup is not None
        return self.field.popup.picker.search

    def found(self) -> list[str]:
        """Return the rows of the open picker."""
        assert self.field.popup is not None
        rows = self.field.popup.findChild(QListWidget)
        assert rows is not None
        return [rows.item(at).text().partition(" · ")[0] for at in range(rows.count())]


@asynccontextmanager
async def projects_field(*names: str) -> AsyncIterator[Picked]:
    stores, bugs, dialog = Stores(), list[BaseException](), QDialog()
    owner = await stores.user("mara")
    for name in names:
        await stores.project(name, owner)
    scope = TaskScope("test", on_error=bugs.append, report_bug=bugs.append)
    field = PickerField[Any](
        "Project",
        lambda: ProjectPicker(scope, stores.projects.rows),
        lambda project: str(project.name),
        placeholder="Choose",
    )
    layout = QVBoxLayout(dialog)
    layout.addWidget(field)
    picked = Picked(field, [], [])
    field.row_changed.connect(lambda row: picked.chosen.append(row.name))
    button = QPushButton("Import", dialog)
    button.setDefault(True)
    button.clicked.connect(lambda: picked.pressed.append(True))
    dialog.resize(600, 500)
    dialog.show()
    field.setFocus()
    try:
        yield picked
    finally:
        await scope.shutdown()
        dialog.deleteLater()
    assert not bugs
    assert not picked.pressed


def test_what_begins_with_the_typed_text_comes_first_and_enter_takes_it(
    qapp: QApplication, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        async with projects_field("Northbound Train", "Late rain", "Rain Delay", "Strain") as picked:
            picked.field.open_popup()
            search = await picked.search()
            QTest.keyClicks(search, "rain")
            await until(lambda: picked.found()[0] == "Rain Delay")
            assert picked.found() == ["Rain Delay", "Late rain", "Northbound Train", "Strain"]
            QTest.keyClick(search, Qt.Key.Key_Return)
            await until(lambda: picked.chosen == ["Rain Delay"])

    qt_run(scenario())


def test_enter_before_the_answer_takes_the_first_match_once_it_is_here(
    qapp: QApplication, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        async with projects_field("Northbound Train", "Rain Delay") as picked:
            picked.field.open_popup()
            search = await picked.search()
            QTest.keyClick(search, Qt.Key.Key_Down)
            QTest.keyClicks(search, "rain")
            QTest.keyClick(search, Qt.Key.Key_Return)
            await until(lambda: picked.chosen == ["Rain Delay"])

    qt_run(scenario())


def test_enter_takes_the_only_row_and_of_several_none_that_nobody_asked_for(
    qapp: QApplication, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        async with projects_field("Tape", "Night Drive") as picked:
            picked.field.open_popup()
            QTest.keyClick(await picked.search(), Qt.Key.Key_Return)
            await turns()
            assert picked.field.popup is not None
            assert not picked.chosen
        async with projects_field("Tape") as picked:
            picked.field.open_popup()
            QTest.keyClick(await picked.search(), Qt.Key.Key_Return)
            await until(lambda: picked.chosen == ["Tape"])

    qt_run(scenario())


def test_typing_on_the_closed_field_opens_the_picker_and_searches(qapp: QApplication, qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects_field("Tape", "Night Drive") as picked:
            QTest.keyClicks(picked.field, "t")
            search = await picked.search()
            QTest.keyClicks(search, "ap")
            assert search.text() == "tap"
            QTest.keyClick(search, Qt.Key.Key_Return)
            await until(lambda: picked.chosen == ["Tape"])

    qt_run(scenario())
