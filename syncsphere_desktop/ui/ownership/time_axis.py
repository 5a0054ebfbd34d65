"""The axis of time: how much happened when, and the moment that is looked at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import counted, exact
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.past_values import Window
from syncsphere_desktop.ui.ownership.time_scale import TimeScale, ticks
from syncsphere_desktop.ui.theme.fonts import CAPTION_SIZE, sized, tabular
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed

HEIGHT = 76
_TOP, _BOTTOM, _SIDE = 26, 20, 16
_BAR = 2
_KNOB = 5
_PAGE = 10


class TimeAxis(QWidget):
    """A slider over a window of time. The arrow keys step from change to change; End leads back to now."""

    moment_chosen = Signal(object)
    """The moment in seconds since 1970, or None for now."""

    def __init__(self, clock: GridClock) -> None:
        super().__init__()
        self._clock = clock
        self._window = Window(0.0, 1.0)
        self._moments: Sequence[float] = ()
        self._bars: list[int] = []
        self._moment: float | None = None
        self.lead = _SIDE
        """Where the time begins, so that it stands above the lanes."""
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Moment that is shown")

    @property
    def scale(self) -> TimeScale:
        """Return where moments stand."""
        return TimeScale(self._window, self.lead, max(1, self.width() - self.lead - _SIDE))

    @property
    def moment(self) -> float | None:
        """Return the moment that is looked at, None for now."""
        return self._moment

    def show_window(self, window: Window, moments: Sequence[float]) -> None:
        """Show this stretch of time; `moments` are the times of changes, sorted."""
        self._window, self._moments = window, moments
        self._count()
        self._speak()

    def show_moment(self, moment: float | None) -> None:
        """Put the handle at a moment; None stands for now."""
        self._moment = moment
        self._speak()
        self.update()

    def _count(self) -> None:
        """Count the changes of each bar: a few hundred look-ups, however many changes there are."""
        scale, moments = self.scale, self._moments
        places = range(0, scale.width, _BAR + 1)
        edges = [bisect_left(moments, scale.moment(scale.left + place)) for place in places]
        edges.append(bisect_right(moments, self._window.end))
        self._bars = [after - before for before, after in pairwise(edges)]
        self.update()

    def _speak(self) -> None:
        told = "Now" if self._moment is None else exact(self._clock.shown(self._moment))
        self.setAccessibleDescription(f"{told}; {counted(len(self._moments), 'change')} in this time")

    @override
    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._count()

    # Painting

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, scale = current_tokens(), self.scale
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.surface_0))
        base = self.height() - _BOTTOM
        painter.fillRect(scale.left, base, scale.width, 1, QColor(tokens.border))
        self._paint_ticks(painter, scale, base)
        highest = max(self._bars, default=0) or 1
        color = QColor(mixed(tokens.accent, tokens.surface_0, 0.6))
        for at, count in enumerate(self._bars):
            if count:
                height = max(3, round(count / highest * (base - _TOP)))
                painter.fillRect(scale.left + at * (_BAR + 1), base - height, _BAR, height, color)
        self._paint_handle(painter, scale, base)
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(tokens.border))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(tokens.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().toRectF().adjusted(2, 2, -2, -2), 4, 4)

    def _paint_ticks(self, painter: QPainter, scale: TimeScale, base: int) -> None:
        tokens = current_tokens()
        painter.setFont(tabular(CAPTION_SIZE))
        for moment, words in ticks(scale, self._clock.shown):
            x = round(scale.x(moment))
            painter.fillRect(x, base, 1, 4, QColor(tokens.border_strong))
            painter.setPen(QColor(tokens.text_muted))
            room = QRectF(min(max(4, x - 40), self.width() - 84), base + 3, 80, 15)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_handle(self, painter: QPainter, scale: TimeScale, base: int) -> None:
        tokens = current_tokens()
        is_now = self._moment is None
        moment = self._window.end if self._moment is None else self._moment
        x = max(scale.left, min(scale.left + scale.width, scale.x(moment)))
        told = "Now" if is_now else exact(self._clock.shown(moment))
        color = QColor(tokens.accent if is_now else tokens.warning)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.5))
        painter.drawLine(round(x), _TOP - 4, round(x), base)
        painter.setBrush(color)
        painter.drawEllipse(QRectF(x - _KNOB, base - _KNOB, 2 * _KNOB, 2 * _KNOB))
        painter.setFont(sized(CAPTION_SIZE))
        width = painter.fontMetrics().horizontalAdvance(told) + 16
        left = min(max(4.0, x - width / 2), self.width() - 4.0 - width)
        label = QRectF(left, 3, width, 19)
        painter.setPen(QPen(color, 1))
        painter.setBrush(QColor(tokens.surface_2))
        painter.drawRoundedRect(label, 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, told)

    # Mouse and keyboard

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._choose(self.scale.moment(event.position().x()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(self.scale.moment(event.position().x()))

    def _choose(self, moment: float | None) -> None:
        if moment is not None and moment >= min(self._window.end, self._clock.now()):
            moment = None
        if moment != self._moment:
            self.show_moment(moment)
            self.moment_chosen.emit(moment)

    def step(self, by: int) -> None:
        """Go to the next change, or so many changes further; before the first one to the window's start."""
        moments = self._moments
        if self._moment is None:
            at = len(moments) + by if by < 0 else len(moments)
        elif by < 0:
            at = bisect_left(moments, self._moment) + by
        else:
            at = bisect_right(moments, self._moment) + by - 1
        if at < 0:
            self._choose(self._window.start)
        else:
            self._choose(moments[at] if at < len(moments) else None)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_PageUp: -_PAGE,
            Qt.Key.Key_PageDown: _PAGE,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self.step(steps[key])
        elif key is Qt.Key.Key_Home:
            self._choose(self._window.start)
        elif key in (Qt.Key.Key_End, Qt.Key.Key_Escape):
            self._choose(None)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
