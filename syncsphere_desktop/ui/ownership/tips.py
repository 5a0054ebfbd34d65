"""What the grid says of the place below the pointer, and of the cell the keyboard is on."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect

from syncsphere_desktop.ui.ownership.geometry import Geometry
from syncsphere_desktop.ui.ownership.grid_model import Cell, GridModel
from syncsphere_desktop.ui.ownership.words import person_tip, spoken, track_tip


def tip_at(model: GridModel, geometry: Geometry, place: QPoint) -> tuple[str, QRect]:
    """Return what the tooltip at a point of the viewport says, and where it holds."""
    row, column = geometry.row_at(place), geometry.column_at(place)
    if row is not None:
        tip = track_tip(model.track(row), model.held(row), model.people, model.clock)
        return tip, geometry.line(row)
    if column is None:
        return "", QRect()
    person = model.people.at(column)
    holds = model.tally().free if person is None else len(model.boxes_of(person.id))
    area = QRect(geometry.left(column), 0, geometry.column_width, geometry.sizes.header)
    return person_tip(person, holds, model.clock.now()), area


def accessible_words(model: GridModel, cell: Cell) -> tuple[str, str]:
    """Return what a screen reader says of a cell: what it is, and where."""
    row, column = cell
    person = model.people.at(column)
    told = spoken(model.track(row), model.held(row), person, model.people, model.clock.now())
    return told, f"Row {row + 1} of {model.row_count}, column {column + 1} of {model.column_count}"
