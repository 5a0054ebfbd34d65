"""Placeholder bars in the shape of the rows that are on their way."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRect, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.motion import motion_wanted
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens, mixed

ROW_HEIGHT = 32
_PULSE_MS = 1400
_LENGTHS = (0.72, 0.54, 0.83, 0.61, 0.47, 0.76, 0.66)


def paint_bar(painter: QPainter, cell: QRect, seed: int, tokens: Tokens, strength: float = 1.0) -> None:
    """Paint one cell's placeholder, 8 pixels inside; `seed` varies its length so that rows differ."""
    width = max(16.0, (cell.width() - 16) * _LENGTHS[seed % len(_LENGTHS)])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(mixed(tokens.border, tokens.surface_0, strength)))
    painter.drawRoundedRect(QRectF(cell.left() + 8, cell.center().y() - 4, width, 9), 4, 4)


class Skeleton(QWidget):
    """Rows of bars, `columns` wide in proportion.

    They breathe slowly, or stand still where motion isn't wanted.
    """

    def __init__(
        self,
        columns: tuple[int, ...] = (3, 4, 2, 2),
        row_height: int = ROW_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = columns
        self._row_height = row_height
        self._pulse = QVariantAnimation(self)
        self._pulse.setDuration(_PULSE_MS)
        self._pulse.setLoopCount(-1)
        self._pulse.setStartValue(0.9)
        self._pulse.setKeyValueAt(0.5, 0.45)
        self._pulse.setEndValue(0.9)
        self._pulse.setEasingCurve(QEasingCurve.Type.InOutSine)
        self._pulse.valueChanged.connect(self.update)
        self.setAccessibleName("Loading")

    @property
    def is_moving(self) -> bool:
        """Return whether the bars breathe."""
        return self._pulse.state() == QVariantAnimation.State.Running

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, 8 * self._row_height)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if motion_wanted():
            self._pulse.start()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._pulse.stop()
        super().hideEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        moving = self._pulse.currentValue() if self.is_moving else None
        strength = moving if isinstance(moving, float) else 0.9
        share = self.width() / sum(self._columns)
        for row in range(self.height() // self._row_height):
            left = 0.0
            for number, column in enumerate(self._columns):
                cell = QRect(round(left), row * self._row_height, round(column * share), self._row_height)
                paint_bar(painter, cell, row * 3 + number * 5, tokens, strength)
                left += column * share
