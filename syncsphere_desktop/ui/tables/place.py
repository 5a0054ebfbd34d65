"""Where a list was when its rows were read again: the same row stays at the same height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from syncsphere_desktop.domain.listing import ListQuery
from syncsphere_desktop.ui.tables.cells import ROW_HEIGHT
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.surface import ListSurface


@dataclass(frozen=True, slots=True)
class _Place:
    row_id: int | None
    position: int
    current_id: int | None


class KeptPlace:
    """Notes the view's place before a reload and brings it back after; a new query begins at the top."""

    def __init__(self, view: ListSurface[Any], model: ListModel[Any]) -> None:
        self._view = view
        self._model = model
        self._noted: _Place | None = None
        self._query: ListQuery | None = None
        model.reload_applying.connect(self._note)

    def restore(self) -> None:
        """Bring the place back now that the rows are here."""
        query, noted = self._model.shown_query, self._noted
        self._noted = None
        if query != self._query:
            self._query = query
            self._view.verticalScrollBar().setValue(0)
            self._view.setCurrentIndex(self._model.index(-1, -1))
        elif noted is not None:
            self._go_back(noted)

    def _note(self) -> None:
        first, last = self._view.rows_on_screen()
        loaded = self._model.rows.loaded(first, last)
        position, row = next(iter(loaded.items()), (first, None))
        current = self._view.current_row()
        self._noted = _Place(
            None if row is None else row.id, position, None if current is None else current.id
        )

    def _go_back(self, noted: _Place) -> None:
        bar = self._view.verticalScrollBar()
        # At the very top new rows should come into sight, not push the list down unseen.
        if noted.row_id is not None and bar.value() > 0:
            position = self._model.rows.position_of(noted.row_id)
            if position is not None and position != noted.position:
                bar.setValue(bar.value() + (position - noted.position) * ROW_HEIGHT)
        if self._view.is_editing:
            # Moving the current cell would take what is half typed; it follows when the editor closes.
            self._view.updateEditorGeometries()
        elif noted.current_id is not None:
            position = self._model.rows.position_of(noted.current_id)
            index = self._view.currentIndex()
            if position is not None and position != index.row():
                # Where it is out of sight the list must not follow it: somebody reads elsewhere.
                follows = self._view.hasAutoScroll()
                self._view.setAutoScroll(False)
                self._view.selectionModel().setCurrentIndex(
                    self._model.index(position, index.column()),
                    self._view.selectionModel().SelectionFlag.NoUpdate,
                )
                self._view.setAutoScroll(follows)
