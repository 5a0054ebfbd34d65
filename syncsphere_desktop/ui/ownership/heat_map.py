"""The heat map: how much happened in each project in each part of a window of time."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame
from typing_extensions import override

from syncsphere_desktop.domain.humane import counted, number
from syncsphere_desktop.domain.ownership_history import HeatRow
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.geometry import SIZES, Density
from syncsphere_desktop.ui.ownership.keys import target_cell
from syncsphere_desktop.ui.ownership.past_values import Window
from syncsphere_desktop.ui.ownership.style import GridStyle
from syncsphere_desktop.ui.ownership.time_scale import TimeScale, ticks, window_words
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed
from syncsphere_desktop.ui.widgets.painted_area import PaintedArea

ROW = 28
HEADER = 28
NAMES = 248
_SIDE = 16
_SHADES = 6
_NUMBER_ROOM = 30
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class HeatMap(PaintedArea):
    """Projects by parts of time. Enter or a double click on a cell wishes for that project then."""

    current_changed = Signal()
    project_requested = Signal(object, object)
    """The project's id, and the `Window` of the cell."""

    def __init__(self, clock: GridClock) -> None:
        super().__init__()
        self._clock = clock
        self._rows: Sequence[HeatRow] = ()
        self._window = Window(0.0, 1.0)
        self._parts = 1
        self._most = 0
        self._steps = 0.0
        self._current: tuple[int, int] | None = None
        self.restyle()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Changes of each project over time")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def scale(self) -> TimeScale:
        """Return where moments stand."""
        return TimeScale(self._window, NAMES, max(1, self.viewport().width() - NAMES - _SIDE))

    @property
    def current(self) -> tuple[HeatRow, int, Window] | None:
        """Return the project that is selected, the changes of the selected part, and the part."""
        if self._current is None or self._current[0] >= len(self._rows):
            return None
        row, part = self._current
        return self._rows[row], self._rows[row].counts[part], self._part(part)

    def show_heat(self, rows: Sequence[HeatRow], window: Window, parts: int) -> None:
        """Draw these projects."""
        self._rows, self._window, self._parts = rows, window, parts
        self._most = max((max(row.counts, default=0) for row in rows), default=0)
        self._steps = (_SHADES - 1) / log(self._most) if self._most > 1 else 0.0
        if self._current is not None:
            at = self._current
            self._current = (min(at[0], len(rows) - 1), min(at[1], parts - 1)) if rows else None
        self._arrange()
        self.current_changed.emit()

    def go_to(self, row: int, part: int) -> None:
        """Select a cell and bring it on screen."""
        self._current = (row, part)
        bar = self.verticalScrollBar()
        bar.setValue(min(bar.value(), row * ROW))
        bar.setValue(max(bar.value(), (row + 1) * ROW - (self.viewport().height() - HEADER)))
        self.setAccessibleDescription(self._told(row, part).replace("\n", ". "))
        self.viewport().update()
        self.current_changed.emit()

    def _part(self, part: int) -> Window:
        length = self._window.seconds / self._parts
        start = self._window.start + part * length
        return Window(start, start + length)

    def _told(self, row: int, part: int) -> str:
        heat = self._rows[row]
        when = window_words(self._part(part), self._clock.shown)
        return f"{project_words(heat)}\n{when}\n{counted(heat.counts[part], 'change')}"

    def _cell_at(self, place: QPoint) -> tuple[int, int] | None:
        row = (place.y() - HEADER + self.verticalScrollBar().value()) // ROW
        if place.y() < HEADER or not 0 <= row < len(self._rows):
            return None
        scale = self.scale
        part = int((place.x() - scale.left) / scale.width * self._parts)
        return row, max(0, min(self._parts - 1, part))

    def _arrange(self) -> None:
        viewport, bar = self.viewport(), self.verticalScrollBar()
        bar.setRange(0, max(0, HEADER + len(self._rows) * ROW - viewport.height()))
        bar.setPageStep(max(1, viewport.height() - HEADER))
        bar.setSingleStep(ROW)
        viewport.update()

    @override
    def restyle(self) -> None:
        tokens = current_tokens()
        self._style = GridStyle(SIZES[Density.COMPACT])
        shares = [0.16 + 0.84 * shade / (_SHADES - 1) for shade in range(_SHADES)]
        self._shades = [QColor(mixed(tokens.accent, tokens.surface_0, share)) for share in shares]
        self._words = [QColor(tokens.accent_text if share > 0.6 else tokens.text) for share in shares]

    def _shade(self, count: int) -> int:
        """Return how dark a count is: by its logarithm, since few projects have most of the changes."""
        return 0 if self._most <= 1 else round(log(count) * self._steps)

    # Painting

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        style, area = self._style, event.rect()
        painter.fillRect(area, style.ground)
        y = self.verticalScrollBar().value() - HEADER
        first, last = max(0, (area.top() + y) // ROW), min(len(self._rows), (area.bottom() + y) // ROW + 1)
        scale = self.scale
        places = [scale.left + round(part / self._parts * scale.width) for part in range(self._parts + 1)]
        for row in range(first, last):
            self._paint_row(painter, row, row * ROW - y, places)
        self._paint_header(painter)
        if self.hasFocus() and self.current is not None and self._current is not None:
            at, part = self._current
            cell = QRectF(places[part], at * ROW - y, places[part + 1] - places[part], ROW - 1)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(style.focus.color(), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell.adjusted(0, 1, 0, -1), 3, 3)
        painter.end()

    def _paint_row(self, painter: QPainter, row: int, top: int, places: Sequence[int]) -> None:
        style, heat = self._style, self._rows[row]
        if self._current is not None and self._current[0] == row:
            painter.fillRect(0, top, NAMES - 8, ROW - 1, style.selection)
            painter.setPen(style.selected_text)
        else:
            painter.setPen(style.text)
        painter.setFont(style.name_font)
        name = style.fitted(project_words(heat), style.name_font, NAMES - 88)
        painter.drawText(QRect(16, top, NAMES - 88, ROW), _LEFT, name)
        painter.setFont(style.cell_font)
        if self._current is None or self._current[0] != row:
            painter.setPen(style.muted)
        painter.drawText(QRect(NAMES - 72, top, 56, ROW), _RIGHT, number(heat.total))
        painter.fillRect(0, top + ROW - 1, self.viewport().width(), 1, style.hairline)
        with_numbers = places[1] - places[0] >= _NUMBER_ROOM
        for part, count in enumerate(heat.counts):
            if not count:
                continue
            shade = self._shade(count)
            cell = QRect(places[part], top + 1, max(1, places[part + 1] - places[part] - 1), ROW - 3)
            painter.fillRect(cell, self._shades[shade])
            if with_numbers:
                painter.setPen(self._words[shade])
                told = number(count) if count < 10_000 else f"{count // 1000} k"
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, told)

    def _paint_header(self, painter: QPainter) -> None:
        style, width = self._style, self.viewport().width()
        painter.fillRect(0, 0, width, HEADER, style.frame)
        painter.fillRect(0, HEADER - 1, width, 1, style.edge)
        painter.setFont(style.caption_font)
        painter.setPen(style.muted)
        painter.drawText(QRect(16, 0, NAMES, HEADER), _LEFT, "Project")
        painter.drawText(QRect(NAMES - 88, 0, 72, HEADER), _RIGHT, "Changes")
        for moment, words in ticks(self.scale, self._clock.shown):
            x = round(self.scale.x(moment))
            if x + 40 < width:
                painter.fillRect(x, HEADER - 6, 1, 5, style.divider)
                painter.drawText(QRect(x + 4, 0, 80, HEADER), _LEFT, words)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # Mouse and keyboard

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if cell is not None:
            self.go_to(*cell)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._cell_at(event.position().toPoint()) is not None:
            self._request()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        size = len(self._rows), self._parts
        page = max(1, (self.viewport().height() - HEADER) // ROW - 1)
        far = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        target = target_cell(key, self._current, size, page, far=far)
        if target is not None:
            self.go_to(*target)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._request()
        else:
            super().keyPressEvent(event)

    def _request(self) -> None:
        current = self.current
        if current is not None and current[0].project_id is not None:
            self.project_requested.emit(current[0].project_id, current[2])

    @override
    def tip_at(self, place: QPoint) -> str:
        cell = self._cell_at(place)
        return "" if cell is None else self._told(*cell)


def project_words(heat: HeatRow) -> str:
    """Return a project's name, or what stands for it."""
    if heat.project_name is not None:
        return heat.project_name
    return "No project" if heat.project_id is None else f"Project {heat.project_id}, deleted"
