"""Two sides with a handle between, of which one folds away and comes back as wide as it was."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

_WIDEST = 100_000


class FoldingSplitter(QSplitter):
    """Holds two widgets; `folding` is the number of the one that folds."""

    def __init__(self, folding: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._folding = folding
        self._side: QWidget | None = None
        self._unfolded: list[int] = []
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def set_sides(self, left: QWidget, right: QWidget, sizes: Sequence[int]) -> None:
        """Put both sides in their places; the one that does not fold takes the room there is. Called once."""
        for side in (left, right):
            self.addWidget(side)
        self._side = (left, right)[self._folding]
        self.setStretchFactor(self._folding, 0)
        self.setStretchFactor(1 - self._folding, 1)
        self._unfolded = list(sizes)
        self.setSizes(self._unfolded)

    @property
    def is_folded(self) -> bool:
        """Return whether one side is folded away."""
        return self._side is not None and self._side.isHidden()

    def toggle(self) -> None:
        """Fold the side, or unfold it."""
        if self._side is None:
            return
        if self.is_folded:
            self._side.show()
            self.setSizes(self._unfolded)
        else:
            self._unfolded = self.unfolded_sizes()
            self._side.hide()

    def unfolded_sizes(self) -> list[int]:
        """Return the sizes as they are, or were before one side was folded away."""
        sizes = self.sizes()
        return sizes if not self.is_folded and all(sizes) else self._unfolded

    def restore(self, sizes: object, *, is_folded: bool) -> None:
        """Take on sizes from a settings file that anybody may have edited; what is none is left out."""
        if isinstance(sizes, list) and len(sizes) == 2 and all(_is_size(size) for size in sizes):
            self._unfolded = list(sizes)
            self.setSizes(self._unfolded)
        if is_folded and self._side is not None:
            self._side.hide()


def _is_size(value: object) -> bool:
    return type(value) is int and 0 < value <= _WIDEST
