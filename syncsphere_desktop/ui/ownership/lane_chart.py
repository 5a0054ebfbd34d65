"""Lanes: a line for each track shows who held it when, in the people's colours, with their initials."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame
from typing_extensions import override

from syncsphere_desktop.domain.humane import exact, initials
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.geometry import SIZES, Density
from syncsphere_desktop.ui.ownership.past_values import LaneRow, PastWindow, Stretch, Window
from syncsphere_desktop.ui.ownership.style import GridStyle
from syncsphere_desktop.ui.ownership.time_scale import TimeScale, ticks
from syncsphere_desktop.ui.ownership.words import held_for
from syncsphere_desktop.ui.theme.icons import paint_icon
from syncsphere_desktop.ui.widgets.painted_area import PaintedArea

ROW = 26
NAMES = 208
_SIDE = 16
_SIGN = 16
_INITIALS_ROOM, _NAME_ROOM = 24, 76
_BUDGET_SECONDS = 0.003
"""Lanes that were not painted yet take so long of one turn; the rest comes with the next."""
_KEPT = 600


class LaneChart(PaintedArea):
    """Shows a `PastWindow`. A click chooses a moment; the keyboard goes from stretch to stretch."""

    moment_chosen = Signal(object)

    def __init__(self, clock: GridClock, name_of: Callable[[UserId], str]) -> None:
        super().__init__()
        self._clock = clock
        self._name_of = name_of
        self._past = PastWindow(Window(0.0, 1.0))
        self._moment: float | None = None
        self._current = 0
        self._at: Stretch | None = None
        self._style = GridStyle(SIZES[Density.COMPACT])
        self._lanes: dict[int, QPixmap] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Lanes of the tracks")
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def scale(self) -> TimeScale:
        """Return where moments stand."""
        return TimeScale(self._past.window, NAMES, max(1, self.viewport().width() - NAMES - _SIDE))

    @property
    def current(self) -> tuple[LaneRow, Stretch | None] | None:
        """Return the lane that the keyboard is on, and the stretch of it."""
        return (self._past.lanes[self._current], self._at) if self._past.lanes else None

    def show_past(self, past: PastWindow) -> None:
        """Draw these lanes."""
        self._past = past
        self._current = min(self._current, max(0, len(past.lanes) - 1))
        self._at = None
        self._forget()

    def show_moment(self, moment: float | None) -> None:
        """Draw a line at a moment; None for none."""
        self._moment = moment
        self.viewport().update()

    def stretch_at(self, place: QPoint) -> tuple[LaneRow, Stretch | None] | None:
        """Return the lane at a point, and who held it then."""
        row = (place.y() + self.verticalScrollBar().value()) // ROW
        if not 0 <= row < len(self._past.lanes):
            return None
        lane = self._past.lanes[row]
        if place.x() < NAMES:
            return lane, None
        moment = self.scale.moment(place.x())
        at = bisect_right(lane.starts, moment) - 1
        found = lane.stretches[at] if at >= 0 else None
        return lane, found if found is not None and moment <= found.end else None

    def told(self, lane: LaneRow, stretch: Stretch | None) -> str:
        """Return the facts of a stretch, or of a track that nobody held then, a fact a line."""
        lines = [lane.track.name]
        if lane.track.unit:
            lines[0] += f" · {lane.track.unit}"
        if stretch is None:
            return "\n".join([*lines, "Nobody held it" if lane.stretches else "Nobody held it in this time"])
        lines.append(f"Held by {self._name_of(stretch.owner)}")
        began = "before the history" if stretch.began is None else exact(self._clock.shown(stretch.began))
        ended = "still held" if stretch.goes_on else exact(self._clock.shown(stretch.end))
        lines.append(f"{began} – {ended}")
        if stretch.began is not None:
            lines.append(held_for(stretch.end - stretch.began))
        return "\n".join(lines)

    def _forget(self) -> None:
        self._lanes.clear()
        viewport = self.viewport()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, len(self._past.lanes) * ROW - viewport.height()))
        bar.setPageStep(max(1, viewport.height()))
        bar.setSingleStep(ROW)
        viewport.update()

    # Painting

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        style, area = self._style, event.rect()
        painter.fillRect(area, style.ground)
        y = self.verticalScrollBar().value()
        rows = range(
            max(0, (area.top() + y) // ROW), min(len(self._past.lanes), (area.bottom() + y) // ROW + 1)
        )
        self._paint_marks(painter)
        until = time.perf_counter() + _BUDGET_SECONDS
        waiting = False
        for row in rows:
            line = QRect(0, row * ROW - y, self.viewport().width(), ROW)
            if row not in self._lanes and time.perf_counter() > until:
                waiting = True
            else:
                painter.drawPixmap(NAMES, line.top(), self._lane(row, painter.device().devicePixelRatioF()))
            self._paint_name(painter, row, line)
        painter.fillRect(NAMES - 1, 0, 1, self.viewport().height(), style.edge)
        if self._moment is not None:
            x = round(self.scale.x(self._moment))
            painter.fillRect(QRect(x, 0, 2, self.viewport().height()), style.warning)
        self._paint_current(painter, y)
        painter.end()
        if waiting:
            self.viewport().update()

    def _paint_marks(self, painter: QPainter) -> None:
        for moment, _words in ticks(self.scale, self._clock.shown):
            x = round(self.scale.x(moment))
            if x > NAMES:
                painter.fillRect(x, 0, 1, self.viewport().height(), self._style.hairline)

    def _lane(self, row: int, ratio: float) -> QPixmap:
        """Return a lane painted once; of what is narrower than a pixel one in each pixel is drawn."""
        known = self._lanes.get(row)
        if known is not None:
            return known
        if len(self._lanes) >= _KEPT:
            self._lanes.clear()
        scale = self.scale
        known = QPixmap(round((scale.width + _SIDE) * ratio), round(ROW * ratio))
        known.setDevicePixelRatio(ratio)
        known.fill(Qt.GlobalColor.transparent)
        painter = QPainter(known)
        painter.setFont(self._style.caption_font)
        painter.fillRect(0, ROW - 1, scale.width + _SIDE, 1, self._style.hairline)
        lane = self._past.lanes[row]
        at = 0
        while at < len(lane.stretches):
            stretch = lane.stretches[at]
            left = scale.x(stretch.start) - NAMES
            right = max(left + 1, scale.x(stretch.end) - NAMES)
            self._paint_stretch(painter, stretch, left, right)
            at += 1
            if right - left <= 1:
                at = bisect_left(lane.starts, scale.moment(NAMES + left + 1), at)
        painter.end()
        self._lanes[row] = known
        return known

    def _paint_stretch(self, painter: QPainter, stretch: Stretch, left: float, right: float) -> None:
        fill, words, _hatch = self._style.fill(stretch.owner)
        width = right - left
        if width < 4:
            painter.fillRect(QRectF(left, 4, width, ROW - 9), fill)
            return
        block = QRectF(left, 4, width - 1, ROW - 9)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(block, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if width >= _INITIALS_ROOM:
            name = self._name_of(stretch.owner)
            told = name if width >= _NAME_ROOM else initials(name)
            room = block.adjusted(6, 0, -4, 0) if width >= _NAME_ROOM else block
            side = Qt.AlignmentFlag.AlignLeft if width >= _NAME_ROOM else Qt.AlignmentFlag.AlignHCenter
            painter.setPen(words)
            shown = self._style.fitted(told, self._style.caption_font, round(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side, shown)

    def _paint_name(self, painter: QPainter, row: int, line: QRect) -> None:
        style, track = self._style, self._past.lanes[row].track
        painter.fillRect(0, line.top(), NAMES - 1, ROW, style.ground)
        left = 8 if track.is_unit or track.unit is None else 20
        paint_icon(painter, QRect(left, line.top() + 5, _SIGN, _SIGN), track.icon, style.muted.name())
        left += _SIGN + 8
        painter.setFont(style.name_font)
        painter.setPen(style.text if track.in_bundle else style.muted)
        name = style.fitted(track.name, style.name_font, NAMES - left - 8)
        painter.drawText(QRect(left, line.top(), NAMES - left - 8, ROW), Qt.AlignmentFlag.AlignVCenter, name)
        painter.fillRect(0, line.bottom(), NAMES, 1, style.hairline)

    def _paint_current(self, painter: QPainter, y: int) -> None:
        if not self.hasFocus() or not self._past.lanes:
            return
        area = QRectF(1, self._current * ROW - y + 1, NAMES - 3, ROW - 3)
        if self._at is not None:
            left = self.scale.x(self._at.start)
            area = QRectF(left, area.top() + 1, max(6.0, self.scale.x(self._at.end) - left), ROW - 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._style.focus.color()), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, 4, 4)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._forget()

    @override
    def restyle(self) -> None:
        self._style = GridStyle(SIZES[Density.COMPACT])
        self._forget()

    # Mouse and keyboard

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        found = self.stretch_at(place)
        if found is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        self._go((place.y() + self.verticalScrollBar().value()) // ROW, found[1])
        if place.x() >= NAMES:
            self.moment_chosen.emit(self.scale.moment(place.x()))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._past.lanes) - 1
        page = max(1, self.viewport().height() // ROW - 1)
        rows = {
            Qt.Key.Key_Up: self._current - 1,
            Qt.Key.Key_Down: self._current + 1,
            Qt.Key.Key_PageUp: self._current - page,
            Qt.Key.Key_PageDown: self._current + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if last >= 0 and key in rows:
            self._go(max(0, min(last, rows[key])), None)
        elif last >= 0 and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(-1 if key is Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at is not None:
            self.moment_chosen.emit(self._at.start)
        elif key is Qt.Key.Key_Escape and self._moment is not None:
            self.moment_chosen.emit(None)
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        stretches = self._past.lanes[self._current].stretches
        if stretches:
            here = stretches.index(self._at) + by if self._at is not None else (0 if by > 0 else -1)
            at = here % len(stretches) if self._at is None else max(0, min(len(stretches) - 1, here))
            self._go(self._current, stretches[at])

    def _go(self, row: int, stretch: Stretch | None) -> None:
        self._current, self._at = row, stretch
        bar = self.verticalScrollBar()
        bar.setValue(min(bar.value(), row * ROW))
        bar.setValue(max(bar.value(), (row + 1) * ROW - self.viewport().height()))
        self.setAccessibleDescription(self.told(self._past.lanes[row], stretch).replace("\n", ". "))
        self.viewport().update()

    @override
    def tip_at(self, place: QPoint) -> str:
        found = self.stretch_at(place)
        return "" if found is None else self.told(*found)
