"""The head of a list: sorting by click, columns to move, resize and hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.ui.tables.column import Column
from syncsphere_desktop.ui.theme.style import current_tokens

_NARROWEST = 48
_WIDEST_BY_CONTENT = 420
_MARGIN = 8
_ARROW = 12
_ARROW_HEIGHT = 4


class ListHeader(QHeaderView):
    """Shows the columns' titles. Emits `sort_requested(Sort)`; the sorting itself is the source's."""

    sort_requested = Signal(object)

    def __init__(self, columns: Sequence[Column[Any]], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = tuple(columns)
        self._sort: Sort | None = None
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setStretchLastSection(True)
        self.setMinimumSectionSize(_NARROWEST)
        self.setSortIndicatorShown(True)
        self.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setResizeContentsPrecision(0)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_context_menu_requested)
        self.sectionClicked.connect(self._on_section_clicked)

    def show_sort(self, sort: Sort | None) -> None:
        """Show by which column the list is sorted."""
        self._sort = sort
        keys = [column.sort_key for column in self._columns]
        section = keys.index(sort.key) if sort is not None and sort.key in keys else -1
        down = sort is not None and sort.descending
        order = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
        self.setSortIndicator(section, order)

    def hide_initially(self) -> None:
        """Hide the columns that are hidden until somebody asks for them."""
        for section, column in enumerate(self._columns):
            self.setSectionHidden(section, column.hidden)

    def size_to(self, wanted: Sequence[int]) -> None:
        """Give the columns their first widths; `wanted` is what their content takes."""
        for section, column in enumerate(self._columns):
            by_content = min(_WIDEST_BY_CONTENT, max(_NARROWEST, wanted[section]))
            self.resizeSection(section, by_content if column.width is None else column.width)
        self._keep_last_wide()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_last_wide()

    def _keep_last_wide(self) -> None:
        """Let the last column take what room is left, but no less than it needs to be of use."""
        shown = [at for at in map(self.logicalIndex, range(self.count())) if not self.isSectionHidden(at)]
        least = self._columns[shown[-1]].least if shown else None
        if least is None:
            self.setStretchLastSection(True)
            return
        left = self.viewport().width() - sum(map(self.sectionSize, shown[:-1]))
        self.setStretchLastSection(left >= least)
        if left < least:
            self.resizeSection(shown[-1], least)

    def menu(self) -> QMenu:
        """Return a menu that shows and hides columns."""
        menu = QMenu(self)
        shown = [section for section in range(len(self._columns)) if not self.isSectionHidden(section)]
        for section, column in enumerate(self._columns):
            action = QAction(column.title, menu, checkable=True, checked=section in shown)
            action.setEnabled(shown != [section])
            action.toggled.connect(
                lambda checked, section=section: self.setSectionHidden(section, not checked)
            )
            menu.addAction(action)
        return menu

    def save(self) -> list[dict[str, object]]:
        """Return name, width and visibility of each column, in the order they are shown."""
        sections = [self.logicalIndex(place) for place in range(self.count())]
        return [
            {
                "name": self._columns[section].name,
                "width": self._width(section),
                "hidden": self.isSectionHidden(section),
            }
            for section in sections
        ]

    def restore(self, saved: object) -> bool:
        """Arrange the columns as `save` told; what does not fit the columns of today is left out."""
        entries = saved if isinstance(saved, Sequence) and not isinstance(saved, str) else []
        names = [column.name for column in self._columns]
        place = 0
        for entry in entries:
            if not isinstance(entry, Mapping) or entry.get("name") not in names:
                continue
            section = names.index(str(entry["name"]))
            width, hidden = entry.get("width"), entry.get("hidden")
            if isinstance(width, int) and _NARROWEST <= width <= 4000:
                self.resizeSection(section, width)
            self.setSectionHidden(section, hidden is True)
            self.moveSection(self.visualIndex(section), place)
            place += 1
        if place and all(self.isSectionHidden(section) for section in range(self.count())):
            self.setSectionHidden(0, False)
        self._keep_last_wide()
        return place > 0

    @override
    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        # The style sheet knows no arrow, and the style's own stands over the title's end.
        super().paintSection(painter, rect, section)
        if section != self.sortIndicatorSection():
            return
        column = self._columns[section]
        title = self.fontMetrics().horizontalAdvance(column.title)
        if column.aligned_right:
            x = max(rect.left() + _ARROW, rect.right() - _MARGIN - title - _ARROW)
        else:
            x = min(rect.right() - _ARROW, rect.left() + _MARGIN + title + _ARROW)
        tip = _ARROW_HEIGHT if self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder else -_ARROW_HEIGHT
        y = rect.center().y() - tip / 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(current_tokens().text), 1.5))
        painter.drawPolyline([QPointF(x - 4, y), QPointF(x, y + tip), QPointF(x + 4, y)])
        painter.restore()

    def _width(self, section: int) -> int:
        if not self.isSectionHidden(section):
            return self.sectionSize(section)
        self.setSectionHidden(section, False)  # a hidden section tells no width
        width = self.sectionSize(section)
        self.setSectionHidden(section, True)
        return width

    def _on_section_clicked(self, section: int) -> None:
        key = self._columns[section].sort_key
        if key is None:
            self.show_sort(self._sort)
            return
        again = self._sort is not None and self._sort.key == key
        self.sort_requested.emit(Sort(key, descending=again and not self._is_descending()))

    def _is_descending(self) -> bool:
        return self._sort is not None and self._sort.descending

    def _on_context_menu_requested(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(place))
