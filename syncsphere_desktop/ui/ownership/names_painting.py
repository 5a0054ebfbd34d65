"""Paints the frozen names: sign, name, unit, and who holds the track, however the columns are scrolled."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter

from syncsphere_desktop.ui.ownership.geometry import HOLDERS_ROOM, Geometry
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.marks import Marks, begins_unit, paint_grounds
from syncsphere_desktop.ui.ownership.style import GridStyle
from syncsphere_desktop.ui.ownership.values import Held, Track
from syncsphere_desktop.ui.theme.icons import paint_icon

_PADDING = 8
_INDENT = 16
_SIGN = 16
_DOT = 8
_FACE = 18
_FACES = 3
_NAME_ROOM = 84
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class NamesPainter:
    """Paints the names in an area. They are left alone where none of them reaches into it."""

    def __init__(self, model: GridModel, style: GridStyle) -> None:
        self._model = model
        self._style = style

    def paint(self, painter: QPainter, area: QRect, geometry: Geometry, marks: Marks) -> None:
        """Paint what of the names lies in `area`."""
        style, model, sizes = self._style, self._model, geometry.sizes
        rows = geometry.rows_in(area)
        # Where holders are faces, names are written up to them.
        with_names = sizes.has_text or area.left() < geometry.names - HOLDERS_ROOM
        bottom = min(geometry.top(geometry.rows), geometry.height)
        if bottom < geometry.height:
            painter.fillRect(0, bottom, geometry.names, geometry.height - bottom, style.ground)
        ruled = QRect(area.left(), sizes.header, geometry.names - area.left(), bottom - sizes.header)
        tile = style.ruling(None, painter)
        offset = QPoint(0, geometry.y % tile.deviceIndependentSize().toSize().height())
        painter.drawTiledPixmap(ruled, tile, offset)
        paint_grounds(painter, style, rows, geometry, marks)
        first = geometry.y // sizes.row
        for row in rows:
            line = geometry.line(row)
            if begins_unit(model, row):
                painter.fillRect(0, line.top() - 1, geometry.names, 1, style.divider)
            track, held = model.track(row), model.held(row)
            right = self._paint_holders(painter, line, held, geometry.names - _PADDING)
            if with_names or held.is_contested:
                heads = row in (0, first) or begins_unit(model, row)
                self._paint_name(painter, line, track, right, heads=heads, selected=row in marks.selected)
        painter.fillRect(geometry.names - 1, sizes.header, 1, geometry.height, style.edge)

    def _paint_name(
        self, painter: QPainter, line: QRect, track: Track, right: int, *, heads: bool, selected: bool
    ) -> None:
        style = self._style
        left = _PADDING + (0 if track.is_unit or track.unit is None else _INDENT)
        side = min(_SIGN, line.height() - 2)
        sign = QRect(left, line.top() + (line.height() - side) // 2, side, side)
        paint_icon(painter, sign, track.icon, (style.selected_text if selected else style.muted).name())
        left += side + 8
        if heads and track.unit and not track.is_unit:
            right = self._paint_unit(painter, line, track.unit, left, right, selected=selected)
        painter.setFont(style.name_font)
        painter.setPen(style.selected_text if selected else style.text if track.in_bundle else style.muted)
        name = style.fitted(track.name, style.name_font, right - left)
        painter.drawText(QRect(left, line.top(), right - left, line.height()), _LEFT, name)

    def _paint_holders(self, painter: QPainter, line: QRect, held: Held, right: int) -> int:
        """Paint who holds the track at the right; return where the name's room ends."""
        style = self._style
        if not style.sizes.has_text:
            return self._paint_holder_name(painter, line, held, right)
        side = min(_FACE, line.height() - 2)
        y = line.top() + (line.height() - side) // 2
        if not held.owners:
            painter.setPen(style.dashed)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(right - side, y, side - 1, side - 1))
            return right - side - 8
        for owner in reversed(held.owners[:_FACES]):
            right -= side
            face = style.face(owner, self._model.people.name_of(owner), side, painter)
            painter.drawPixmap(right, y, face)
            right -= 2
        if held.is_contested:
            right -= 16
            paint_icon(painter, QRect(right, line.center().y() - 6, 14, 14), "warning", style.warning.name())
        return right - 6

    def _paint_holder_name(self, painter: QPainter, line: QRect, held: Held, right: int) -> int:
        """Write the first holder's name after a spot of colour, where initials would be too small to read."""
        style = self._style
        left = right - _NAME_ROOM - _DOT - 6
        if held.owners:
            told = self._model.people.name_of(held.owners[0])
            if held.is_contested:
                told = f"+{len(held.owners) - 1} {told}"
            size = QSize(_NAME_ROOM + _DOT + 6, line.height() - 1)
            painter.drawPixmap(left, line.top(), style.label(held.owners[0], told, size, painter))
        return left - 6

    def _paint_unit(
        self, painter: QPainter, line: QRect, unit: str, left: int, right: int, *, selected: bool
    ) -> int:
        """Write the unit at the right of its first row; return where the room for the name ends."""
        style = self._style
        room = (right - left) // 2
        shown = style.fitted(unit, style.caption_font, room)
        painter.setFont(style.caption_font)
        painter.setPen(style.selected_text if selected else style.muted)
        painter.drawText(QRect(right - room, line.top(), room, line.height()), _RIGHT, shown)
        return right - style.metrics(style.caption_font).horizontalAdvance(shown) - 8
