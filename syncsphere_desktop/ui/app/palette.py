"""The command palette: every action that could be done now, found by a few letters."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from syncsphere_desktop.ui.app.actions import GROUP, shortcut_text, visible_actions
from syncsphere_desktop.ui.widgets.overlay import Overlay

_WIDTH = 520
_ROWS = 10
_ROW_HEIGHT = 32


_KEYS = Qt.ItemDataRole.UserRole + 1


class _CommandDelegate(QStyledItemDelegate):
    """Paints the command as a list does, and its shortcut at the right edge."""

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        area = option.rect.adjusted(0, 0, -12, 0)
        painter.save()
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(area, align, str(index.data(_KEYS)))
        painter.restore()


def match_score(query: str, text: str) -> int | None:
    """Return how well `query` fits `text`, lower is better; None where its letters aren't in it in order."""
    needle, hay = query.casefold(), text.casefold()
    if not needle:
        return 0
    place = hay.find(needle)
    if place >= 0:
        at_word = place == 0 or not hay[place - 1].isalnum()
        return place if at_word else 100 + place
    position, spread = -1, 0
    for letter in needle.replace(" ", ""):
        found = hay.find(letter, position + 1)
        if found < 0:
            return None
        spread += found - position - 1
        position = found
    return 1000 + spread


class CommandPalette(Overlay):
    """Floats over the window: type, choose with the arrow keys, Enter does it, Escape leaves."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self.closed.connect(self.deleteLater)
        self._actions = sorted(visible_actions(window), key=lambda action: action.text().casefold())
        self._field = QLineEdit()
        self._field.setPlaceholderText("What would you like to do?")
        self._field.setAccessibleName("Command")
        self._field.textChanged.connect(self._show_matches)
        self._field.returnPressed.connect(self._run_current)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setAccessibleName("Matching commands")
        self._list.setItemDelegate(_CommandDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.itemClicked.connect(lambda _item: self._run_current())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._field)
        layout.addWidget(self._list)
        self.setFixedSize(_WIDTH, 60 + _ROWS * _ROW_HEIGHT)
        self.move((window.width() - _WIDTH) // 2, 80)
        self._show_matches("")

    @override
    def open(self) -> None:
        """Show the palette with the cursor in its field."""
        super().open()
        self._field.setFocus()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: _ROWS,
                Qt.Key.Key_PageUp: -_ROWS,
            }
            step = steps.get(Qt.Key(event.key()))
            if step is not None and self._list.count():
                row = self._list.currentRow() + step
                self._list.setCurrentRow(max(0, min(self._list.count() - 1, row)))
                return True
        return super().eventFilter(watched, event)

    def _show_matches(self, query: str) -> None:
        scored = [(match_score(query, action.text()), action) for action in self._actions]
        fitting = sorted(
            ((score, action) for score, action in scored if score is not None), key=lambda pair: pair[0]
        )
        self._list.clear()
        for _score, action in fitting:
            self._list.addItem(_item(action))
        self._list.setCurrentRow(0)

    def _run_current(self) -> None:
        row = self._list.currentRow()
        action = self._list.item(row).data(Qt.ItemDataRole.UserRole) if row >= 0 else None
        self.dismiss()
        if isinstance(action, QAction):
            action.trigger()


def _item(action: QAction) -> QListWidgetItem:
    item = QListWidgetItem(action.text())
    item.setToolTip(str(action.property(GROUP)))
    item.setData(_KEYS, shortcut_text(action))
    item.setData(Qt.ItemDataRole.UserRole, action)
    return item
