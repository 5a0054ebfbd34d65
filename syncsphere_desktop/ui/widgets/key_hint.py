"""A shortcut drawn as keycaps."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.fonts import CAPTION_SIZE, sized
from syncsphere_desktop.ui.theme.style import current_tokens

_HEIGHT = 20
_GAP = 4


class KeyHint(QWidget):
    """Shows a shortcut such as `Ctrl+K` with one cap a key, as this system writes it."""

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys
        self.caps = _caps(native)
        self.setAccessibleName(native)
        self.setFont(sized(CAPTION_SIZE))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        widths = self._widths()
        return QSize(sum(widths) + _GAP * (len(widths) - 1), _HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        for cap, width in zip(self.caps, self._widths(), strict=True):
            box = QRect(left, (self.height() - _HEIGHT) // 2, width, _HEIGHT)
            painter.setPen(QColor(tokens.border_strong))
            painter.setBrush(QColor(tokens.surface_2))
            painter.translate(0.5, 0.5)
            painter.drawRoundedRect(box.adjusted(0, 0, -1, -1), 4, 4)
            painter.translate(-0.5, -0.5)
            painter.setPen(QColor(tokens.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
            left += width + _GAP

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(self.font())
        return [max(_HEIGHT, metrics.horizontalAdvance(cap) + 12) for cap in self.caps]


def _caps(keys: str) -> list[str]:
    # The plus key itself leaves two empty pieces at the end of `Ctrl++`.
    pieces = keys.split("+")
    return [*pieces[:-2], "+"] if pieces[-2:] == ["", ""] else pieces
