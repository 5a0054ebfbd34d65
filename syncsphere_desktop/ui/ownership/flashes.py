"""The light on cells that changed: once, fading in 600 ms, and never on so many that it tells nothing."""

from __future__ import annotations

import time
from collections.abc import Collection

from syncsphere_desktop.ui.ownership.grid_model import Cell
from syncsphere_desktop.ui.theme.motion import FLASH_MS

_AT_ONCE = 160
_IN_A_FRAME = 60


class Flashes:
    """Which cells are lit, since when."""

    def __init__(self, *, is_moving: bool) -> None:
        self.is_moving = is_moving
        self._started: dict[Cell, float] = {}

    def __bool__(self) -> bool:
        return bool(self._started)

    def light(self, cells: Collection[Cell]) -> None:
        """Light these cells, which changed since the last frame, if the eye can follow so many."""
        if not self.is_moving or len(cells) > _IN_A_FRAME:
            return
        now = time.monotonic()
        for cell in cells:
            if len(self._started) >= _AT_ONCE:
                return
            self._started[cell] = now

    def burn(self) -> tuple[dict[Cell, float], list[Cell]]:
        """Return the share of their light that cells still have, and those that have just gone out."""
        now = time.monotonic()
        shares = {cell: 1 - (now - began) * 1000 / FLASH_MS for cell, began in self._started.items()}
        out = [cell for cell, share in shares.items() if share <= 0]
        for cell in out:
            del self._started[cell]
            del shares[cell]
        return shares, out

    def clear(self) -> None:
        """Put every light out."""
        self._started.clear()
