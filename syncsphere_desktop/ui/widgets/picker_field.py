"""A field of one line that shows which row is chosen, and opens a picker below it to choose another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.icons import SMALL, paint_icon
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens, mixed
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.overlay import Overlay
from syncsphere_desktop.ui.widgets.person import AVATAR, paint_avatar
from syncsphere_desktop.ui.widgets.plain_text import plain_tip
from syncsphere_desktop.ui.widgets.row_picker import RowPicker, RowT

_HEIGHT = 32
_POPUP_WIDTH = 360


class PickerField(QAbstractButton, Generic[RowT]):
    """Emits `row_changed` with the chosen row, or None; `choose` sets it without a signal.

    `none` is what the field offers for no row, as in "Nobody"; without it a row can only be replaced. With
    `is_person` the row's initials stand before its name. Typing opens the picker and searches in it.
    """

    row_changed = Signal(object)

    def __init__(
        self,
        label: str,
        make_picker: Callable[[], RowPicker[RowT]],
        name_of: Callable[[RowT], str],
        *,
        placeholder: str,
        none: str | None = None,
        is_person: bool = False,
    ) -> None:
        super().__init__()
        self._label = label
        self._make_picker = make_picker
        self._name_of = name_of
        self._placeholder = placeholder
        self._none = none
        self._is_person = is_person
        self._row: RowT | None = None
        self._popup: PickerPopup | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open_popup)
        self._tell()

    @property
    def row(self) -> RowT | None:
        """Return what is chosen."""
        return self._row

    @property
    def popup(self) -> PickerPopup | None:
        """Return the picker that is open, or None."""
        return self._popup

    def choose(self, row: RowT | None) -> None:
        """Show this row as the chosen one."""
        self._row = row
        self._tell()

    def open_popup(self) -> None:
        """Open the picker below the field."""
        if self._popup is not None:
            return
        picker = self._make_picker()
        popup = self._popup = PickerPopup(self.window(), picker, self._none)
        picker.picked.connect(self._take)
        popup.none_chosen.connect(lambda: self._take(None))
        popup.closed.connect(self._on_popup_closed)
        popup.open_below(self)

    @override
    def sizeHint(self) -> QSize:
        return QSize(220, _HEIGHT)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_popup()
            return
        if _is_typed(event):
            self.open_popup()
            if self._popup is not None:
                self._popup.picker.search.insert(event.text())
            return
        super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus() or self._popup is not None
        painter.setPen(QPen(QColor(tokens.focus if focused else tokens.border_strong), 2 if focused else 1))
        painter.setBrush(QColor(tokens.hover if self.underMouse() else tokens.surface_0))
        inset = 1 if focused else 0
        painter.drawRoundedRect(self.rect().adjusted(inset, inset, -1 - inset, -1 - inset), 6, 6)
        area = self.rect().adjusted(8, 0, -8 - SMALL, 0)
        sign = QRect(self.width() - 8 - SMALL, (self.height() - SMALL) // 2, SMALL, SMALL)
        paint_icon(painter, sign, "chevron-down", tokens.text_muted)
        self._paint_row(painter, area, tokens)

    def _paint_row(self, painter: QPainter, area: QRect, tokens: Tokens) -> None:
        if self._is_person and self._row is not None:
            disc = QRect(area.left(), (self.height() - AVATAR) // 2, AVATAR, AVATAR)
            paint_avatar(painter, disc, self._row.id, self._name_of(self._row), tokens)
            area = area.adjusted(AVATAR + 8, 0, 0, 0)
        color = tokens.text_muted if self._row is None else tokens.text
        if not self.isEnabled():
            color = mixed(tokens.text_muted, tokens.surface_1, 0.6)
        painter.setPen(QColor(color))
        text = painter.fontMetrics().elidedText(self._shown(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _shown(self) -> str:
        return self._placeholder if self._row is None else self._name_of(self._row)

    def _tell(self) -> None:
        shown = self._shown()
        self.setAccessibleName(f"{self._label}: {shown}")
        self.setToolTip(plain_tip(shown))
        self.update()

    def _take(self, row: RowT | None) -> None:
        if self._popup is not None:
            self._popup.dismiss()
        if row != self._row:
            self.choose(row)
            self.row_changed.emit(row)

    def _on_popup_closed(self) -> None:
        if self._popup is not None:
            self._popup.deleteLater()
            self._popup = None
        self.update()


def _is_typed(event: QKeyEvent) -> bool:
    """Whether a key begins a search: the space bar presses the field, and shortcuts are others' business."""
    shortcut = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    text = event.text()
    return text.isprintable() and not text.isspace() and bool(text) and not event.modifiers() & shortcut


class PickerPopup(Overlay):
    """The picker, floating over the window that the field is in."""

    none_chosen = Signal()

    def __init__(self, window: QWidget, picker: RowPicker[RowT], none: str | None) -> None:
        super().__init__(window)
        self.picker = picker
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(picker)
        if none is not None:
            button = Button(none, Kind.SUBTLE)
            button.clicked.connect(self.none_chosen)
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def open_below(self, field: QWidget) -> None:
        """Show it at the field's foot, or over it where there is no room below."""
        self.setFixedWidth(min(max(_POPUP_WIDTH, field.width()), self._window.width() - 16))
        self.adjustSize()
        corner = field.mapTo(self._window, QPoint(0, field.height() + 4))
        left = max(8, min(corner.x(), self._window.width() - self.width() - 8))
        top = max(8, min(corner.y(), self._window.height() - self.height() - 8))
        self.move(left, top)
        self.open()
        self.picker.search.setFocus()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Or Enter would press the button of the dialog below.
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
