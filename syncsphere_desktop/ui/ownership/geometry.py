"""Where things stand in the grid: the sizes of its densities, and the way from a point to a cell and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from PySide6.QtCore import QPoint, QRect

NAMES_WIDTH = 288
NARROWEST_NAMES = 160
HOLDERS_ROOM = 112
"""At the right end of the names: who holds the track."""


class Density(StrEnum):
    """How much of the grid has room on a screen."""

    COMFORTABLE = "comfortable"
    COMPACT = "compact"
    OVERVIEW = "overview"


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of one density, in logical pixels. Without `has_text`, cells are colours alone."""

    row: int
    column: int
    widest_column: int
    header: int
    avatar: int
    text: int
    cell_text: int
    has_text: bool


SIZES = {
    Density.COMFORTABLE: Sizes(32, 104, 132, 56, 22, 13, 12, has_text=True),
    Density.COMPACT: Sizes(22, 88, 112, 48, 20, 12, 11, has_text=True),
    Density.OVERVIEW: Sizes(14, 28, 56, 32, 18, 11, 11, has_text=False),
}


@dataclass(frozen=True, slots=True)
class Geometry:
    """The viewport with its scrolling: frozen names at the left, a frozen header, cells in the rest."""

    sizes: Sizes
    width: int
    height: int
    rows: int
    columns: int
    x: int = 0
    y: int = 0
    names: int = NAMES_WIDTH
    column_width: int = field(init=False)
    """As wide as there is room for, within the density's bounds."""

    def __post_init__(self) -> None:
        room = max(0, self.width - self.names) // max(1, self.columns)
        width = max(self.sizes.column, min(self.sizes.widest_column, room))
        object.__setattr__(self, "column_width", width)

    @property
    def cells(self) -> QRect:
        """Return the part of the viewport that scrolls in both directions."""
        return QRect(self.names, self.sizes.header, self.width - self.names, self.height - self.sizes.header)

    @property
    def content_width(self) -> int:
        """Return how wide all columns are."""
        return self.columns * self.column_width

    @property
    def content_height(self) -> int:
        """Return how high all rows are."""
        return self.rows * self.sizes.row

    def left(self, column: int) -> int:
        """Return where a column begins."""
        return self.names + column * self.column_width - self.x

    def top(self, row: int) -> int:
        """Return where a row begins."""
        return self.sizes.header + row * self.sizes.row - self.y

    def cell(self, row: int, column: int) -> QRect:
        """Return a cell's place, on screen or not."""
        return QRect(self.left(column), self.top(row), self.column_width, self.sizes.row)

    def line(self, row: int) -> QRect:
        """Return a whole row's place, from its name to the right edge."""
        return QRect(0, self.top(row), self.width, self.sizes.row)

    def rows_in(self, area: QRect) -> range:
        """Return the rows that an area of the viewport touches."""
        top = max(self.sizes.header, area.top()) - self.sizes.header + self.y
        bottom = area.bottom() - self.sizes.header + self.y
        return range(max(0, top // self.sizes.row), max(0, min(self.rows, bottom // self.sizes.row + 1)))

    def columns_in(self, area: QRect) -> range:
        """Return the columns that an area of the viewport touches."""
        left = max(self.names, area.left()) - self.names + self.x
        right = area.right() - self.names + self.x
        width = self.column_width
        return range(max(0, left // width), max(0, min(self.columns, right // width + 1)))

    def row_at(self, place: QPoint) -> int | None:
        """Return the row at a point, also over its name; None beside all of them."""
        if place.y() < self.sizes.header:
            return None
        row = (place.y() - self.sizes.header + self.y) // self.sizes.row
        return row if 0 <= row < self.rows else None

    def column_at(self, place: QPoint) -> int | None:
        """Return the column at a point, also in the header; None over the names and beside all of them."""
        if place.x() < self.names:
            return None
        column = (place.x() - self.names + self.x) // self.column_width
        return column if 0 <= column < self.columns else None

    def offsets_showing(self, row: int, column: int | None) -> tuple[int, int]:
        """Return the scrolling, x and y, that brings a cell on screen and moves no further than it must."""
        cells, x, y = self.cells, self.x, self.y
        top = row * self.sizes.row
        y = min(y, top)
        y = max(y, top + self.sizes.row - cells.height())
        if column is not None:
            left = column * self.column_width
            x = max(x, left + self.column_width - cells.width())
            x = min(x, left)
        return max(0, x), max(0, y)
