"""Chooses one of the studio's people: type a few letters, take one from the list."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

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
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.widgets.person import paint_person
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel, plain_tip
from syncsphere_desktop.ui.widgets.search_field import SearchField

_SHOWN = 50
_ROWS_IN_SIGHT = 6
_ROW_HEIGHT = 32


class PersonPicker(QWidget):
    """Emits `person_changed` with the chosen `User`, or None. Searches on the server, 50 people at most."""

    person_changed = Signal(object)

    def __init__(self, scope: TaskScope, people: RowSource[User], *, without: Collection[int] = ()) -> None:
        super().__init__()
        self._scope = scope
        self._people = people
        self._without = frozenset(without)
        self._person: User | None = None
        key = self._key = f"person-picker-{id(self)}"
        # An answer that comes later has no list to be shown in.
        self.destroyed.connect(lambda: scope.cancel(key))
        self.search = SearchField("Search people by name or email")
        self.search.search_changed.connect(self._look_up)
        self.search.installEventFilter(self)
        self._list = QListWidget()
        self._list.setAccessibleName("People found")
        self._list.setItemDelegate(_PersonDelegate(self._list))
        self._list.setFixedHeight(_ROWS_IN_SIGHT * _ROW_HEIGHT + 2)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentItemChanged.connect(self._on_list_current_item_changed)
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
    def person(self) -> User | None:
        """Return who is chosen."""
        return self._person

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self._list.count():
                row = max(0, min(self._list.count() - 1, self._list.currentRow() + step))
                self._list.setCurrentRow(row)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._person is None:
                # Enter searches; the dialog's button has nobody to act on yet.
                self.search.returnPressed.emit()
                return True
        return super().eventFilter(watched, event)

    def _look_up(self, text: str) -> None:
        self._scope.spawn(self._load(text), key=self._key, on_error=self._show_error)

    async def _load(self, text: str) -> None:
        query = ListQuery(Sort("username"), text)
        page, count = await self._people.first_page(query, _SHOWN + len(self._without))
        found = [user for user in page.rows if user is not None and user.id not in self._without]
        self._list.clear()
        for user in found[:_SHOWN]:
            item = QListWidgetItem(f"{user.username} · {user.email}")
            item.setToolTip(plain_tip(item.text()))
            item.setData(Qt.ItemDataRole.UserRole, user)
            self._list.addItem(item)
        if not found:
            self._told.setText("Nobody was found.")
        elif len(found) > _SHOWN or len(page.rows) < count.value or not count.exact:
            self._told.setText(f"The first {len(found[:_SHOWN])} are shown; type letters to find others.")
        else:
            self._told.setText("")

        self._told.setVisible(bool(self._told.text()))

    def _show_error(self, error: AppError) -> None:
        self._told.setText(error.message)
        self._told.show()

    def _on_list_current_item_changed(self, item: QListWidgetItem | None) -> None:
        self._person = None if item is None else cast(User, item.data(Qt.ItemDataRole.UserRole))
        self.person_changed.emit(self._person)


class _PersonDelegate(QStyledItemDelegate):
    """Paints initials, name and email in a line."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, _ROW_HEIGHT)

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        user = cast(User, index.data(Qt.ItemDataRole.UserRole))
        tokens = current_tokens()
        area = option.rect
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(tokens.selection if selected else tokens.hover))
        half = area.adjusted(0, 0, -area.width() // 2, 0)
        paint_person(painter, half, user.id, user.username, tokens)
        painter.setPen(QColor(tokens.text_muted))
        rest = area.adjusted(area.width() // 2 + 8, 0, -8, 0)
        text = painter.fontMetrics().elidedText(user.email, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()
