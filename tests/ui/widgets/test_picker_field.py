"""A field that shows what is chosen, and a picker below it that chooses something else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QListWidget, QPushButton, QVBoxLayout

from syncsphere_desktop.domain.user import User
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.picker_field import PickerField
from tests.ui.bench import Stores, until
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
