"""How far the grid scrolls."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollBar

from syncsphere_desktop.ui.ownership.geometry import Geometry


def set_ranges(across: QScrollBar, down: QScrollBar, geometry: Geometry) -> None:
    """Let both bars reach the last column and the last row; a step is one of them."""
    cells = geometry.cells
    across.setRange(0, max(0, geometry.content_width - cells.width()))
    across.setPageStep(max(1, cells.width()))
    across.setSingleStep(geometry.column_width)
    down.setRange(0, max(0, geometry.content_height - cells.height()))
    down.setPageStep(max(1, cells.height()))
    down.setSingleStep(geometry.sizes.row)
