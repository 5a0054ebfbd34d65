"""What is marked on the grid, and the grounds that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtGui import QPainter

from syncsphere_desktop.ui.ownership.geometry import Geometry
from syncsphere_desktop.ui.ownership.grid_model import Cell, GridModel
from syncsphere_desktop.ui.ownership.style import GridStyle


@dataclass(slots=True)
class Marks:
    """What is marked on the grid: the cell of the keyboard, the one below the pointer, rows, flashes.

    `flashes` has the share of its light that each cell still shows, 0 to 1.
    """

    current: Cell | None = None
    hovered: Cell | None = None
    selected: frozenset[int] | set[int] = frozenset()
    flashes: Mapping[Cell, float] = field(default_factory=dict)
    has_focus: bool = False


def begins_unit(model: GridModel, row: int) -> bool:
    """Return whether a row is of another unit than the one above it."""
    return row > 0 and model.track(row).unit != model.track(row - 1).unit


def paint_grounds(painter: QPainter, style: GridStyle, rows: range, geometry: Geometry, marks: Marks) -> None:
    """Paint what lies below the cells of these rows: the selection, and what is below the pointer."""
    for row in rows:
        if row in marks.selected:
            painter.fillRect(geometry.line(row).adjusted(0, 0, 0, -1), style.selection)
        elif marks.hovered is not None and row == marks.hovered[0]:
            painter.fillRect(geometry.line(row).adjusted(0, 0, 0, -1), style.hover)
