"""Paints what a list view shows: grounds, cells, bars where rows are on their way, flashes, the focus."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import QPainter

from syncsphere_desktop.ui.tables.cells import PADDING, ROW_HEIGHT, CellPainter, CellText
from syncsphere_desktop.ui.tables.column import Column
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.pages import Absent
from syncsphere_desktop.ui.tables.selection import RowSelection
from syncsphere_desktop.ui.tables.surface import ListSurface

REMOVED_TEXT = "Removed"
_FLASH_SECONDS = 0.6
_FLASH_STRENGTH = 0.28
_DIMMED = 0.45
_CLOCK_MILLISECONDS = 30_000
_SORT_ARROW = 24
_SLACK = 16


class ListPainter(QObject):
    """Draws one `ListView`. All in one pass, without a call into Qt for each role of each cell."""

    def __init__(self, view: ListSurface[Any], model: ListModel[Any], selection: RowSelection[Any]) -> None:
        super().__init__(view)
        self.is_moving = True
        self._view = view
        self._model = model
        self._selection = selection
        self._cells: CellPainter | None = None
        self._hovered = -1
        self._flashes: dict[int, float] = {}
        self._group: Callable[[Any], object] | None = None
        self._fading = QTimer(self, interval=40)
        self._fading.timeout.connect(self._on_fading_timeout)
        model.rows_changed_by_others.connect(self._on_model_rows_changed_by_others)
        self._clock = QTimer(self, interval=_CLOCK_MILLISECONDS)  # "3 min ago" grows old
        self._clock.timeout.connect(view.viewport().update)
        self._clock.start()

    def restyle(self) -> None:
        """Take colours and fonts from the theme again."""
        self._cells = None
        self._view.viewport().update()

    def group_by(self, key: Callable[[Any], object] | None) -> None:
        """Draw a line above each row with another key than the row above it."""
        self._group = key
        self._view.viewport().update()

    def hover(self, position: int) -> None:
        """Paint the row at `position` as the one below the pointer; -1 for none."""
        if position != self._hovered:
            for row in (self._hovered, position):
                self._update_row(row)
            self._hovered = position

    def content_width(self, section: int) -> int:
        """Return the width at which the column shows its title and all of its texts on screen."""
        cells, column = self._style(), self._model.columns[section]
        header = self._view.header
        title = header.fontMetrics().horizontalAdvance(column.title) + 2 * PADDING + _SORT_ARROW
        first, last = self._view.rows_on_screen()
        rows = self._model.rows.loaded(first, max(last, 0)).values()
        return max([title, *(cells.width_of(column, column.text(row)) + _SLACK for row in rows)])

    def paint(self, area: QRect) -> None:
        """Paint the part of the viewport that has to be."""
        painter = QPainter(self._view.viewport())
        style = self._style()
        painter.fillRect(area, style.ground)
        offset = self._view.verticalOffset()
        first = max(0, (area.top() + offset) // ROW_HEIGHT)
        last = (area.bottom() + offset) // ROW_HEIGHT
        count = self._model.count.value
        waiting = count == 0 and self._model.is_loading
        positions = range(first, last + 1 if waiting else min(last + 1, count))
        if positions:
            cells = [(position, position * ROW_HEIGHT - offset) for position in positions]
            self._paint_grounds(painter, style, cells)
            if self._model.is_dimmed:
                painter.setOpacity(_DIMMED)
            self._paint_columns(painter, style, area, cells)
            painter.setOpacity(1.0)
            self._paint_focus(painter, style)
        painter.end()

    def _paint_grounds(self, painter: QPainter, style: CellPainter, rows: list[tuple[int, int]]) -> None:
        width = self._view.viewport().width()
        for position, y in rows:
            if self._selection.contains(position):
                painter.fillRect(0, y, width, ROW_HEIGHT, style.selection)
            elif position == self._hovered:
                painter.fillRect(0, y, width, ROW_HEIGHT, style.hover)
            painter.fillRect(0, y + ROW_HEIGHT - 1, width, 1, style.hairline)
            if self._begins_group(position):
                painter.fillRect(0, y - 1, width, 1, style.divider)
        self._paint_flashes(painter, style)

    def _begins_group(self, position: int) -> bool:
        if self._group is None or position == 0:
            return False
        above, row = self._model.row(position - 1), self._model.row(position)
        return above is not None and row is not None and self._group(above) != self._group(row)

    def _paint_flashes(self, painter: QPainter, style: CellPainter) -> None:
        width = self._view.viewport().width()
        for row_id, started in self._flashes.items():
            place = self._model.rows.position_of(row_id)
            left = 1 - (time.monotonic() - started) / _FLASH_SECONDS
            if place is not None and left > 0:
                painter.setOpacity(_FLASH_STRENGTH * left)
                y = place * ROW_HEIGHT - self._view.verticalOffset()
                painter.fillRect(0, y, width, ROW_HEIGHT - 1, style.accent)
                painter.setOpacity(1.0)

    def _paint_columns(
        self, painter: QPainter, style: CellPainter, area: QRect, rows: list[tuple[int, int]]
    ) -> None:
        header = self._view.header
        at_hand = [(y, self._model.rows.row(at), self._selection.contains(at)) for at, y in rows]
        leading = header.logicalIndexAt(0)
        for section, column in enumerate(self._model.columns):
            x, width = header.sectionViewportPosition(section), header.sectionSize(section)
            if header.isSectionHidden(section) or x > area.right() or x + width < area.left():
                continue
            cells = [
                self._cell(column, y, row, selected=selected, leads=section == leading)
                for y, row, selected in at_hand
            ]
            style.paint_column(painter, column, x, width, cells)

    def _cell(self, column: Column[Any], y: int, row: Any, *, selected: bool, leads: bool) -> CellText:
        if row is Absent.PENDING:
            return CellText(y, None)
        if row is Absent.REMOVED:
            return CellText(y, REMOVED_TEXT if leads else "", faded=True)
        pending = self._model.pending_edit(row.id, column.name)
        if pending is not None:
            return CellText(y, pending, row, selected=selected, pending=True)
        return CellText(y, column.text(row), row, selected=selected)

    def _paint_focus(self, painter: QPainter, style: CellPainter) -> None:
        current = self._view.currentIndex()
        if current.isValid() and self._view.hasFocus():
            y = current.row() * ROW_HEIGHT - self._view.verticalOffset()
            painter.setPen(style.focus)
            painter.drawRect(1, y + 1, self._view.viewport().width() - 3, ROW_HEIGHT - 4)

    def _style(self) -> CellPainter:
        if self._cells is None:
            self._cells = CellPainter()
        return self._cells

    def _update_row(self, position: int) -> None:
        if position >= 0:
            y = position * ROW_HEIGHT - self._view.verticalOffset()
            self._view.viewport().update(0, y, self._view.viewport().width(), ROW_HEIGHT)

    def _on_model_rows_changed_by_others(self, ids: frozenset[int]) -> None:
        if self.is_moving:
            self._flashes.update(dict.fromkeys(ids, time.monotonic()))
            self._fading.start()

    def _on_fading_timeout(self) -> None:
        now = time.monotonic()
        for row_id in self._flashes:
            self._update_row(self._model.rows.position_of(row_id) or 0)
        self._flashes = {i: start for i, start in self._flashes.items() if now - start < _FLASH_SECONDS}
        if not self._flashes:
            self._fading.stop()
