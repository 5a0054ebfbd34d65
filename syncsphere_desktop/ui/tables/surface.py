"""The ground of the list view: rows of one height, a header, and which rows are on screen."""

from __future__ import annotations

from typing import Generic

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from syncsphere_desktop.ui.tables.cells import ROW_HEIGHT
from syncsphere_desktop.ui.tables.column import RowT
from syncsphere_desktop.ui.tables.header import ListHeader
from syncsphere_desktop.ui.tables.model import ListModel


class ListSurface(QTableView, Generic[RowT]):
    """A table of rows of `ROW_HEIGHT`, so that a million of them need no look at any."""

    def __init__(self, model: ListModel[RowT], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list_model = model
        self.header = ListHeader(model.columns, self)
        self._set_up()
        self.setModel(model)
        self.header.hide_initially()

    def _set_up(self) -> None:
        self.setHorizontalHeader(self.header)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW_HEIGHT)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT)

    def current_row(self) -> RowT | None:
        """Return the row the keyboard is on, or None."""
        return self.list_model.row_at(self.currentIndex())

    @property
    def is_editing(self) -> bool:
        """Whether a cell is being edited in place."""
        return self.state() is QAbstractItemView.State.EditingState

    def rows_on_screen(self) -> tuple[int, int]:
        """Return the first and the last position on screen; the last is smaller where there are none."""
        count = self.list_model.count.value
        top = max(0, self.verticalOffset() // ROW_HEIGHT)
        bottom = (self.verticalOffset() + max(0, self.viewport().height() - 1)) // ROW_HEIGHT
        return top, min(bottom, count - 1)

    def position_at(self, place: QPoint) -> int:
        """Return the position of the row at a place in the viewport, or -1."""
        position = (place.y() + self.verticalOffset()) // ROW_HEIGHT
        return position if 0 <= position < self.list_model.count.value else -1

    def sections(self) -> list[int]:
        """Return the columns that are shown, in their order."""
        order = (self.header.logicalIndex(place) for place in range(self.header.count()))
        return [section for section in order if not self.header.isSectionHidden(section)]

    def first_section(self) -> int:
        """Return the column that is shown first."""
        return next(iter(self.sections()), 0)
