"""Two bundles side by side: what was at the left, what is at the right, a mark with its word between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.bundles.diff_rows import NOT_KNOWN, Mark, SideRow
from syncsphere_desktop.ui.bundles.line_list import BATCH
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, CAPTION_SIZE, SECONDARY_SIZE, sized
from syncsphere_desktop.ui.theme.icons import paint_icon
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

_ROW = 32
MARK_WIDTH = 88
_PADDING = 16
_ICON = 16
_SIGNS = {Mark.ADDED: "plus", Mark.REMOVED: "minus", Mark.CHANGED: "pencil"}
_TONES = {Mark.ADDED: "success", Mark.REMOVED: "danger", Mark.CHANGED: "warning"}
_TINT = 0.12

Index = QModelIndex | QPersistentModelIndex


class _SideModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: Sequence[SideRow] = ()

    def show(self, rows: Sequence[SideRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.told
        if role == Qt.ItemDataRole.ToolTipRole:
            held = f"\n{row.owners_before or 'nobody'} → {row.owners_after or 'nobody'}"
            return plain_tip(row.told + (held if row.owners_before or row.owners_after else ""))
        return None


class DiffList(QListView):
    """Emits nothing; Ctrl+C copies all rows as text."""

    def __init__(self) -> None:
        super().__init__()
        self._model = _SideModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_SideDelegate(self))
        self.setAccessibleName("What changed")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)  # or each of many thousands of rows would be asked for its height
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(BATCH)
        self.setMouseTracking(True)

    @property
    def rows(self) -> Sequence[SideRow]:
        """Return the rows that are shown."""
        return self._model.rows

    def show_rows(self, rows: Sequence[SideRow]) -> None:
        """Show these in place of all others."""
        self._model.show(rows)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText("\n".join(row.told for row in self.rows))
            return
        super().keyPressEvent(event)


def side_areas(area: QRect) -> tuple[QRect, QRect, QRect]:
    """Return where the left side, the mark and the right side of a row stand."""
    side = (area.width() - MARK_WIDTH) // 2
    left = QRect(area.left(), area.top(), side, area.height())
    mark = QRect(left.right() + 1, area.top(), MARK_WIDTH, area.height())
    right = QRect(mark.right() + 1, area.top(), area.right() - mark.right(), area.height())
    return left, mark, right


class _SideDelegate(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, _ROW)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _SideModel)
        row, tokens = model.rows[index.row()], current_tokens()
        area: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, mark, right = side_areas(area)
        if row.mark is Mark.HEADING:
            painter.fillRect(area, QColor(tokens.surface_1))
            painter.fillRect(QRect(area.left(), area.top(), area.width(), 1), QColor(tokens.border))
            self._paint_heading(painter, left, row.before, row.owners_before, row.icon)
            self._paint_heading(painter, right, row.after, row.owners_after, row.icon)
        else:
            color = tokens.color(_TONES[row.mark])
            ground = QColor(mixed(color, tokens.surface_0, _TINT))
            for side, text in ((left, row.before), (right, row.after)):
                if text:
                    painter.fillRect(side.adjusted(0, 1, 0, 0), ground)
                self._paint_text(painter, side, text, row.icon, muted=side is left)
            self._paint_mark(painter, mark, row.mark, color)
        if option.state & QStyle.StateFlag.State_HasFocus and option.widget.hasFocus():
            painter.setPen(QColor(tokens.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(1, 1, -2, -2))
        painter.restore()

    def _paint_heading(self, painter: QPainter, area: QRect, name: str, owners: str, icon: str) -> None:
        if not name:
            return
        tokens = current_tokens()
        room = area.adjusted(_PADDING, 0, -8, 0)
        paint_icon(painter, QRect(room.left(), room.top() + 8, _ICON, _ICON), icon, tokens.text)
        room.setLeft(room.left() + _ICON + 8)
        painter.setFont(sized(BODY_SIZE))
        painter.setPen(QColor(tokens.text))
        most = room.width() * 2 // 3 if owners else room.width()
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, most)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if owners:
            room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(shown) + 12)
            painter.setFont(sized(SECONDARY_SIZE))
            painter.setPen(QColor(tokens.text_muted))
            held = "holder not known" if owners == NOT_KNOWN else f"held by {owners}"
            told = painter.fontMetrics().elidedText(held, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, told)

    def _paint_text(self, painter: QPainter, area: QRect, text: str, icon: str, *, muted: bool) -> None:
        if not text:
            return
        tokens = current_tokens()
        color = tokens.text_muted if muted else tokens.text
        room = area.adjusted(_PADDING + 24, 0, -8, 0)
        paint_icon(painter, QRect(room.left(), room.top() + 8, _ICON, _ICON), icon or "track", color)
        room.setLeft(room.left() + _ICON + 8)
        painter.setFont(sized(BODY_SIZE))
        painter.setPen(QColor(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _paint_mark(self, painter: QPainter, area: QRect, mark: Mark, color: str) -> None:
        paint_icon(painter, QRect(area.left() + 10, area.top() + 10, 12, 12), _SIGNS[mark], color)
        painter.setFont(sized(CAPTION_SIZE))
        painter.setPen(QColor(current_tokens().text_muted))
        room = area.adjusted(28, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, mark.value)
