"""The grid on screen: one painted widget with frozen names and header, driven by mouse and keyboard."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QToolTip, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.ownership.flashes import Flashes
from syncsphere_desktop.ui.ownership.geometry import (
    HOLDERS_ROOM,
    NAMES_WIDTH,
    NARROWEST_NAMES,
    SIZES,
    Density,
    Geometry,
)
from syncsphere_desktop.ui.ownership.grid_model import HOLDERS, NAME, Cell, GridModel
from syncsphere_desktop.ui.ownership.keys import TypeAhead, target_cell
from syncsphere_desktop.ui.ownership.marks import Marks
from syncsphere_desktop.ui.ownership.pacing import FramePace
from syncsphere_desktop.ui.ownership.painting import GridPainter
from syncsphere_desktop.ui.ownership.scrolling import set_ranges
from syncsphere_desktop.ui.ownership.selection import GridSelection
from syncsphere_desktop.ui.ownership.style import GridStyle
from syncsphere_desktop.ui.ownership.tips import accessible_words, tip_at
from syncsphere_desktop.ui.theme.motion import motion_wanted
from syncsphere_desktop.ui.widgets.painted_area import PaintedArea
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

_CLOCK_MILLISECONDS = 1000
_YOUNG_SECONDS = 61.0
_OLD_EVERY = 15
_SINGLE_CELLS = 48
"""Up to so many changed cells are painted each for itself; more of them cost less as one area."""
_GRIP = 4
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class GridCanvas(PaintedArea):
    """Shows a `GridModel`. Rows are selected whole, see `selection`; the keyboard is on a cell."""

    activated = Signal()
    """Enter or a double click on the current track."""
    menu_requested = Signal(QPoint)
    """A context menu is wanted at this global place; the track below it is selected."""
    release_requested = Signal()
    """Del; what it is about is the selection."""

    def __init__(self, model: GridModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.selection = GridSelection(model, self)
        self.density = Density.COMFORTABLE
        self.repaints = 0
        self._names = NAMES_WIDTH
        self._style = GridStyle(SIZES[self.density])
        self._painter = GridPainter(model, self._style)
        self._flashes = Flashes(is_moving=motion_wanted())
        self._shares: dict[Cell, float] = {}
        self._typing = TypeAhead(model)
        self._pace = FramePace(self._show_changes, self)
        self._hovered: Cell | None = None
        self._gripped = False
        self._overlay: QWidget | None = None
        self._ticks = 0
        self._clock = QTimer(self, interval=_CLOCK_MILLISECONDS)
        self._clock.timeout.connect(self._on_clock_timeout)
        self._build()

    def _build(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Grid of tracks")
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.model.on_cells = self._pace.request
        self.model.on_shape = self._on_model_shape
        self.selection.changed.connect(self.viewport().update)
        self.selection.moved.connect(self._on_selection_moved)
        self._clock.start()

    # What the owner does

    @property
    def geometry_now(self) -> Geometry:
        """Return where everything stands at this moment."""
        size = self.viewport().size()
        return Geometry(
            SIZES[self.density],
            size.width(),
            size.height(),
            self.model.row_count,
            self.model.column_count,
            self.horizontalScrollBar().value(),
            self.verticalScrollBar().value(),
            self._names,
        )

    @property
    def lit(self) -> frozenset[Cell]:
        """Return the cells that flash at this moment."""
        return frozenset(self._shares)

    @property
    def names_width(self) -> int:
        """Return how wide the names are."""
        return self._names

    def set_names_width(self, width: int) -> None:
        """Give the names another width, within half of the grid's."""
        widest = max(NARROWEST_NAMES, self.viewport().width() // 2)
        self._names = max(NARROWEST_NAMES, min(widest, width))
        self._rearrange()

    def set_density(self, density: Density) -> None:
        """Show more of the grid at once, or less."""
        self.density = density
        self.restyle()
        self._rearrange()

    def set_motion(self, *, enabled: bool) -> None:
        """Flash cells that change, or don't, as when the system asks for less motion."""
        self._flashes.is_moving = enabled

    @override
    def restyle(self) -> None:
        """Take colours and fonts from the theme again."""
        self._style = GridStyle(SIZES[self.density])
        self._painter = GridPainter(self.model, self._style)
        self.viewport().update()

    def go_to(self, row: int, column: int | None = None) -> None:
        """Put the keyboard on a cell, select its track and bring it on screen."""
        if 0 <= row < self.model.row_count:
            at = self.selection.current
            self._move_to((row, column if column is not None else 0 if at is None else at[1]))
            self.selection.select_only(row)

    def set_overlay(self, overlay: QWidget | None) -> None:
        """Cover the grid with a widget that says why there is nothing, or uncover it."""
        if self._overlay is not None and self._overlay is not overlay:
            self._overlay.hide()
        self._overlay = overlay
        if overlay is not None:
            overlay.setParent(self.viewport())
            overlay.setGeometry(self.viewport().rect())
            overlay.show()
            overlay.raise_()

    # Painting

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        started = time.perf_counter()
        marks = Marks(
            self.selection.current,
            self._hovered,
            self.selection.rows if self.selection.count else frozenset(),
            self._shares,
            has_focus=self.hasFocus(),
        )
        painter = QPainter(self.viewport())
        self._painter.paint(painter, event.rect(), self.geometry_now, marks)
        painter.end()
        self.repaints += 1
        self._pace.spent(time.perf_counter() - started)

    def _show_changes(self) -> None:
        """Paint what changed since the last frame, and the flashes that go on."""
        changed = self.model.take_changes()
        geometry = self.geometry_now
        rows, columns = geometry.rows_in(geometry.cells), geometry.columns_in(geometry.cells)
        seen = [cell for cell in changed if cell[0] in rows and cell[1] in columns]
        self._flashes.light(seen)
        self._shares, out = self._flashes.burn()
        dirty = {*seen, *self._shares, *out}
        if len(dirty) > _SINGLE_CELLS:
            self.viewport().update(geometry.cells.adjusted(-HOLDERS_ROOM, 0, 0, 0))
        else:
            for cell in dirty:
                self.viewport().update(geometry.cell(*cell).intersected(geometry.cells))
            for row in {row for row, column in changed if column == HOLDERS and row in rows}:
                place = QRect(
                    geometry.names - HOLDERS_ROOM, geometry.top(row), HOLDERS_ROOM, geometry.sizes.row
                )
                self.viewport().update(place)
        for row, column in changed:
            if column == NAME and row in rows:
                self.viewport().update(0, geometry.top(row), geometry.names, geometry.sizes.row)
        current = self.selection.current
        if current is not None and (current[0], HOLDERS) in changed:
            self._speak()
        if self._flashes:
            self._pace.request()

    def _on_model_shape(self) -> None:
        self._flashes.clear()
        self._shares = {}
        self.selection.prune()
        self._rearrange()

    def _rearrange(self) -> None:
        set_ranges(self.horizontalScrollBar(), self.verticalScrollBar(), self.geometry_now)
        self.viewport().update()

    def _on_clock_timeout(self) -> None:
        """Let the times held grow: each second while any on screen is told in seconds, else now and then."""
        self._ticks += 1
        if self.isVisible() and (self._ticks % _OLD_EVERY == 0 or self._shows_young()):
            self._pace.request()
            self.viewport().update()

    def _shows_young(self) -> bool:
        geometry, now = self.geometry_now, self.model.clock.now()
        rows = geometry.rows_in(geometry.cells)
        times = (self.model.held(row).since for row in rows)
        return any(since is not None and now - since < _YOUNG_SECONDS for since in times)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._rearrange()
        if self._overlay is not None:
            self._overlay.setGeometry(self.viewport().rect())

    # The keyboard

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held_keys = Qt.Key(event.key()), event.modifiers()
        size = self.model.row_count, self.model.column_count
        page = max(1, self.geometry_now.cells.height() // SIZES[self.density].row - 1)
        far = bool(held_keys & _CONTROL)
        target = target_cell(key, self.selection.current, size, page, far=far)
        if target is not None:
            self._move_to(target)
            if held_keys & _SHIFT:
                self.selection.extend_to(target[0])
            else:
                self.selection.select_only(target[0])
        elif key is Qt.Key.Key_Space and not self._typing.goes_on and self.selection.current is not None:
            self.selection.toggle(self.selection.current[0])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selection.current is not None:
            self.activated.emit()
        elif key is Qt.Key.Key_Delete:
            self.release_requested.emit()
        elif not self._type(event):
            super().keyPressEvent(event)

    def _type(self, event: QKeyEvent) -> bool:
        text = event.text()
        if not text.isprintable() or not text or event.modifiers() & ~_SHIFT & ~_KEYPAD:
            return False
        at = self.selection.current
        found = self._typing.find(text, -1 if at is None else at[0])
        if found is not None:
            self.go_to(found)
        return True

    def _move_to(self, cell: Cell) -> None:
        self.selection.move(*cell)
        x, y = self.geometry_now.offsets_showing(*cell)
        self.horizontalScrollBar().setValue(x)
        self.verticalScrollBar().setValue(y)

    def _on_selection_moved(self) -> None:
        self._speak()
        self.viewport().update()

    def _speak(self) -> None:
        at = self.selection.current
        if at is not None:
            told, place = accessible_words(self.model, at)
            if told != self.accessibleName():
                self.setAccessibleName(told)
            self.setAccessibleDescription(place)

    # The mouse

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if self._is_on_grip(place):
            self._gripped = event.button() is Qt.MouseButton.LeftButton
            return
        geometry = self.geometry_now
        row, column = geometry.row_at(place), geometry.column_at(place)
        at = self.selection.current
        if row is None:
            if column is not None and self.model.row_count:
                self._move_to((0 if at is None else at[0], column))
            elif place.y() >= geometry.sizes.header:
                self.selection.clear()
            return
        self.selection.move(row, column if column is not None else 0 if at is None else at[1])
        if event.button() is Qt.MouseButton.RightButton:
            if row not in self.selection.rows:
                self.selection.select_only(row)
        elif event.modifiers() & _SHIFT:
            self.selection.extend_to(row, keep=bool(event.modifiers() & _CONTROL))
        elif event.modifiers() & _CONTROL:
            self.selection.toggle(row)
        else:
            self.selection.select_only(row)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if self._gripped:
            self.set_names_width(place.x())
            return
        resizing = self._is_on_grip(place)
        self.viewport().setCursor(Qt.CursorShape.SplitHCursor if resizing else Qt.CursorShape.ArrowCursor)
        if event.buttons() & Qt.MouseButton.LeftButton and self.selection.current is not None:
            row = self.geometry_now.row_at(place)
            if row is not None:
                self._move_to((row, self.selection.current[1]))
                self.selection.extend_to(row)
            return
        self._hover(place)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._gripped = False

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.geometry_now.row_at(event.position().toPoint()) is not None:
            self.activated.emit()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(QPoint(-1, -1))

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.selection.count:
            self.menu_requested.emit(event.globalPos())

    def _is_on_grip(self, place: QPoint) -> bool:
        return abs(place.x() - self._names) <= _GRIP and place.y() < SIZES[self.density].header

    def _hover(self, place: QPoint) -> None:
        geometry = self.geometry_now
        row, column = geometry.row_at(place), geometry.column_at(place)
        inside = self.viewport().rect().contains(place)
        hovered = None
        if inside and (row is not None or column is not None):
            hovered = (-1 if row is None else row, -1 if column is None else column)
        if hovered != self._hovered:
            self._hovered = hovered
            self._pace.request()
            self.viewport().update()

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text, area = tip_at(self.model, self.geometry_now, event.pos())
            QToolTip.showText(event.globalPos(), plain_tip(text), self.viewport(), area)
            return True
        return super().viewportEvent(event)


_KEYPAD = Qt.KeyboardModifier.KeypadModifier
