"""Where keys lead in the grid, and the track that typed letters mean."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt

from syncsphere_desktop.ui.ownership.grid_model import Cell, GridModel

_TYPING_SECONDS = 1.0


def target_cell(key: Qt.Key, current: Cell | None, size: Cell, page: int, *, far: bool) -> Cell | None:
    """Return the cell `key` leads to in a grid of `size` rows and columns, or None where it is no such key.

    `far`, with Ctrl held, goes to the edge.
    """
    rows, columns = size
    if not rows:
        return None
    steps = {
        Qt.Key.Key_Up: (-rows if far else -1, 0),
        Qt.Key.Key_Down: (rows if far else 1, 0),
        Qt.Key.Key_Left: (0, -columns if far else -1),
        Qt.Key.Key_Right: (0, columns if far else 1),
        Qt.Key.Key_PageUp: (-page, 0),
        Qt.Key.Key_PageDown: (page, 0),
        Qt.Key.Key_Home: (-rows, -columns if far else 0),
        Qt.Key.Key_End: (rows, columns if far else 0),
    }
    if key not in steps:
        return None
    if current is None:
        return (rows - 1 if key is Qt.Key.Key_End else 0, 0)
    down, right = steps[key]
    return max(0, min(rows - 1, current[0] + down)), max(0, min(columns - 1, current[1] + right))


class TypeAhead:
    """Finds the track whose name begins with what is typed; a pause begins anew."""

    def __init__(self, model: GridModel) -> None:
        self._model = model
        self._typed = ""
        self._last = 0.0

    @property
    def goes_on(self) -> bool:
        """Return whether the next letter belongs to those before, so that a space is one of them."""
        return bool(self._typed) and time.monotonic() - self._last <= _TYPING_SECONDS

    def find(self, text: str, current: int) -> int | None:
        """Return the row that the letters so far mean, from the current one on, or None."""
        now = time.monotonic()
        fresh = not self.goes_on
        self._last = now
        self._typed = (text if fresh else self._typed + text).casefold()
        same = len(set(self._typed)) == 1
        # The same letter again goes on to the next track that begins with it.
        sought, start = (self._typed[0], current + 1) if same else (self._typed, current)
        count = self._model.row_count
        rows = [(start + step) % count for step in range(count)] if count else []
        begins = next((row for row in rows if self._name(row).startswith(sought)), None)
        if begins is not None:
            return begins
        return next((row for row in rows if f" {sought}" in self._name(row)), None)

    def _name(self, row: int) -> str:
        return self._model.track(row).name.casefold()
