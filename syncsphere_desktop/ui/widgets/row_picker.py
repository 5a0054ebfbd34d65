"""Chooses one row of many: type a few letters, take one from the list. It searches on the server."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from syncsphere_desktop.domain.listing import ListQuery, RowSource, Sort
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel, plain_tip
from syncsphere_desktop.ui.widgets.search_field import SearchField

_SHOWN = 50
_RANKED = 200
"""Rows that are read to find the best of them; what was typed is ranked among these."""
_ROWS_IN_SIGHT = 6
ROW_HEIGHT = 32


class Identified(Protocol):
    """A row that can be chosen."""

    @property
    def id(self) -> int: ...


RowT = TypeVar("RowT", bound=Identified)


@dataclass(frozen=True, slots=True)
class PickerWords:
    """What the picker is called, and what it says. `many` as in `people`."""

    search: str
    many: str
    nothing: str


class RowPicker(QWidget, Generic[RowT]):
    """Emits `row_changed` with the chosen row, or None; 50 rows at most are shown.

    What begins with the typed text comes first, then what has a word that does. Enter takes the first match
    of what was typed, or the only row there is. Subclasses say how a row is written and painted.
    """

    row_changed = Signal(object)
    picked = Signal(object)
    """The row was clicked, or Enter was pressed on it: whoever chooses is done."""

    def __init__(
        self,
        scope: TaskScope,
        source: RowSource[RowT],
        sort: Sort,
        words: PickerWords,
        delegate: QStyledItemDelegate,
        *,
        without: Collection[int] = (),
    ) -> None:
        super().__init__()
        self._scope = scope
        self._source = source
        self._sort = sort
        self._words = words
        self._without = frozenset(without)
        self._row: RowT | None = None
        self._answered: str | None = None
        self._takes_first = False
        key = self._key = f"row-picker-{id(self)}"
        # An answer that comes later has no list to be shown in.
        self.destroyed.connect(lambda: scope.cancel(key))
        self.search = SearchField(words.search)
        self.search.search_changed.connect(self._look_up)
        self.search.textEdited.connect(self._on_search_text_edited)
        self.search.installEventFilter(self)
        self._list = QListWidget()
        self._list.setAccessibleName(f"{words.many.capitalize()} found")
        delegate.setParent(self._list)
        self._list.setItemDelegate(delegate)
        self._list.setFixedHeight(_ROWS_IN_SIGHT * ROW_HEIGHT + 2)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentItemChanged.connect(self._on_list_current_item_changed)
        self._list.itemClicked.connect(self._pick)
        self._list.itemActivated.connect(self._pick)
        self._told = PlainLabel()
        self._told.setProperty("role", "caption")
        self._told.setWordWrap(True)
        self._told.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self._list)
        layout.addWidget(self._told)
        self.setFocusProxy(self.search)
        self._look_up("")

    @property
    def row(self) -> RowT | None:
        """Return what is chosen."""
        return self._row

    def words_of(self, row: RowT) -> str:
        """Return the row as a line of text, for screen readers and the tooltip."""
        raise AssertionError(f"{type(self).__name__} can't write {row}")

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self._list.count():
                row = max(0, min(self._list.count() - 1, self._list.currentRow() + step))
                self._list.setCurrentRow(row)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                return self._take_enter()
        return super().eventFilter(watched, event)

    def _take_enter(self) -> bool:
        """Take the row; return whether the key goes no further, as where there was none to act on yet."""
        if self._is_answered and self._row is not None:
            self._pick()
            return False
        self._takes_first = True
        self.search.returnPressed.emit()  # what was typed this moment is searched without a pause
        if self._is_answered:
            self._take_first()
        return True

    @property
    def _is_answered(self) -> bool:
        return self._answered == self.search.text().strip()

    def _take_first(self) -> None:
        self._takes_first = False
        if self._list.count() and (self._answered or self._list.count() == 1):
            self._list.setCurrentRow(0)
            self._pick()

    def _on_search_text_edited(self, _text: str) -> None:
        self._takes_first = False

    def _look_up(self, text: str) -> None:
        self._scope.spawn(self._load(text), key=self._key, on_error=self._show_error)

    async def _load(self, text: str) -> None:
        query = ListQuery(self._sort, text)
        page, count = await self._source.first_page(query, (_RANKED if text else _SHOWN) + len(self._without))
        found = [row for row in page.rows if row is not None and row.id not in self._without]
        if text:
            found.sort(key=lambda row: _rank(self.words_of(row), text))
        self._list.clear()
        for row in found[:_SHOWN]:
            item = QListWidgetItem(self.words_of(row))
            item.setToolTip(plain_tip(item.text()))
            item.setData(Qt.ItemDataRole.UserRole, row)
            self._list.addItem(item)
        if not found:
            self._told.setText(self._words.nothing)
        elif len(found) > _SHOWN or len(page.rows) < count.value or not count.exact:
            self._told.setText(f"The first {len(found[:_SHOWN])} are shown; type letters to find others.")
        else:
            self._told.setText("")

        self._told.setVisible(bool(self._told.text()))
        self._answered = text
        if self._takes_first and self._is_answered:
            self._take_first()

    def _show_error(self, error: AppError) -> None:
        self._takes_first = False
        self._told.setText(error.message)
        self._told.show()

    def _pick(self, _item: QListWidgetItem | None = None) -> None:
        if self._row is not None:
            self.picked.emit(self._row)

    def _on_list_current_item_changed(self, item: QListWidgetItem | None) -> None:
        self._row = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        self.row_changed.emit(self._row)


def _rank(words: str, text: str) -> int:
    """Return how well a row fits what was typed, the best first."""
    words, text = words.casefold(), text.casefold()
    if words.startswith(text):
        return 0
    begun = all(re.search(rf"\b{re.escape(part)}", words) for part in text.split())
    return 1 if begun else 2


class PickerDelegate(QStyledItemDelegate):
    """Paints a row in two halves: what it is, and, muted, what tells it from its like."""

    def paint_first(self, painter: QPainter, option: QStyleOptionViewItem, row: Any) -> None:
        """Paint the left half."""
        raise AssertionError(f"{type(self).__name__} can't paint {row} with {painter} in {option}")

    def second(self, row: Any) -> str:
        """Return the text of the right half."""
        raise AssertionError(f"{type(self).__name__} says nothing of {row}")

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_HEIGHT)

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        tokens = current_tokens()
        area, state = option.rect, option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(tokens.selection if selected else tokens.hover))
        painter.setPen(QColor(tokens.selection_text if selected else tokens.text))
        self.paint_first(painter, option, row)
        painter.setPen(QColor(tokens.text_muted))
        rest = area.adjusted(area.width() // 2 + 8, 0, -8, 0)
        text = painter.fontMetrics().elidedText(self.second(row), Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()
