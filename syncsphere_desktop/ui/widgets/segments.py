"""A row of choices of which one is on, each with how many there are behind it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QLayout, QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.widgets.flow import FlowLayout

_HEIGHT = 28
_PADDING = 10
_DOT = 8
_GAP = 6


class Segment(QAbstractButton):
    """One choice, painted by itself: a dot where a colour helps, the word, the number."""

    def __init__(self, name: str, word: str, tone: str | None) -> None:
        super().__init__()
        self.name = name
        self._tone = tone
        self._count = ""
        self.setText(word)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(word)

    def set_count(self, text: str) -> None:
        """Show a number after the word; empty shows none."""
        if text != self._count:
            self._count = text
            self.setAccessibleName(f"{self.text()} {text}".strip())
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = 2 * _PADDING + metrics.horizontalAdvance(self.text())
        width += _DOT + _GAP if self._tone is not None else 0
        width += _GAP + metrics.horizontalAdvance(self._count) if self._count else 0
        return QSize(width, _HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(QColor(tokens.selection if self.isChecked() else tokens.hover))
            painter.drawRoundedRect(self.rect(), 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.focus), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 5, 5)
        left = _PADDING
        if self._tone is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.color(self._tone)))
            painter.drawEllipse(left, (self.height() - _DOT) // 2, _DOT, _DOT)
            left += _DOT + _GAP
        centre = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(tokens.selection_text if self.isChecked() else tokens.text))
        painter.drawText(QRect(left, 0, self.width(), self.height()), centre, self.text())
        left += self.fontMetrics().horizontalAdvance(self.text()) + _GAP
        painter.setPen(QColor(tokens.selection_text if self.isChecked() else tokens.text_muted))
        painter.drawText(QRect(left, 0, self.width(), self.height()), centre, self._count)


class Segments(QWidget):
    """Emits `chosen` with the name of the segment that the user turned on; arrow keys move among them.

    Many of them go on in the next line with `wraps`.
    """

    chosen = Signal(str)

    def __init__(self, label: str, *, wraps: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(label)
        self._segments: dict[str, Segment] = {}
        self._group = QButtonGroup(self)
        self._row: QLayout = FlowLayout(self, spacing=2) if wraps else QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)

    @property
    def current(self) -> str | None:
        """Return the name of the segment that is on."""
        return next((name for name, segment in self._segments.items() if segment.isChecked()), None)

    def add(self, name: str, word: str, *, tone: str | None = None) -> None:
        """Put a segment at the end; the first one is on."""
        segment = self._segments[name] = Segment(name, word, tone)
        segment.clicked.connect(lambda: self.chosen.emit(name))
        self._group.addButton(segment)
        self._row.addWidget(segment)
        segment.setChecked(len(self._segments) == 1)

    def choose(self, name: str) -> None:
        """Turn a segment on, without a signal."""
        self._segments[name].setChecked(True)

    def set_count(self, name: str, text: str, *, shown: bool = True) -> None:
        """Show how many there are behind a segment; hide it where that is nothing worth a choice."""
        self._segments[name].set_count(text)
        self._segments[name].setVisible(shown or self._segments[name].isChecked())
