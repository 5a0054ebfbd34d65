"""Editing a cell in its place; what can't be accepted is told beside it, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget
from typing_extensions import override

from syncsphere_desktop.errors import InputError
from syncsphere_desktop.ui.tables.bubble import Bubble
from syncsphere_desktop.ui.tables.column import Column
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.theme.style import set_role

Index = QModelIndex | QPersistentModelIndex
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_LEAVING = (*_ENTER, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class CellEditor(QLineEdit):
    """The field in which a cell is edited. It belongs to a row's id: positions may change meanwhile."""

    def __init__(self, row_id: int, column: Column[Any], parent: QWidget) -> None:
        super().__init__(parent)
        self.row_id = row_id
        self.column = column
        self.is_filled = False
        self.setObjectName("cell-editor")
        self.setAccessibleName(column.title)
        self.setStyleSheet("padding: 0 5px; min-height: 0; border-radius: 3px")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in _ENTER:
            event.accept()  # or the view takes it for a wish to open the row

    def complaint(self) -> str | None:
        """Return why the text can't be accepted, or None where it can."""
        try:
            if self.column.validate is not None:
                self.column.validate(self.text())
        except InputError as error:
            return error.message
        return None


class CellDelegate(QStyledItemDelegate):
    """Makes editors for the cells of one list view. The view paints its cells itself."""

    def __init__(self, view: QTableView, model: ListModel[Any], bubble: Bubble) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._bubble = bubble

    @override
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        row = self._model.row_at(index)
        if row is None:  # removed in this very moment: a field that can't be typed into, closed by Escape
            blank = QLineEdit(parent)
            blank.setReadOnly(True)
            return blank
        editor = CellEditor(row.id, self._model.columns[index.column()], parent)
        editor.textChanged.connect(lambda _text: self._check(editor))
        return editor

    @override
    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # Qt asks again at each change of the data; what was typed since must stay.
        if isinstance(editor, CellEditor) and not editor.is_filled:
            editor.is_filled = True
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole) or ""))
            editor.selectAll()

    @override
    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if not isinstance(editor, CellEditor):
            return
        self._bubble.hide()
        position = self._model.rows.position_of(editor.row_id)
        if position is None:
            sentence = "The row left the list while it was being edited; nothing was changed."
            self._model.edit_rejected.emit(editor.row_id, editor.column.name, sentence)
        else:
            self._model.setData(self._model.index(position, index.column()), editor.text())

    @override
    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        rect = self._view.visualRect(index)
        if isinstance(editor, CellEditor):
            position = self._model.rows.position_of(editor.row_id)
            if position is not None:
                rect = self._view.visualRect(self._model.index(position, index.column()))
        editor.setGeometry(rect.adjusted(1, 2, -1, -2))

    @override
    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        self._bubble.hide()
        super().destroyEditor(editor, index)

    @override
    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, CellEditor) and isinstance(event, QKeyEvent) and self._keeps(editor, event):
            return True
        return super().eventFilter(editor, event)

    def _keeps(self, editor: CellEditor, event: QKeyEvent) -> bool:
        """Keep the editor open where Enter or Tab would take a text that can't be accepted."""
        if event.type() != QEvent.Type.KeyPress or event.key() not in _LEAVING:
            return False
        self._check(editor)
        return editor.complaint() is not None

    def _check(self, editor: CellEditor) -> None:
        complaint = editor.complaint()
        set_role(editor, "invalid", "true" if complaint else "false")
        if complaint is None:
            self._bubble.hide()
        else:
            self._bubble.tell(complaint, editor.geometry())
