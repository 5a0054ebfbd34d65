"""How large the versions of a project are over time: a line to look at, to click and to step through."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import day, size
from syncsphere_desktop.ui.bundles.words import size_change, version_name
from syncsphere_desktop.ui.theme.fonts import CAPTION_SIZE, sized, tabular
from syncsphere_desktop.ui.theme.icons import paint_icon
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed

HEIGHT = 92
_SIDE, _TOP, _BOTTOM = 20, 26, 22
_DOTS_WITHIN = 12.0
"""Pixels between two versions, on average, from which each one has a dot."""
_SIGN = 14


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A version as the chart draws it."""

    id: int
    name: str
    size: int
    delta: int | None
    at: datetime
    collapsed: bool
    marked: bool

    @property
    def told(self) -> str:
        """Return what is said of it when it is pointed at."""
        change = "" if self.delta is None else f" ({size_change(self.delta)})"
        warned = " · boxes lost" if self.collapsed else ""
        return f"{self.name} · {size(self.size)}{change} · {day(self.at)}{warned}"


def chart_points(versions: Sequence[BundleVersion | None]) -> tuple[ChartPoint, ...]:
    """Return the versions that have a date, the oldest first."""
    found = [
        ChartPoint(
            version.id,
            version_name(version),
            version.size,
            version.size_delta,
            version.created_at,
            version.collapsed,
            bool(version.label) or version.pinned,
        )
        for version in versions
        if version is not None and version.created_at is not None
    ]
    return tuple(sorted(found, key=lambda point: (point.at, point.id)))


