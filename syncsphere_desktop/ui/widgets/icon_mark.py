"""An icon that stands by itself, beside a text."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.icons import SMALL, paint_icon
from syncsphere_desktop.ui.theme.style import current_tokens


class IconMark(QWidget):
    """Paints the icon in the theme that is on; the text beside it carries the meaning."""

    def __init__(
        self,
        icon_name: str = "info",
        tone: str = "text-muted",
        size: int = SMALL,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name, self._tone = icon_name, tone
        self.setFixedSize(size, size)

    def show_icon(self, icon_name: str, tone: str = "text-muted") -> None:
        """Show another icon."""
        self._icon_name, self._tone = icon_name, tone
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        color = current_tokens().color(self._tone)
        paint_icon(QPainter(self), self.rect(), self._icon_name, color)
