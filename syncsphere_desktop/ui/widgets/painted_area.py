"""What painted areas that scroll have in common: when they are painted anew, and their tool tips."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QFocusEvent, QHelpEvent
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from syncsphere_desktop.override import override
from syncsphere_desktop.ui.widgets.plain_text import plain_tip


class PaintedArea(QAbstractScrollArea):
    """Paints its viewport by itself; whoever inherits says what a theme changes and what is told where."""

    def restyle(self) -> None:
        """Take the colours and sizes of the theme anew."""

    def tip_at(self, place: QPoint) -> str:  # noqa: ARG002  # for whoever inherits
        """Return what is told of a place in the viewport; nothing where there is nothing to tell."""
        return ""

    @override
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self.restyle()
            self.viewport().update()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            told = self.tip_at(event.pos())
            QToolTip.showText(event.globalPos(), plain_tip(told) if told else "", self.viewport())
            return True
        return super().viewportEvent(event)
