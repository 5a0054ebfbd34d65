"""Short lines with an icon, an aside and a depth: contents of a bundle, versions that would go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, SECONDARY_SIZE, sized, tabular
from syncsphere_desktop.ui.theme.icons import paint_icon
from syncsphere_desktop.ui.theme.style import RADIUS, current_tokens
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

LINE_HEIGHT = 26
BATCH = 500
"""Lines laid out before the GUI thread does something else."""
_INDENT = 20
_ICON = 16
_PADDING = 6

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `tone` is the icon's token; `muted` lines stand back; `tip` is shown on hovering."""

    text: str
    icon: str = ""
    aside: str = ""
    level: int = 0
    tone: str = "text-muted"
    tip: str = ""
    muted: bool = False

    @property
    def told(self) -> str:
        """Return the line as text, as it is copied and read aloud."""
        return "  " * self.level + (f"{self.text} · {self.aside}" if self.aside else self.text)


class LineModel(QAbstractListModel):
    """Lines by position."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Have these lines in place of all others."""
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.lines)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return line.told.strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(line.tip or line.told.strip())
        return None


class LineList(QListView):
    """Paints only the lines on screen; as high as its lines, up to `most` of them. Ctrl+C copies all."""

    def __init__(self, name: str, *, most: int = 14, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = LineModel(self)
        self._most = most
        self.setModel(self._model)
        self.setItemDelegate(_LineDelegate(self))
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("plain", "true")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(BATCH)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.viewport().setAutoFillBackground(False)

    @property
    def lines(self) -> Sequence[Line]:
        """Return the lines that are shown."""
        return self._model.lines

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these in place of all others."""
        self._model.show(lines)
        self.setFixedHeight(LINE_HEIGHT * max(1, min(len(lines), self._most)) + 2)

    def fill_height(self) -> None:
        """Take all the room there is, whatever the number of lines."""
        self._most = 1_000_000
        self.setMinimumHeight(LINE_HEIGHT * 3)
        self.setMaximumHeight(16_777_215)

    def show_filling(self, lines: Sequence[Line]) -> None:
        """Show these, at whatever height the layout gives."""
        self._model.show(lines)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText("\n".join(line.told for line in self._model.lines))
            return
        super().keyPressEvent(event)


class _LineDelegate(QStyledItemDelegate):
    """Icon, text, and the aside at the right."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, LINE_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, LineModel)
        line, tokens = model.lines[index.row()], current_tokens()
        area: QRect = option.rect
        view = option.widget
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = option.state
        focused = bool(state & QStyle.StateFlag.State_HasFocus) and view.hasFocus()
        if focused or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QColor(tokens.focus) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(area.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS - 2, RADIUS - 2)
        left = area.left() + _PADDING + line.level * _INDENT
        if line.icon:
            top = area.top() + (area.height() - _ICON) // 2
            paint_icon(painter, QRect(left, top, _ICON, _ICON), line.icon, tokens.color(line.tone))
        left += _ICON + 8
        right = area.right() - _PADDING
        if line.aside:
            right = self._paint_aside(painter, line.aside, left, right, area)
        painter.setFont(sized(BODY_SIZE))
        painter.setPen(QColor(tokens.text_muted if line.muted else tokens.text))
        room = QRect(left, area.top(), max(0, right - left), area.height())
        shown = painter.fontMetrics().elidedText(line.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()

    def _paint_aside(self, painter: QPainter, aside: str, left: int, right: int, area: QRect) -> int:
        """Paint it at the right, in at most two thirds of the room; return where the text must end."""
        font = tabular(SECONDARY_SIZE)
        painter.setFont(font)
        painter.setPen(QColor(current_tokens().text_muted))
        metrics = QFontMetrics(font)
        most = max(0, (right - left) * 2 // 3)
        shown = metrics.elidedText(aside, Qt.TextElideMode.ElideRight, most)
        width = metrics.horizontalAdvance(shown)
        place = QRect(right - width, area.top(), width + 1, area.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shown)
        return right - width - 12