class SizeChart(QWidget):
    """Emits `version_chosen(id)` for a click, or Enter on the version that the arrow keys went to."""

    version_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[ChartPoint, ...] = ()
        self._places: list[QPointF] = []
        self._line = QPolygonF()
        self._selected: int | None = None
        self._pointed: int | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Size of the versions over time")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()

    @property
    def points(self) -> tuple[ChartPoint, ...]:
        """Return what is drawn."""
        return self._points

    @property
    def pointed(self) -> ChartPoint | None:
        """Return the version that the pointer or the keyboard is at."""
        return None if self._pointed is None else self._points[self._pointed]

    def show_points(self, points: tuple[ChartPoint, ...]) -> None:
        """Draw these; a chart of less than two says nothing and hides."""
        self._points = points
        self._pointed = None
        self._place()
        self.setVisible(len(points) > 1)
        if points:
            self.setAccessibleDescription(
                f"{len(points)} versions, from {size(points[0].size)} to {size(points[-1].size)};"
                " arrow keys go through them, Enter selects"
            )
        self.update()

    def show_selected(self, version_id: int | None) -> None:
        """Mark the version that is selected in the list."""
        if version_id != self._selected:
            self._selected = version_id
            self.update()

    # Places

    def _area(self) -> QRectF:
        return QRectF(_SIDE, _TOP, max(1, self.width() - 2 * _SIDE), max(1, self.height() - _TOP - _BOTTOM))

    def _place(self) -> None:
        """Find where each version stands, and the line through them: two points a pixel at most."""
        area, points = self._area(), self._points
        if not points:
            self._places, self._line = [], QPolygonF()
            return
        first = points[0].at
        span = (points[-1].at - first).total_seconds() or 1.0
        largest = max(point.size for point in points) or 1
        self._places = [
            QPointF(
                area.left() + (point.at - first).total_seconds() / span * area.width(),
                area.bottom() - point.size / largest * area.height(),
            )
            for point in points
        ]
        self._line = QPolygonF(_thinned(self._places))

    def _nearest(self, x: float) -> int | None:
        if not self._places:
            return None
        at = bisect_left(self._places, x, key=lambda place: place.x())
        near = [place for place in (at - 1, at) if 0 <= place < len(self._places)]
        return min(near, key=lambda place: abs(self._places[place].x() - x))

    # Painting

    @override
    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(tokens.surface_0))
        if len(self._points) < 2:
            return
        area = self._area()
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), QColor(tokens.border))
        self._paint_captions(painter, area)
        filled = QPolygonF(self._line)
        filled.append(QPointF(self._places[-1].x(), area.bottom()))
        filled.append(QPointF(self._places[0].x(), area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(tokens.accent, tokens.surface_0, 0.14)))
        painter.drawPolygon(filled)
        painter.setPen(QPen(QColor(tokens.accent), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(self._line)
        self._paint_versions(painter)
        if self._pointed is not None:
            self._paint_pointed(painter, self._pointed)
        if self.hasFocus():
            painter.setPen(QColor(tokens.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().toRectF().adjusted(2, 2, -2, -2), 4, 4)

    def _paint_captions(self, painter: QPainter, area: QRectF) -> None:
        tokens = current_tokens()
        painter.setPen(QColor(tokens.text_muted))
        painter.setFont(sized(CAPTION_SIZE))
        largest = max(point.size for point in self._points)
        if self._pointed is None:
            top = QRectF(area.left(), 4, area.width(), 18)
            painter.drawText(
                top,
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                f"Size, up to {size(largest)}",
            )
        line = QRectF(area.left(), area.bottom() + 3, area.width(), 16)
        for point, side in (
            (self._points[0], Qt.AlignmentFlag.AlignLeft),
            (self._points[-1], Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | side, day(point.at))

    def _paint_versions(self, painter: QPainter) -> None:
        """Dots where there is room for them; signs where boxes were lost, and a ring around the marked."""
        tokens = current_tokens()
        dotted = self._area().width() / len(self._points) >= _DOTS_WITHIN
        for point, place in zip(self._points, self._places, strict=True):
            chosen = point.id == self._selected
            if chosen or dotted or point.marked:
                painter.setPen(QPen(QColor(tokens.accent), 1.5))
                painter.setBrush(QColor(tokens.accent if chosen or not point.marked else tokens.surface_0))
                radius = 4.5 if chosen or point.marked else 3
                painter.drawEllipse(place, radius, radius)
            if point.collapsed:
                box = QRect(round(place.x()) - _SIGN // 2, round(place.y()) - _SIGN - 4, _SIGN, _SIGN)
                paint_icon(painter, box, "warning", tokens.warning)

    def _paint_pointed(self, painter: QPainter, at: int) -> None:
        tokens, area, place = current_tokens(), self._area(), self._places[at]
        painter.setPen(QPen(QColor(tokens.border_strong), 1))
        painter.drawLine(QPointF(place.x(), area.top()), QPointF(place.x(), area.bottom()))
        painter.setBrush(QColor(tokens.surface_0))
        painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.drawEllipse(place, 4.5, 4.5)
        painter.setFont(tabular(CAPTION_SIZE))
        told = self._points[at].told
        width = painter.fontMetrics().horizontalAdvance(told) + 16
        left = min(max(_SIDE, place.x() - width / 2), max(_SIDE, self.width() - _SIDE - width))
        box = QRectF(left, 3, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface_3))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, told)

    # Mouse and keyboard

    def _point_at(self, at: int | None) -> None:
        if at != self._pointed:
            self._pointed = at
            if at is not None:
                self.setAccessibleDescription(self._points[at].told)
            self.update()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._nearest(event.position().x()))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._nearest(event.position().x())
        if at is not None and event.button() is Qt.MouseButton.LeftButton:
            self.version_chosen.emit(self._points[at].id)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)
        super().leaveEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._points) - 1
        ids = [point.id for point in self._points]
        here = self._pointed
        if here is None:
            here = ids.index(self._selected) if self._selected in ids else last
        places = {
            Qt.Key.Key_Left: max(0, here - 1),
            Qt.Key.Key_Right: min(last, here + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if key in places and last >= 0:
            self._point_at(places[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.pointed is not None:
            self.version_chosen.emit(self.pointed.id)
        elif key == Qt.Key.Key_Escape and self._pointed is not None:
            self._point_at(None)
        else:
            super().keyPressEvent(event)


def _thinned(places: Sequence[QPointF]) -> list[QPointF]:
    """Return a line through the places with the highest and the lowest of each pixel column."""
    kept: list[QPointF] = []
    column: list[QPointF] = []

    def close() -> None:
        if column:
            high, low = min(column, key=QPointF.y), max(column, key=QPointF.y)
            kept.extend([column[0]] if high is low else sorted((high, low), key=QPointF.x))
            column.clear()

    for place in places:
        if column and int(place.x()) != int(column[0].x()):
            close()
        column.append(place)
    close()
    return kept
