"""Paints the cells of a list. A whole column at a time, as fonts and pens are dear to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from syncsphere_desktop.domain.humane import initials
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide, Tone
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, monospace, sized, tabular
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens, mixed
from syncsphere_desktop.ui.widgets.person import AVATAR, paint_avatar

ROW_HEIGHT = 32
PADDING = 8
_DOT = 8
_GAP = 8
_LONGEST_BAR = 180
_TEXTS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class CellText:
    """What one cell of a column shows. `text` is None where the row is not here yet."""

    y: int
    text: str | None
    row: Any = None
    selected: bool = False
    faded: bool = False
    pending: bool = False


class CellPainter:
    """Fonts, colours and measured texts of one theme; made anew when the theme changes."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self.tokens = tokens or current_tokens()
        figures, mono = tabular(), monospace()
        self._fonts: dict[ColumnKind, QFont] = dict.fromkeys(ColumnKind, sized(BODY_SIZE))
        self._fonts |= {ColumnKind.NUMBER: figures, ColumnKind.TIME: figures, ColumnKind.MONO: mono}
        self._metrics = {kind: QFontMetrics(font) for kind, font in self._fonts.items()}
        self._texts: dict[tuple[str, int, ColumnKind, Elide], tuple[str, int]] = {}
        self._discs: dict[tuple[int | None, str, float], QPixmap] = {}
        self._dots: dict[tuple[str, float], QPixmap] = {}
        color = self.tokens
        self.ground = QColor(color.surface_0)
        self.hover = QColor(color.hover)
        self.selection = QColor(color.selection)
        self.hairline = QColor(mixed(color.border, color.surface_0, 0.5))
        self.divider = QColor(color.border_strong)
        self.accent = QColor(color.accent)
        self.focus = QPen(QColor(color.focus), 1.5)
        self._bar = QColor(mixed(color.text_muted, color.surface_0, 0.18))
        self._text = QColor(color.text)
        self._muted = QColor(color.text_muted)
        self._selected_text = QColor(color.selection_text)

    def paint_column(
        self, painter: QPainter, column: Column[Any], x: int, width: int, cells: Sequence[CellText]
    ) -> None:
        """Paint the cells of one column, which is at `x` and `width` wide."""
        kind = column.kind
        painter.setFont(self._fonts[kind])
        metrics = self._metrics[kind]
        baseline = (ROW_HEIGHT - metrics.height()) // 2 + metrics.ascent()
        lead = self._lead(kind)
        room = width - 2 * PADDING - lead
        pen: QColor | None = None
        bars: list[QRect] = []
        for cell in cells:
            if cell.text is None:
                bars.append(self._bar_rect(column, x, width, cell.y, len(bars)))
                continue
            if lead and cell.row is not None and cell.text:
                self._paint_lead(painter, column, x + PADDING, cell)
            shown, advance = self.fitted(cell.text, room, kind, column.elide)
            if not shown:
                continue
            color = self._color(kind, cell)
            if color is not pen:
                painter.setPen(color)
                pen = color
            left = x + width - PADDING - advance if column.aligned_right else x + PADDING + lead
            painter.drawText(left, cell.y + baseline, shown)
        for bar in bars:
            painter.fillRect(bar, self._bar)

    def fitted(self, text: str, room: int, kind: ColumnKind, elide: Elide) -> tuple[str, int]:
        """Return the text cut to `room` pixels, and its width."""
        key = (text, room, kind, elide)
        known = self._texts.get(key)
        if known is not None:
            return known
        if len(self._texts) >= _TEXTS_KEPT:
            self._texts.clear()
        metrics = self._metrics[kind]
        line = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
        advance = metrics.horizontalAdvance(line)
        if advance > room:
            where = Qt.TextElideMode.ElideMiddle if elide is Elide.MIDDLE else Qt.TextElideMode.ElideRight
            line = metrics.elidedText(line, where, max(0, room))
            advance = metrics.horizontalAdvance(line)
        self._texts[key] = line, advance
        return line, advance

    def width_of(self, column: Column[Any], text: str) -> int:
        """Return the width of a cell that shows all of `text`."""
        metrics = self._metrics[column.kind]
        return metrics.horizontalAdvance(text) + 2 * PADDING + self._lead(column.kind)

    def _color(self, kind: ColumnKind, cell: CellText) -> QColor:
        if cell.faded or cell.pending:
            return self._muted
        if cell.selected:
            return self._selected_text
        return self._muted if kind in (ColumnKind.TIME, ColumnKind.MONO) else self._text

    def _lead(self, kind: ColumnKind) -> int:
        """Return the room that a cell's sign takes before its text."""
        if kind is ColumnKind.PERSON:
            return AVATAR + _GAP
        return _DOT + _GAP if kind is ColumnKind.STATUS else 0

    def _bar_rect(self, column: Column[Any], x: int, width: int, y: int, at: int) -> QRect:
        room = width - 2 * PADDING
        length = max(8, min(room, _LONGEST_BAR) * (45 + (at * 37 + len(column.title) * 11) % 40) // 100)
        left = x + width - PADDING - length if column.aligned_right else x + PADDING
        return QRect(left, y + ROW_HEIGHT // 2 - 4, min(length, max(0, room)), 8)

    def _paint_lead(self, painter: QPainter, column: Column[Any], x: int, cell: CellText) -> None:
        ratio = painter.device().devicePixelRatioF()
        if column.kind is ColumnKind.PERSON:
            person = None if column.person is None else column.person(cell.row)
            disc = self._disc(person, cell.text or "", ratio)
            painter.drawPixmap(x, cell.y + (ROW_HEIGHT - AVATAR) // 2, disc)
        else:
            tone = Tone.NEUTRAL if column.tone is None else column.tone(cell.row)
            painter.drawPixmap(x, cell.y + (ROW_HEIGHT - _DOT) // 2, self._dot(tone.value, ratio))

    def _dot(self, token: str, ratio: float) -> QPixmap:
        dot = self._dots.get((token, ratio))
        if dot is None:
            dot = _transparent(_DOT, ratio)
            _fill_circle(dot, QColor(self.tokens.color(token)), _DOT)
            self._dots[token, ratio] = dot
        return dot

    def _disc(self, person: int | None, name: str, ratio: float) -> QPixmap:
        key = (None if person is None else person % len(self.tokens.people), initials(name), ratio)
        disc = self._discs.get(key)
        if disc is None:
            disc = self._discs[key] = self._drawn_disc(person, name, ratio)
        return disc

    def _drawn_disc(self, person: int | None, name: str, ratio: float) -> QPixmap:
        disc = _transparent(AVATAR, ratio)
        if person is None:
            _fill_circle(disc, QColor(self.tokens.border), AVATAR)
        else:
            painter = QPainter(disc)
            painter.setFont(self._fonts[ColumnKind.PERSON])
            paint_avatar(painter, QRect(0, 0, AVATAR, AVATAR), person, name, self.tokens)
            painter.end()
        return disc


def _transparent(side: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _fill_circle(pixmap: QPixmap, color: QColor, side: int) -> None:
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(side / 2, side / 2), side / 2, side / 2)
    painter.end()
