"""What a job is at: a line with a small bar for each of a few things, painted by one widget."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.app.jobs import JobPart
from syncsphere_desktop.ui.theme.fonts import SECONDARY_SIZE, sized
from syncsphere_desktop.ui.theme.style import current_tokens

_LINE = 20
_BAR = 64
_SHARE = 40
_AT_MOST = 4


class JobParts(QWidget):
    """Name, bar and percentage of the first four parts; as high as it was at most, so that nothing jumps."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[JobPart, ...] = ()
        self._lines = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(sized(SECONDARY_SIZE))
        self.hide()

    def show_parts(self, parts: tuple[JobPart, ...]) -> None:
        """Show these; none hides the widget."""
        shown = parts[:_AT_MOST]
        if shown == self._parts:
            return
        self._parts = shown
        self._lines = max(self._lines, len(shown)) if shown else 0
        self.setFixedHeight(self._lines * _LINE)
        self.setVisible(bool(shown))
        told = "; ".join(f"{part.name}, {part.share:.0%}" for part in shown)
        self.setAccessibleName(told or "Nothing")
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, self._lines * _LINE)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        muted, ground, full = QColor(tokens.text_muted), QColor(tokens.border), QColor(tokens.accent)
        for line, part in enumerate(self._parts):
            area = QRect(0, line * _LINE, self.width(), _LINE)
            painter.setPen(muted)
            name = area.adjusted(0, 0, -_BAR - _SHARE - 8, 0)
            text = painter.fontMetrics().elidedText(part.name, Qt.TextElideMode.ElideMiddle, name.width())
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            painter.drawText(
                area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{part.share:.0%}"
            )
            painter.setPen(Qt.PenStyle.NoPen)
            bar = QRectF(area.right() - _SHARE - _BAR, area.center().y() - 1, _BAR, 3)
            painter.setBrush(ground)
            painter.drawRoundedRect(bar, 1.5, 1.5)
            painter.setBrush(full)
            bar.setWidth(_BAR * min(1.0, max(0.0, part.share)))
            painter.drawRoundedRect(bar, 1.5, 1.5)
