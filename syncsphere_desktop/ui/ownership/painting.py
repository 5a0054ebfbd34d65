"""Paints the grid: grounds, holders, flashes, then the frozen names and the header over them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.geometry import Geometry
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.marks import Marks, begins_unit, paint_grounds
from syncsphere_desktop.ui.ownership.names_painting import NamesPainter
from syncsphere_desktop.ui.ownership.style import GridStyle
from syncsphere_desktop.ui.ownership.values import Held, Person
from syncsphere_desktop.ui.ownership.words import AWAY, FREE_WORD, NOBODY_WORD, RELEASING, cell_words
from syncsphere_desktop.ui.theme.icons import paint_icon
from syncsphere_desktop.ui.widgets.person import paint_avatar

_FLASH_STRENGTH = 0.55
_PADDING = 8
_INDENT = 16
_SIGN = 16
_DOT = 8
_FACES = 3
_NAME_ROOM = 84
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_CENTRE = Qt.AlignmentFlag.AlignCenter
_BOTTOM = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom


class GridPainter:
    """Paints one area of the viewport at a time, and of it only what is there."""

    def __init__(self, model: GridModel, style: GridStyle) -> None:
        self._model = model
        self._style = style
        self._names = NamesPainter(model, style)

    def paint(self, painter: QPainter, area: QRect, geometry: Geometry, marks: Marks) -> None:
        """Paint what lies in `area`."""
        cells = area.intersected(geometry.cells)
        painter.fillRect(area, self._style.ground)
        if not cells.isEmpty():
            painter.save()
            painter.setClipRect(cells)
            self._paint_cells(painter, cells, geometry, marks)
            painter.restore()
        if area.left() < geometry.names and area.bottom() >= geometry.sizes.header:
            painter.save()
            painter.setClipRect(QRect(0, geometry.sizes.header, geometry.names, geometry.height))
            self._names.paint(painter, area, geometry, marks)
            painter.restore()
        if area.top() < geometry.sizes.header:
            self._paint_header(painter, area, geometry, marks)

    # Cells

    def _paint_cells(self, painter: QPainter, area: QRect, geometry: Geometry, marks: Marks) -> None:
        style, rows, columns = self._style, geometry.rows_in(area), geometry.columns_in(area)
        right = min(area.right() + 1, geometry.left(geometry.columns))
        bottom = min(geometry.top(geometry.rows), geometry.height)
        ruled = QRect(area.left(), area.top(), right - area.left(), bottom - area.top())
        tile = style.ruling(geometry.column_width, painter)
        across, down = (
            ruled.left() - geometry.names + geometry.x,
            ruled.top() - geometry.sizes.header + geometry.y,
        )
        size = tile.deviceIndependentSize().toSize()
        offset = QPoint(across % size.width(), down % size.height())
        painter.drawTiledPixmap(ruled, tile, offset)
        paint_grounds(painter, style, rows, geometry, marks)
        for row in rows:
            if begins_unit(self._model, row):
                painter.fillRect(area.left(), geometry.top(row) - 1, right - area.left(), 1, style.divider)
        painter.setFont(style.cell_font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, style.sizes.has_text)
        now, people = self._model.clock.now(), self._model.people
        for row in rows:
            held = self._model.held(row)
            for owner, column in zip(held.owners or (None,), people.columns_of(held), strict=True):
                if column in columns:
                    place = geometry.cell(row, column)
                    if owner is None:
                        self._paint_free(painter, place, is_confirmed=held.confirmed)
                    else:
                        self._paint_holder(painter, place, held, owner, now)
        self._paint_flashes(painter, geometry, marks)
        if marks.current is not None and marks.has_focus:
            painter.setPen(style.focus)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(geometry.cell(*marks.current)).adjusted(1, 1, -2, -2), 4, 4)

    def _paint_free(self, painter: QPainter, cell: QRect, *, is_confirmed: bool) -> None:
        style = self._style
        if not style.sizes.has_text:
            painter.setPen(style.dashed)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(cell.adjusted(3, 2, -4, -4))
            return
        painter.setPen(style.dashed)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(cell).adjusted(3.5, 3.5, -4.5, -4.5), 4, 4)
        painter.setPen(style.muted)
        painter.drawText(cell, _CENTRE, FREE_WORD if is_confirmed else RELEASING)

    def _paint_holder(self, painter: QPainter, cell: QRect, held: Held, owner: UserId, now: float) -> None:
        style = self._style
        fill, words, hatch = style.fill(owner)
        stale = self._model.people.is_stale(owner, held.since)
        if held.confirmed and not stale and not style.sizes.has_text:  # most cells where there are most
            painter.fillRect(cell.x() + 1, cell.y() + 1, cell.width() - 3, cell.height() - 3, fill)
            return
        box = cell.adjusted(2, 2, -3, -3) if style.sizes.has_text else cell.adjusted(1, 1, -2, -2)
        if held.confirmed:
            self._fill(painter, box, QBrush(fill))
            if stale:
                self._fill(painter, box, hatch)
        else:
            painter.setPen(QPen(fill, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 4, 4)
        if not style.sizes.has_text:
            return
        ink = words if held.confirmed else style.text
        room = box.adjusted(_PADDING, 0, -_PADDING, 0)
        if held.is_contested:
            side = min(14, box.height() - 4)
            sign = QRect(room.right() - side + 3, box.center().y() - side // 2 + 1, side, side)
            paint_icon(painter, sign, "warning", ink.name())
            room.setRight(sign.left() - 2)
        text = style.fitted(cell_words(held, stale=stale, now=now), style.cell_font, room.width())
        if stale:  # words on hatching are hard to read
            width = style.metrics(style.cell_font).horizontalAdvance(text) + 8
            self._fill(painter, QRect(room.left() - 4, box.top() + 3, width, box.height() - 6), QBrush(fill))
        painter.setPen(ink)
        painter.drawText(room, _LEFT, text)

    def _fill(self, painter: QPainter, box: QRect, brush: QBrush) -> None:
        if not self._style.sizes.has_text:
            painter.fillRect(box, brush)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush)
        painter.drawRoundedRect(box, 4, 4)

    def _paint_flashes(self, painter: QPainter, geometry: Geometry, marks: Marks) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._style.accent)
        for (row, column), left in marks.flashes.items():
            painter.setOpacity(_FLASH_STRENGTH * left)
            painter.drawRect(geometry.cell(row, column).adjusted(0, 0, -1, -1))
        painter.setOpacity(1.0)

    # Header

    def _paint_header(self, painter: QPainter, area: QRect, geometry: Geometry, marks: Marks) -> None:
        style, sizes = self._style, geometry.sizes
        head = QRect(0, 0, geometry.width, sizes.header)
        painter.save()
        painter.setClipRect(head.adjusted(geometry.names, 0, 0, 0))
        painter.fillRect(head, style.frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        current = None if marks.current is None or not marks.has_focus else marks.current[1]
        for column in geometry.columns_in(QRect(geometry.names, 0, geometry.width, 1)):
            place = QRect(geometry.left(column), 0, geometry.column_width, sizes.header)
            if not place.intersects(area):
                continue
            if marks.hovered is not None and marks.hovered[1] == column:
                painter.fillRect(place, style.hover)
            self._paint_head(painter, place, self._model.people.at(column), is_current=column == current)
            painter.fillRect(place.right(), 8, 1, sizes.header - 16, style.edge)
        painter.restore()
        corner = QRect(0, 0, geometry.names, sizes.header)
        painter.fillRect(corner, style.frame)
        painter.setFont(style.caption_font)
        painter.setPen(style.muted)
        painter.drawText(corner.adjusted(_PADDING, 0, -_PADDING, -6), _BOTTOM, self._corner_words())
        painter.fillRect(0, sizes.header - 1, geometry.width, 1, style.edge)
        painter.fillRect(geometry.names - 1, 0, 1, sizes.header, style.edge)

    def _corner_words(self) -> str:
        total, shown = len(self._model.tracks), self._model.row_count
        return counted(total, "track") if shown == total else f"{shown} of {counted(total, 'track')}"

    def _paint_head(
        self, painter: QPainter, place: QRect, person: Person | None, *, is_current: bool
    ) -> None:
        style, side = self._style, self._style.sizes.avatar
        with_name = place.width() >= 72
        x = place.left() + (_PADDING if with_name else (place.width() - side) // 2)
        y = 7 if with_name else (place.height() - side) // 2
        disc = QRect(x, y, side, side)
        if person is None:
            painter.setPen(style.dashed)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(disc).adjusted(1, 1, -1, -1))
        else:
            painter.setFont(style.name_font)
            paint_avatar(painter, disc, person.id, person.name, style.tokens)
            self._paint_presence(painter, disc, person)
        if not with_name:
            return
        painter.setFont(style.caption_font)
        if person is not None:
            beside = QRect(disc.right() + 10, y, place.right() - disc.right() - 14, side)
            word = {None: "", True: "here", False: AWAY}[person.here]
            if not person.is_collaborator and not word:
                word = "guest"
            painter.setPen(style.muted)
            painter.drawText(beside, _LEFT, style.fitted(word, style.caption_font, beside.width()))
        painter.setPen(style.text if is_current or person is not None else style.muted)
        room = place.adjusted(_PADDING, y + side + 2, -_PADDING, -3)
        name = NOBODY_WORD if person is None else person.name
        painter.drawText(room, _LEFT, style.fitted(name, style.caption_font, room.width()))
        if is_current:
            painter.fillRect(place.left(), place.bottom() - 2, place.width() - 1, 2, style.focus.color())

    def _paint_presence(self, painter: QPainter, disc: QRect, person: Person) -> None:
        if person.here is None:
            return
        style = self._style
        centre = QPointF(disc.right() - 1.0, disc.bottom() - 1.0)
        painter.setPen(QPen(style.frame, 2))
        painter.setBrush(style.success if person.here else style.frame)
        painter.drawEllipse(centre, _DOT / 2 + 1, _DOT / 2 + 1)
        if not person.here:
            painter.setPen(QPen(style.muted, 1.5))
            painter.drawEllipse(centre, _DOT / 2 - 1, _DOT / 2 - 1)
