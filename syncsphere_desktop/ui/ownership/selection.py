"""Which tracks of the grid are selected, and the cell the keyboard is on; both survive another order."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.ui.ownership.grid_model import Cell, GridModel


class GridSelection(QObject):
    """Selected tracks by box, in stretches and one by one, as in a list."""

    changed = Signal()
    """Other tracks are selected."""
    moved = Signal()
    """The keyboard is on another cell."""

    def __init__(self, model: GridModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._boxes: set[UUID] = set()
        self._before_stretch: frozenset[UUID] = frozenset()
        self._anchor = 0
        self._current: tuple[UUID, int] | None = None

    @property
    def boxes(self) -> list[UUID]:
        """Return the selected boxes in timeline order."""
        return [track.box_uuid for track in self._model.tracks if track.box_uuid in self._boxes]

    @property
    def count(self) -> int:
        """Return how many tracks are selected."""
        return len(self._boxes)

    @property
    def rows(self) -> set[int]:
        """Return the rows on which a selected track is shown."""
        places = (self._model.row_of(box) for box in self._boxes)
        return {row for row in places if row is not None}

    @property
    def current(self) -> Cell | None:
        """Return the cell the keyboard is on, or None where its track is not shown."""
        if self._current is None:
            return None
        row = self._model.row_of(self._current[0])
        return None if row is None else (row, min(self._current[1], self._model.column_count - 1))

    def move(self, row: int, column: int) -> None:
        """Put the keyboard on a cell; what is selected stays."""
        box = self._model.track(row).box_uuid
        if self._current != (box, column):
            self._current = box, column
            self.moved.emit()

    def select_only(self, row: int) -> None:
        """Select one row's track alone."""
        self._anchor = row
        self._become({self._model.track(row).box_uuid})

    def toggle(self, row: int) -> None:
        """Take a row's track in, or out."""
        self._anchor = row
        self._become(self._boxes ^ {self._model.track(row).box_uuid})

    def extend_to(self, row: int, *, keep: bool = False) -> None:
        """Select from the row last chosen to this one; with `keep`, beside what was selected."""
        anchor = min(self._anchor, self._model.row_count - 1)
        stretch = range(min(anchor, row), max(anchor, row) + 1)
        before = self._before_stretch if keep else frozenset()
        self._become({self._model.track(place).box_uuid for place in stretch} | before, base=before)

    def select_all(self) -> None:
        """Select every track that is shown."""
        self._become({self._model.track(row).box_uuid for row in range(self._model.row_count)})

    def select_boxes(self, boxes: Iterable[UUID]) -> None:
        """Select these tracks alone."""
        self._become(set(boxes))

    def clear(self) -> None:
        """Select nothing."""
        self._become(set())

    def prune(self) -> None:
        """Let go of tracks that are not shown any more, so that nothing is done to what is out of sight."""
        kept = {box for box in self._boxes if self._model.row_of(box) is not None}
        self._become(kept)

    def _become(self, boxes: set[UUID], *, base: frozenset[UUID] | None = None) -> None:
        self._before_stretch = frozenset(boxes) if base is None else base
        if boxes != self._boxes:
            self._boxes = boxes
            self.changed.emit()
