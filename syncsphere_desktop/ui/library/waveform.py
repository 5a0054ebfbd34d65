"""The picture of a whole file: sharp at any width, with a playhead, to click and to step through."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QLine, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import clock, duration
from syncsphere_desktop.domain.sound import Waveform
from syncsphere_desktop.ui.library.peaks import FULL_SCALE, lanes
from syncsphere_desktop.ui.theme.fonts import SECONDARY_SIZE, sized
from syncsphere_desktop.ui.theme.style import RADIUS, current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed

HEIGHT = 96
_MARGIN = 4
_STEP_SECONDS = 1.0
_WIDE_STEP_SECONDS = 10.0
_SHARE_OF_SHORT = 0.05


class _Shows(StrEnum):
    NOTHING = "nothing"
    WAITING = "waiting"
    SENTENCE = "sentence"
    PEAKS = "peaks"


class WaveformView(QWidget):
    """Draws a `Waveform`. Emits `seek_requested(seconds)` for a click or an arrow key, and the wish to play.

    Positions are in seconds of `duration`. The picture is drawn once a size and theme; the playhead moves
    over it by repainting two lines.
    """

    seek_requested = Signal(float)
    play_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shows = _Shows.NOTHING
        self._waveform: Waveform | None = None
        self._sentence = ""
        self._duration = 0.0
        self._position = 0.0
        self._pointed: int | None = None
        self._pictures: tuple[QPixmap, QPixmap] | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Waveform")

    @property
    def position(self) -> float:
        """Return where the playhead is, in seconds."""
        return self._position

    @property
    def has_peaks(self) -> bool:
        """Return whether there is a picture to look at."""
        return self._shows is _Shows.PEAKS

    @property
    def sentence(self) -> str:
        """Return what is said in place of a picture."""
        return self._sentence

    def show_waveform(self, waveform: Waveform, seconds: float) -> None:
        """Show a file's picture; `seconds` is how long it sounds."""
        self._waveform, self._duration = waveform, max(0.0, seconds)
        self._become(_Shows.PEAKS, "")
        self.setAccessibleDescription(f"{duration(self._duration)}; arrow keys seek, Space plays")

    def show_waiting(self) -> None:
        """Show that the picture is being made."""
        self._become(_Shows.WAITING, "Reading the file…")

    def show_sentence(self, sentence: str) -> None:
        """Say why there is no picture."""
        self._become(_Shows.SENTENCE, sentence)

    def show_position(self, seconds: float) -> None:
        """Move the playhead."""
        before, self._position = self._x_of(self._position), seconds
        after = self._x_of(seconds)
        if before != after:
            left, right = min(before, after), max(before, after)
            self.update(left - 2, 0, right - left + 4, self.height())

    def _become(self, shows: _Shows, sentence: str) -> None:
        self._shows, self._sentence = shows, sentence
        if shows is not _Shows.PEAKS:
            self._waveform = None
            self.setAccessibleDescription(sentence)
        self._position = 0.0
        self._pictures = None
        self._pointed = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if shows is _Shows.PEAKS else Qt.FocusPolicy.NoFocus)
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if shows is _Shows.PEAKS else Qt.CursorShape.ArrowCursor
        )
        self.update()

    # Painting

    @override
    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.focus if self.hasFocus() else tokens.border), 1))
        painter.setBrush(QColor(tokens.surface_0))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if self._shows is _Shows.PEAKS:
            self._paint_peaks(painter)
        elif self._sentence:
            painter.setPen(QColor(tokens.text_muted))
            painter.setFont(sized(SECONDARY_SIZE))
            area = self.rect().adjusted(16, 8, -16, -8)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._sentence)

    def _paint_peaks(self, painter: QPainter) -> None:
        tokens = current_tokens()
        unplayed, played = self._drawn()
        area, head = self._area(), self._x_of(self._position)
        ratio = self.devicePixelRatioF()
        painter.drawPixmap(area.topLeft(), unplayed)
        if self._position > 0:
            width = head - area.left()
            source = QRect(0, 0, round(width * ratio), played.height())
            painter.drawPixmap(QRect(area.left(), area.top(), width, area.height()), played, source)
            painter.fillRect(head, 1, 1, self.height() - 2, QColor(tokens.text))
        if self._pointed is not None:
            painter.fillRect(self._pointed, 1, 1, self.height() - 2, QColor(tokens.border_strong))
            self._paint_time(painter, self._pointed)

    def _paint_time(self, painter: QPainter, x: int) -> None:
        tokens = current_tokens()
        painter.setFont(sized(11))
        told = clock(self.seconds_at(x)) if self._duration >= 10 else f"{self.seconds_at(x):.2f} s"
        width = painter.fontMetrics().horizontalAdvance(told) + 8
        left = x + 4 if x + 4 + width < self.width() else x - 3 - width
        box = QRect(left, 4, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface_3))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, told)

    def _drawn(self) -> tuple[QPixmap, QPixmap]:
        """Return the picture in the colours of what was not played yet, and of what was."""
        ratio = self.devicePixelRatioF()
        area = self._area()
        width, height = round(area.width() * ratio), round(area.height() * ratio)
        known = self._pictures
        if known is not None and (known[0].width(), known[0].height()) == (width, height):
            return known
        assert self._waveform is not None
        tokens = current_tokens()
        lines = _lines(self._waveform, width, height)
        colors = (mixed(tokens.text_muted, tokens.surface_0, 0.75), tokens.accent)
        first, second = (_picture(lines, width, height, ratio, color) for color in colors)
        self._pictures = (first, second)
        return self._pictures

    def _area(self) -> QRect:
        return self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def _x_of(self, seconds: float) -> int:
        area = self._area()
        share = min(1.0, max(0.0, seconds / self._duration)) if self._duration else 0.0
        return area.left() + round(share * area.width())

    def seconds_at(self, x: int) -> float:
        """Return the moment of the file at a place in the widget."""
        area = self._area()
        share = (x - area.left()) / max(1, area.width())
        return min(1.0, max(0.0, share)) * self._duration

    # Mouse and keyboard

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.has_peaks and event.button() is Qt.MouseButton.LeftButton:
            self.seek_requested.emit(self.seconds_at(event.position().toPoint().x()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.has_peaks:
            return
        x = event.position().toPoint().x()
        self._pointed = x
        self.update()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_requested.emit(self.seconds_at(x))

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = None
        self.update()
        super().leaveEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        wide = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = min(_WIDE_STEP_SECONDS if wide else _STEP_SECONDS, self._duration * _SHARE_OF_SHORT)
        targets = {
            Qt.Key.Key_Left: self._position - step,
            Qt.Key.Key_Right: self._position + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self._duration,
        }
        target = targets.get(Qt.Key(event.key()))
        if target is not None:
            self.seek_requested.emit(min(self._duration, max(0.0, target)))
        elif event.key() == Qt.Key.Key_Space:
            self.play_requested.emit()
        else:
            super().keyPressEvent(event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._pictures = None
            self.update()


def _lines(waveform: Waveform, width: int, height: int) -> list[QLine]:
    """Return a vertical line for each pixel column of each channel, in device pixels."""
    lines: list[QLine] = []
    drawn = lanes(waveform, width)
    lane_height = height / len(drawn)
    for number, lane in enumerate(drawn):
        middle = lane_height * (number + 0.5) + 0.5
        scale = (lane_height / 2 - 1) / FULL_SCALE
        lines += [
            QLine(x, int(middle - high * scale), x, int(middle - low * scale))
            for x, (low, high) in enumerate(lane)
        ]
    return lines


def _picture(lines: list[QLine], width: int, height: int, ratio: float, color: str) -> QPixmap:
    picture = QPixmap(width, height)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QPen(QColor(color), 1))
    painter.drawLines(lines)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture
