"""The grid's colours, fonts and brushes for one theme and density."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from syncsphere_desktop.domain.humane import initials
from syncsphere_desktop.ui.ownership.geometry import Sizes
from syncsphere_desktop.ui.theme.fonts import CAPTION_SIZE, sized, tabular
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens, mixed
from syncsphere_desktop.ui.widgets.person import paint_avatar

_HATCH_OPACITY = 110
_TEXTS_KEPT = 20_000
_SPOT = 8
_TILE = 512
PersonInk = tuple[QColor, QColor, QBrush]


class GridStyle:
    """Made anew when the theme or the density changes."""

    def __init__(self, sizes: Sizes, tokens: Tokens | None = None) -> None:
        tokens = self.tokens = tokens or current_tokens()
        self.sizes = sizes
        self.ground = QColor(tokens.surface_0)
        self.frame = QColor(tokens.surface_1)
        self.hover = QColor(tokens.hover)
        self.selection = QColor(tokens.selection)
        self.hairline = QColor(mixed(tokens.border, tokens.surface_0, 0.5))
        self.column_line = QColor(mixed(tokens.border, tokens.surface_0, 0.35))
        self.edge = QColor(tokens.border)
        self.divider = QColor(mixed(tokens.border_strong, tokens.surface_0, 0.55))
        self.accent = QColor(tokens.accent)
        self.text = QColor(tokens.text)
        self.muted = QColor(tokens.text_muted)
        self.selected_text = QColor(tokens.selection_text)
        self.warning = QColor(tokens.warning)
        self.success = QColor(tokens.success)
        self.focus = QPen(QColor(tokens.focus), 2)
        self.outline = QPen(QColor(tokens.text), 1.5)
        self.dashed = QPen(QColor(tokens.border_strong), 1, Qt.PenStyle.DashLine)
        self.name_font = sized(sizes.text)
        self.cell_font = tabular(sizes.cell_text)
        self.caption_font = sized(CAPTION_SIZE)
        self._people: dict[int, PersonInk] = {}
        self._faces: dict[tuple[int, str, int, float], QPixmap] = {}
        self._rulings: dict[tuple[int | None, float], QPixmap] = {}
        self._metrics: dict[int, QFontMetrics] = {}
        self._texts: dict[tuple[str, int, int], str] = {}

    def fill(self, person_id: int) -> PersonInk:
        """Return a person's colour, the colour of words on it, and the hatching of who is gone."""
        known = self._people.get(person_id)
        if known is None:
            color = self.tokens.person(person_id)
            words = QColor(color.text)
            hatch = QColor(words)
            hatch.setAlpha(_HATCH_OPACITY)
            brush = QBrush(hatch, Qt.BrushStyle.BDiagPattern)
            known = self._people[person_id] = QColor(color.fill), words, brush
        return known

    def face(self, person_id: int, name: str, side: int, painter: QPainter) -> QPixmap:
        """Return a person's initials in their colour, painted once."""
        ratio = painter.device().devicePixelRatioF()
        key = (person_id % len(self.tokens.people), initials(name), side, ratio)
        known = self._faces.get(key)
        if known is None:
            known = self._faces[key] = _transparent(QSize(side, side), ratio)
            brush = QPainter(known)
            brush.setFont(self.name_font)
            paint_avatar(brush, QRect(0, 0, side, side), person_id, name, self.tokens)
            brush.end()
        return known

    def label(self, person_id: int, name: str, size: QSize, painter: QPainter) -> QPixmap:
        """Return a spot of a person's colour with a name after it, painted once."""
        ratio = painter.device().devicePixelRatioF()
        key = (person_id % len(self.tokens.people), name, size.width(), ratio)
        known = self._faces.get(key)
        if known is None:
            known = self._faces[key] = _transparent(size, ratio)
            brush = QPainter(known)
            top = (size.height() - _SPOT) // 2
            brush.fillRect(0, top, _SPOT, _SPOT, self.fill(person_id)[0])
            brush.setFont(self.caption_font)
            brush.setPen(self.muted)
            room = size.width() - _SPOT - 6
            text = self.fitted(name, self.caption_font, room)
            brush.drawText(QRect(_SPOT + 6, 0, room, size.height()), Qt.AlignmentFlag.AlignVCenter, text)
            brush.end()
        return known

    def ruling(self, column: int | None, painter: QPainter) -> QPixmap:
        """Return the ground of many cells with hairlines, to be laid as tiles; None: without columns.

        It begins at a cell's corner. Few large tiles without transparency are laid in no time.
        """
        ratio = painter.device().devicePixelRatioF()
        known = self._rulings.get((column, ratio))
        if known is None:
            width = _TILE if column is None else column * max(1, _TILE // column)
            height = self.sizes.row * max(1, _TILE // self.sizes.row)
            known = QPixmap(round(width * ratio), round(height * ratio))
            known.setDevicePixelRatio(ratio)
            known.fill(self.ground)
            brush = QPainter(known)
            for x in range(0 if column is None else column, width + 1, column or width + 1):
                brush.fillRect(x - 1, 0, 1, height, self.column_line)
            for y in range(self.sizes.row, height + 1, self.sizes.row):
                brush.fillRect(0, y - 1, width, 1, self.hairline)
            brush.end()
            self._rulings[column, ratio] = known
        return known

    def fitted(self, text: str, font: QFont, room: int) -> str:
        """Return a text cut at its end to `room` pixels."""
        key = (text, font.pixelSize(), room)
        known = self._texts.get(key)
        if known is None:
            if len(self._texts) >= _TEXTS_KEPT:
                self._texts.clear()
            line = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
            known = self.metrics(font).elidedText(line, Qt.TextElideMode.ElideRight, max(0, room))
            self._texts[key] = known
        return known

    def metrics(self, font: QFont) -> QFontMetrics:
        """Return the measures of one of this style's fonts."""
        known = self._metrics.get(id(font))
        if known is None:
            known = self._metrics[id(font)] = QFontMetrics(font)
        return known


def _transparent(size: QSize, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap
