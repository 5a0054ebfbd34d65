"""The sidebar: the views as a list of items with icons and live counts, and the server's name on top."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from syncsphere_desktop.override import override
from syncsphere_desktop.ui.theme.tokens import Tokens

SIDEBAR_WIDTH = 208
_ITEM_HEIGHT = 32


@dataclass(frozen=True, slots=True)
class Destination:
    """A view in the sidebar: its stable name, its title and its icon."""

    name: str
    title: str
    icon: str


class NavigationItem(QAbstractButton):
    """One line of the sidebar, painted by itself: icon, title, count."""

    def __init__(self, destination: Destination, tokens: Tokens, shortcut: str) -> None:
        super().__init__()
        self.destination = destination
        self._tokens = tokens
        self._count = ""
        self._with_icon = False
        self.setText(destination.title)
        self.setAccessibleName(destination.title)
        self.setToolTip(f"{destination.title} ({shortcut})")
        self.setCheckable(True)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_tokens(self, tokens: Tokens) -> None:
        """Paint with another theme."""
        self._tokens = tokens
        self.update()

    def show_icon(self) -> None:
        """Paint the icon from now on."""
        self._with_icon = True
        self.update()

    def set_count(self, text: str) -> None:
        """Show a short count at the right; empty shows none."""
        self._count = text
        self.setAccessibleDescription(text)
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(SIDEBAR_WIDTH - 16, _ITEM_HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect()
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.selection if self.isChecked() else tokens.hover))
            painter.drawRoundedRect(area, 6, 6)
        if self.hasFocus():
            painter.setPen(QColor(tokens.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 6, 6)
        if self._with_icon:
            self._paint_icon(painter, QRect(10, (area.height() - 16) // 2, 16, 16))
        count_width = QFontMetrics(self.font()).horizontalAdvance(self._count)
        painter.setPen(QColor(tokens.text if self.isChecked() else tokens.text_muted))
        title = area.adjusted(36, 0, -16 - count_width, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, title.width())
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.setPen(QColor(tokens.text_muted))
        counts = area.adjusted(0, 0, -10, 0)
        painter.drawText(counts, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._count)

    def _paint_icon(self, painter: QPainter, area: QRect) -> None:
        from syncsphere_desktop.ui.theme.icons import paint_icon

        tokens = self._tokens
        paint_icon(
            painter, area, self.destination.icon, tokens.text if self.isChecked() else tokens.text_muted
        )


class Sidebar(QWidget):
    """The list of views; exactly one is current."""

    destination_chosen = Signal(str)

    def __init__(self, destinations: tuple[Destination, ...], tokens: Tokens) -> None:
        super().__init__()
        self.setProperty("surface", "1")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Views")
        self._items: dict[str, NavigationItem] = {}
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(2)
        layout.addSpacing(8)
        for number, destination in enumerate(destinations, start=1):
            item = NavigationItem(destination, tokens, f"Ctrl+{number}")
            item.clicked.connect(
                lambda _checked=False, name=destination.name: self.destination_chosen.emit(name)
            )
            self._group.addButton(item)
            self._items[destination.name] = item
            layout.addWidget(item)
        layout.addStretch(1)

    def set_current(self, name: str) -> None:
        """Mark a view as the one that is shown."""
        self._items[name].setChecked(True)

    def set_count(self, name: str, text: str) -> None:
        """Show the number of rows of a view."""
        self._items[name].set_count(text)

    def destination_at(self, place: QPoint) -> str | None:
        """Return the name of the view whose item is at a place in the sidebar, or None."""
        found = (name for name, item in self._items.items() if item.geometry().contains(place))
        return next(found, None)

    def free_area(self) -> QRect:
        """Return the part below the items, where there is nothing."""
        foot = max((item.geometry().bottom() for item in self._items.values()), default=0)
        return self.rect().adjusted(0, foot + 1, 0, 0)

    def show_icons(self) -> None:
        """Paint the icons from now on. The first paint does without: to load what draws SVG takes 5 ms."""
        for item in self._items.values():
            item.show_icon()

    def set_tokens(self, tokens: Tokens) -> None:
        """Paint with another theme."""
        for item in self._items.values():
            item.set_tokens(tokens)
