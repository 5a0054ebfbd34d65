"""A state as a small dot and a word; the word carries the meaning, the colour helps."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

_DOT = 8
_GAP = 8


def paint_status(
    painter: QPainter,
    rect: QRect,
    tone: str,
    word: str,
    tokens: Tokens,
    *,
    selected: bool = False,
    hollow: bool = False,
) -> None:
    """Paint dot and word into a table's cell, 8 pixels inside. `tone` is a token such as `success`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = QColor(tokens.color(tone))
    painter.setPen(color if hollow else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
    top = rect.top() + (rect.height() - _DOT) // 2
    painter.drawEllipse(rect.left() + _GAP, top, _DOT, _DOT)
    text = rect.adjusted(2 * _GAP + _DOT, 0, -_GAP, 0)
    painter.setPen(QColor(tokens.selection_text if selected else tokens.text))
    shown = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, text.width())
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
    painter.restore()


class StatusDot(QWidget):
    """A dot and a word of their own, outside tables."""

    def __init__(self, tone: str = "text-muted", word: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone, self._word = tone, word
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_state(tone, word)

    def show_state(self, tone: str, word: str) -> None:
        """Show another state."""
        self._tone, self._word = tone, word
        self.setAccessibleName(word)
        self.setToolTip(plain_tip(word))
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._word) + _DOT + _GAP + 2, 20)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(min(_DOT + _GAP + 40, self.sizeHint().width()), 20)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        area = self.rect().adjusted(-_GAP, 0, _GAP, 0)
        paint_status(QPainter(self), area, self._tone, self._word, current_tokens())
