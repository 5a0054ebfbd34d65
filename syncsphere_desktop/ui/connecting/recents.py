"""The recent connections: name, address, what the server is for, when it was used last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QAction, QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from syncsphere_desktop.domain import humane
from syncsphere_desktop.settings import ConnectionProfile, Environment
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, SECONDARY_SIZE, sized
from syncsphere_desktop.ui.theme.icons import SMALL, paint_icon
from syncsphere_desktop.ui.theme.style import RADIUS, current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens

ROW_HEIGHT = 48
_REMOVE_WIDTH = 32
_WHEN_WIDTH = 96
_ENVIRONMENT_WIDTH = 112
_ROW = Qt.ItemDataRole.UserRole

WORDS = {
    Environment.LOCAL: "Local",
    Environment.DEVELOPMENT: "Development",
    Environment.STAGING: "Staging",
    Environment.PRODUCTION: "Production",
}


@dataclass(frozen=True, slots=True)
class RecentRow:
    """One line of the list; `used_at` is this machine's time without a zone, None where it isn't known."""

    profile: ConnectionProfile
    used_at: datetime | None = None


class RecentsList(QListWidget):
    """A click or Enter opens, Delete or the cross takes out of the list."""

    open_requested = Signal(object)
    edit_requested = Signal(object)
    remove_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recent connections")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_RecentDelegate(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, signal in (
            ("Open", self.open_requested),
            ("Edit…", self.edit_requested),
            ("Remove from the list", self.remove_requested),
        ):
            action = QAction(text, self)
            action.triggered.connect(lambda _checked=False, wish=signal: self._emit_current(wish))
            self.addAction(action)

    @property
    def rows(self) -> tuple[RecentRow, ...]:
        """Return what is listed, newest first."""
        found = (self.item(number).data(_ROW) for number in range(self.count()))
        return tuple(row for row in found if isinstance(row, RecentRow))

    def show_rows(self, rows: tuple[RecentRow, ...], now: datetime) -> None:
        """List these; the current place stays."""
        place = max(0, self.currentRow())
        self.clear()
        for row in rows:
            item = QListWidgetItem()
            item.setData(_ROW, row)
            when = "" if row.used_at is None else humane.ago(row.used_at, now)
            item.setData(Qt.ItemDataRole.DisplayRole, when)
            told = [row.profile.name, row.profile.address, WORDS[row.profile.environment]]
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, [*told, when])))
            if row.used_at is not None:
                told.append(f"Used {humane.exact(row.used_at)}")
            item.setToolTip("\n".join(told))
            self.addItem(item)
        self.setMaximumHeight(max(1, len(rows)) * ROW_HEIGHT + 2)
        self.updateGeometry()
        if rows:
            self.setCurrentRow(min(place, len(rows) - 1))

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, self.maximumHeight())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(300, min(2, max(1, self.count())) * ROW_HEIGHT + 2)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._emit_current(self.open_requested)
        elif event.key() == Qt.Key.Key_Delete:
            self._emit_current(self.remove_requested)
        elif event.key() == Qt.Key.Key_F2:
            self._emit_current(self.edit_requested)
        else:
            super().keyPressEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed = self.currentIndex()
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and self.indexAt(place) == pressed:
            self._emit_current(self.remove_requested if self.is_on_cross(place) else self.open_requested)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.setCursor(
            Qt.CursorShape.PointingHandCursor
            if self.indexAt(event.position().toPoint()).isValid()
            else Qt.CursorShape.ArrowCursor
        )
        self.viewport().update()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.viewport().update()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def is_on_cross(self, place: QPoint) -> bool:
        """Whether a place of the viewport is on a row's cross."""
        index = self.indexAt(place)
        return index.isValid() and cross_area(self.visualRect(index)).contains(place)

    def _emit_current(self, signal: SignalInstance) -> None:
        item = self.currentItem()
        row = item.data(_ROW) if self.count() else None
        if isinstance(row, RecentRow):
            signal.emit(row.profile)


def cross_area(row: QRect) -> QRect:
    """Return where a row's cross is."""
    return QRect(row.right() - _REMOVE_WIDTH, row.top(), _REMOVE_WIDTH, row.height())


class _RecentDelegate(QStyledItemDelegate):
    """Paints a row in two lines at the left, the environment and the time at the right."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_HEIGHT)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(_ROW)
        if not isinstance(row, RecentRow):
            return
        tokens = current_tokens()
        state, area = option.state, option.rect
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if hovered or focused:
            painter.setPen(QColor(tokens.focus) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        _paint_row(painter, area, row, str(index.data()), tokens)
        if hovered or focused:
            self._paint_cross(painter, area, tokens)
        painter.restore()

    def _paint_cross(self, painter: QPainter, area: QRect, tokens: Tokens) -> None:
        cross = cross_area(area)
        box = QRect(0, 0, SMALL, SMALL)
        box.moveCenter(cross.center())
        paint_icon(painter, box, "close", tokens.text_muted)


def _paint_row(painter: QPainter, area: QRect, row: RecentRow, when: str, tokens: Tokens) -> None:
    left = area.left() + 16
    right = area.right() - _REMOVE_WIDTH - 4
    icon_box = QRect(left, area.center().y() - SMALL // 2 + 1, SMALL, SMALL)
    paint_icon(painter, icon_box, "server", tokens.text_muted)
    line = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(sized(SECONDARY_SIZE))
    painter.setPen(QColor(tokens.text_muted))
    times = QRect(right - _WHEN_WIDTH, area.top(), _WHEN_WIDTH, area.height())
    painter.drawText(times, line | Qt.AlignmentFlag.AlignRight, when)
    places = QRect(times.left() - _ENVIRONMENT_WIDTH, area.top(), _ENVIRONMENT_WIDTH, area.height())
    _paint_environment(painter, places, row.profile.environment, tokens)
    texts = QRect(left + SMALL + 12, area.top() + 6, 0, 18)
    texts.setRight(places.left() - 12)
    address = painter.fontMetrics().elidedText(
        row.profile.address, Qt.TextElideMode.ElideMiddle, texts.width()
    )
    painter.setPen(QColor(tokens.text_muted))
    painter.drawText(texts.translated(0, 18), line | Qt.AlignmentFlag.AlignLeft, address)
    painter.setFont(sized(BODY_SIZE))
    painter.setPen(QColor(tokens.text))
    name = painter.fontMetrics().elidedText(row.profile.name, Qt.TextElideMode.ElideRight, texts.width())
    painter.drawText(texts, line | Qt.AlignmentFlag.AlignLeft, name)


def _paint_environment(painter: QPainter, area: QRect, environment: Environment, tokens: Tokens) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.environment(environment)))
    painter.drawEllipse(QRect(area.left(), area.center().y() - 3, 8, 8))
    painter.setPen(QColor(tokens.text_muted))
    words = area.adjusted(16, 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, WORDS[environment])
