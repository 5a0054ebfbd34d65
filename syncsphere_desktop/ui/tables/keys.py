"""Where the keys that move through a list lead."""

from __future__ import annotations

from PySide6.QtCore import Qt


def target_row(key: Qt.Key, current: int, count: int, page: int) -> int | None:
    """Return the position `key` leads to from `current` (-1: nowhere), or None where it is no such key."""
    steps = {
        Qt.Key.Key_Up: -1,
        Qt.Key.Key_Down: 1,
        Qt.Key.Key_PageUp: -page,
        Qt.Key.Key_PageDown: page,
        Qt.Key.Key_Home: -count,
        Qt.Key.Key_End: count,
    }
    if key not in steps or count == 0:
        return None
    if current < 0 and key is not Qt.Key.Key_End:
        return 0
    return max(0, min(count - 1, current + steps[key]))
