"""The list view: scrolls freely over any number of rows and paints only what is on screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.ui.tables.bubble import Bubble
from syncsphere_desktop.ui.tables.cells import ROW_HEIGHT
from syncsphere_desktop.ui.tables.clipboard import rows_as_text
from syncsphere_desktop.ui.tables.column import RowT
from syncsphere_desktop.ui.tables.delegate import CellDelegate, CellEditor
from syncsphere_desktop.ui.tables.keys import target_row
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.painting import ListPainter
from syncsphere_desktop.ui.tables.place import KeptPlace
from syncsphere_desktop.ui.tables.selection import RowSelection
from syncsphere_desktop.ui.tables.surface import ListSurface

Index = QModelIndex | QPersistentModelIndex
_COPIED_AT_MOST = 10_000
_TURNED_OVER_AT_ONCE = 250
"""Rows made into text before the GUI thread does something else."""
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class ListView(ListSurface[RowT]):
    """Shows one `ListModel`. Rows are selected whole, see `selection`; Qt's own selection stays empty."""

    row_activated = Signal(object)
    """Enter or a double click on a row that is at hand."""
    current_row_changed = Signal(object)
    """The row the keyboard is on, or None."""
    delete_requested = Signal()
    """Del; what it is about is the selection."""
    menu_requested = Signal(QPoint)
    """A context menu is wanted at this global place; the row below it is selected."""
    copied = Signal(int, int)
    """Rows on the clipboard now, rows that were selected; the clipboard takes no more than ten thousand."""
    edit_committed = Signal(object, str, str)
    """Row, column name, text."""

    def __init__(self, model: ListModel[RowT], parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.selection: RowSelection[RowT] = RowSelection(model, self)
        self.bubble = Bubble(self.viewport())
        self._painting = ListPainter(self, model, self.selection)
        self._place = KeptPlace(self, model)
        self._overlay: QWidget | None = None
        self._widths_known = False
        self._dragged_to = -1
        self.setItemDelegate(CellDelegate(self, model, self.bubble))
        self._connect()

    def _connect(self) -> None:
        model = self.list_model
        model.loaded.connect(self._on_model_loaded)
        model.query_changed.connect(self._on_model_query_changed)
        model.count_changed.connect(self._on_model_count_changed)
        model.edit_committed.connect(self.edit_committed)
        model.edit_rejected.connect(self._on_model_edit_rejected)
        self.header.sort_requested.connect(self._on_header_sort_requested)
        self.selection.changed.connect(self.viewport().update)

    # What the owner of the view does

    def go_to(self, position: int) -> None:
        """Make the row at a position the current and only selected one, and bring it on screen."""
        if 0 <= position < self.list_model.count.value:
            self._move_to(position)
            self.selection.select_only(position)

    def edit_current(self) -> None:
        """Edit the current row in place: in the current column, or the first that can be edited."""
        index = self.currentIndex()
        editable = [section for section in self.sections() if self.list_model.columns[section].editable]
        if not editable or self.list_model.row_at(index) is None:
            return
        section = index.column() if index.column() in editable else editable[0]
        cell = self.list_model.index(index.row(), section)
        self.setCurrentIndex(cell)
        self.edit(cell)

    def copy(self) -> None:
        """Put the selected rows on the clipboard, with the columns that are shown in their order."""
        if self.selection.count:
            self.list_model.scope.spawn(self._copy(), key=(self, "copy"))

    def set_overlay(self, overlay: QWidget | None) -> None:
        """Cover the rows with a widget that says why there are none, or uncover them."""
        if self._overlay is not None and self._overlay is not overlay:
            self._overlay.hide()
        self._overlay = overlay
        if overlay is not None:
            overlay.setParent(self.viewport())
            overlay.setGeometry(self.viewport().rect())
            overlay.show()
            overlay.raise_()

    def set_motion(self, *, enabled: bool) -> None:
        """Flash rows that others changed, or don't, as when the system asks for less motion."""
        self._painting.is_moving = enabled

    def set_grouping(self, key: Callable[[RowT], object] | None) -> None:
        """Divide rows that stand together and have another key than those above; None divides nothing."""
        self._painting.group_by(key)

    def save_layout(self) -> dict[str, object]:
        """Return columns and sorting as JSON-ready values."""
        query = self.list_model.query
        layout: dict[str, object] = {}
        if self._widths_known:  # a list that was never shown has no widths worth remembering
            layout["columns"] = self.header.save()
        if query is not None:
            layout["sort"] = {"key": query.sort.key, "descending": query.sort.descending}
        return layout

    def restore_layout(self, layout: Mapping[str, object]) -> Sort | None:
        """Arrange the columns as they were saved; return the saved sorting, where a column has its key."""
        self._widths_known = self.header.restore(layout.get("columns")) or self._widths_known
        saved = layout.get("sort")
        if not isinstance(saved, Mapping):
            return None
        keys = {column.sort_key for column in self.list_model.columns if column.sort_key}
        key = saved.get("key")
        return Sort(key, descending=saved.get("descending") is True) if key in keys else None

    # Keyboard and mouse

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selection.select_all()
        elif not (self._move_by_key(event) or self._act_by_key(event)):
            super().keyPressEvent(event)

    def _move_by_key(self, event: QKeyEvent) -> bool:
        page = max(1, self.viewport().height() // ROW_HEIGHT - 1)
        current = self.currentIndex().row()
        target = target_row(Qt.Key(event.key()), current, self.list_model.count.value, page)
        if target is None:
            return False
        if event.modifiers() & _SHIFT:
            self._move_to(target)
            self.selection.extend_to(target, keep=bool(event.modifiers() & _CONTROL))
        elif event.modifiers() & _CONTROL:
            self._move_to(target)
        else:
            self.go_to(target)
        return True

    def _act_by_key(self, event: QKeyEvent) -> bool:
        actions: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Return: self._activate,
            Qt.Key.Key_Enter: self._activate,
            Qt.Key.Key_F2: self.edit_current,
            Qt.Key.Key_Delete: self.delete_requested.emit,
            Qt.Key.Key_Space: self._toggle_current,
        }
        action = actions.get(event.key())
        refused = _CONTROL | Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Space:
            refused = Qt.KeyboardModifier.AltModifier  # Ctrl+Space too: a view may need the space bar itself
        if action is None or event.modifiers() & refused:
            return False
        action()
        return True

    @override
    def keyboardSearch(self, search: str) -> None:
        """Do nothing: typing belongs to the search field, and rows that aren't here can't be matched."""

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        position = self.position_at(event.position().toPoint())
        if position < 0:
            self.selection.clear()
        elif event.button() is Qt.MouseButton.RightButton:
            if not self.selection.contains(position):
                self.selection.select_only(position)
        elif event.button() is Qt.MouseButton.LeftButton:
            self._dragged_to = position
            self._select_by(position, event.modifiers())

    def _select_by(self, position: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & _SHIFT:
            self.selection.extend_to(position, keep=bool(modifiers & _CONTROL))
        elif modifiers & _CONTROL:
            self.selection.toggle(position)
        else:
            self.selection.select_only(position)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = self.position_at(event.position().toPoint())
        self._painting.hover(position)
        if event.buttons() & Qt.MouseButton.LeftButton and position not in (-1, self._dragged_to):
            self._dragged_to = position
            self._move_to(position)
            self.selection.extend_to(position)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.position_at(event.position().toPoint()) >= 0:
            self._activate()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._painting.hover(-1)
        super().leaveEvent(event)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        self.menu_requested.emit(place)

    # What Qt tells the view

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._painting.paint(event.rect())

    @override
    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        self.current_row_changed.emit(self.list_model.row_at(current))

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.bubble.hide()
        self._painting.hover(-1)
        self._show_rows()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._overlay is not None:
            self._overlay.setGeometry(self.viewport().rect())
        self._show_rows()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._painting.restyle()

    @override
    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.list_model.count.value:
            self.setCurrentIndex(self.list_model.index(self.rows_on_screen()[0], self.first_section()))
        self.viewport().update()

    @override
    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        if isinstance(editor, CellEditor) and not self.is_editing:
            position = self.list_model.rows.position_of(editor.row_id)
            if position is not None and position != self.currentIndex().row():
                self._move_to(position)

    @override
    def sizeHintForColumn(self, column: int) -> int:
        return self._painting.content_width(column)

    # Inside

    def _move_to(self, position: int) -> None:
        column = max(self.currentIndex().column(), self.first_section())
        index = self.list_model.index(position, column)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def _activate(self) -> None:
        row = self.current_row()
        if row is not None:
            self.row_activated.emit(row)

    def _toggle_current(self) -> None:
        if self.currentIndex().isValid():
            self.selection.toggle(self.currentIndex().row())

    def _show_rows(self) -> None:
        self.list_model.show_rows(*self.rows_on_screen())

    async def _copy(self) -> None:
        rows = await self.selection.fetch(_COPIED_AT_MOST)
        columns = [self.list_model.columns[section] for section in self.sections()]
        parts = []
        for start in range(0, len(rows), _TURNED_OVER_AT_ONCE):
            chunk = rows[start : start + _TURNED_OVER_AT_ONCE]
            parts.append(rows_as_text(columns, chunk, heading=start == 0))
            await asyncio.sleep(0)
        QGuiApplication.clipboard().setText("".join(parts))
        self.copied.emit(len(rows), self.selection.count)

    def _on_model_loaded(self) -> None:
        if not self._widths_known and self.list_model.count.value:
            self._widths_known = True
            self.header.size_to([self._painting.content_width(at) for at in range(self.header.count())])
        self._place.restore()
        self._show_rows()
        self.viewport().update()

    def _on_model_query_changed(self, query: ListQuery) -> None:
        self.header.show_sort(query.sort)
        self.viewport().update()

    def _on_model_count_changed(self, _count: object) -> None:
        self._show_rows()

    def _on_model_edit_rejected(self, row_id: int, name: str, sentence: str) -> None:
        position = self.list_model.rows.position_of(row_id)
        names = [column.name for column in self.list_model.columns]
        rect = self.viewport().rect().adjusted(0, 0, 0, -self.viewport().height())
        if position is not None and name in names:
            cell = self.list_model.index(position, names.index(name))
            rect = self.visualRect(cell)
            if self.list_model.has_refused(row_id, name) and self.hasFocus() and not self.is_editing:
                self.setCurrentIndex(cell)
                self.edit(cell)
        self.bubble.tell(sentence, rect)

    def _on_header_sort_requested(self, sort: Sort) -> None:
        self.list_model.sort_by(sort)
