"""Somebody else changed the row meanwhile: base, theirs and mine side by side, chosen field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)
from typing_extensions import override

from syncsphere_desktop.domain.humane import exact
from syncsphere_desktop.errors import ConflictError
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_OPTION_HEIGHT = 22
Format = Callable[[str, object], str]


class Side(StrEnum):
    """Whose value a field gets."""

    THEIRS = "theirs"
    MINE = "mine"


@dataclass(frozen=True, slots=True)
class ConflictAnswer:
    """What the user wants: theirs as it is (`reload`), or `values` written on top of `their_version`."""

    reload: bool
    values: Mapping[str, object]
    their_version: int


def differing_fields(error: ConflictError) -> tuple[str, ...]:
    """Return the fields in which theirs and mine differ, in mine's order."""
    return tuple(name for name in error.mine if error.theirs.get(name) != error.mine[name])


def preselected(error: ConflictError, field: str) -> Side | None:
    """Return the side that alone changed a field; None where both did, and the user must choose."""
    base = error.base.get(field)
    if error.mine.get(field) == base:
        return Side.THEIRS
    if error.theirs.get(field) == base:
        return Side.MINE
    return None


class ConflictDialog(AwaitableDialog[ConflictAnswer]):
    """Shows each differing field in three columns; both changed ones wait for a choice.

    `labels` names the fields for people, `format_value` writes a field's value.
    """

    def __init__(
        self,
        parent: QWidget | None,
        *,
        title: str,
        error: ConflictError,
        labels: Mapping[str, str],
        format_value: Format | None = None,
    ) -> None:
        super().__init__(parent, title, width=880)
        self._error = error
        self._format = format_value or _plain
        self._rows = {name: _Choice(preselected(error, name)) for name in differing_fields(error)}
        self.body.addWidget(_sentence(error))
        self.body.addWidget(self._table(labels), 1)
        self.reload_button = Button("Keep theirs, drop mine")
        self.reload_button.clicked.connect(self._on_reload_button_clicked)
        self.cancel_button = Button("Back to editing")
        self.cancel_button.clicked.connect(self.reject)
        self.save_button = Button("Save what is chosen", Kind.PRIMARY)
        self.save_button.clicked.connect(self._on_save_button_clicked)
        self.add_button(self.reload_button, left=True)
        self.add_button(self.cancel_button)
        self.add_button(self.save_button)
        self.cancel_button.setDefault(True)
        self.cancel_button.setFocus()
        self._on_row_chosen()

    @property
    def choices(self) -> dict[str, Side | None]:
        """Return the side chosen for each differing field."""
        return {name: row.side for name, row in self._rows.items()}

    def choose(self, field: str, side: Side) -> None:
        """Choose a side, as a click on its column does."""
        self._rows[field].choose(side)

    def _table(self, labels: Mapping[str, str]) -> QWidget:
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        theirs = f"Theirs ({self._error.who})" if self._error.who else "Theirs"
        for column, text in enumerate(("Field", "Before", theirs, "Mine")):
            grid.addWidget(_text(text, "caption"), 0, column)
        for column, stretch in enumerate((2, 3, 3, 3)):
            grid.setColumnStretch(column, stretch)
        for line, (name, row) in enumerate(self._rows.items(), start=1):
            label = labels.get(name, name)
            self._add_line(grid, line, label if row.side else f"{label} (both changed)", name, row)
        grid.setRowStretch(len(self._rows) + 1, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_surface(inner, 1)
        set_surface(scroll, 1)
        scroll.setWidget(inner)
        # Values may wrap once they know their width: two lines a field, until the table scrolls.
        scroll.setMinimumHeight(min(360, 44 + 44 * len(self._rows)))
        return scroll

    def _add_line(self, grid: QGridLayout, line: int, label: str, name: str, row: _Choice) -> None:
        base, theirs, mine = self._error.base, self._error.theirs, self._error.mine
        grid.addWidget(_beside_option(_text(label, "secondary")), line, 0, Qt.AlignmentFlag.AlignTop)
        before = _beside_option(_text(self._format(name, base.get(name)), "secondary"))
        grid.addWidget(before, line, 1, Qt.AlignmentFlag.AlignTop)
        for column, side, values in ((2, Side.THEIRS, theirs), (3, Side.MINE, mine)):
            value = self._format(name, values.get(name))
            described = f"{label}: {side.value}, {value}"
            grid.addWidget(row.option(side, value, described), line, column, Qt.AlignmentFlag.AlignTop)
        row.chosen.connect(self._on_row_chosen)

    def _on_row_chosen(self) -> None:
        open_fields = sum(row.side is None for row in self._rows.values())
        self.save_button.setEnabled(not open_fields)
        self.save_button.setToolTip(
            "Choose a side for each field that both of you changed." if open_fields else ""
        )

    def _on_reload_button_clicked(self) -> None:
        self.accept_with(ConflictAnswer(True, {}, self._error.their_version))

    def _on_save_button_clicked(self) -> None:
        values = {
            name: self._error.mine[name] if row.side is Side.MINE else self._error.theirs.get(name)
            for name, row in self._rows.items()
        }
        self.accept_with(ConflictAnswer(False, values, self._error.their_version))


class _Choice(QButtonGroup):
    """The two options of one field."""

    chosen = Signal()

    def __init__(self, side: Side | None) -> None:
        super().__init__()
        self.side = side
        self._options: dict[Side, QRadioButton] = {}

    def option(self, side: Side, value: str, described: str) -> QWidget:
        """Return the option with its value beside it, wrapped; a click on the value chooses it too."""
        button = QRadioButton()
        button.setAccessibleName(described)
        button.setChecked(side is self.side)
        button.toggled.connect(lambda checked: self._on_option_toggled(side, checked=checked))
        self.addButton(button)
        self._options[side] = button
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(_ClickableText(value, button), 1)
        return holder

    def choose(self, side: Side) -> None:
        """Choose a side."""
        self._options[side].setChecked(True)

    def _on_option_toggled(self, side: Side, *, checked: bool) -> None:
        if checked:
            self.side = side
            self.chosen.emit()


class _ClickableText(PlainLabel):
    """A value that chooses its radio button; QRadioButton itself can't wrap a text."""

    def __init__(self, text: str, button: QRadioButton) -> None:
        super().__init__(text)
        self._button = button
        _as_value(self)
        _beside_option(self)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._button.setChecked(True)
        self._button.setFocus(Qt.FocusReason.MouseFocusReason)


def _sentence(error: ConflictError) -> QLabel:
    who = error.who or "Somebody else (another service, or an admin without a name)"
    when = f" on {exact(error.when)}" if error.when else ""
    return _text(
        f"{who} changed this{when}, while you were editing it. Nothing was saved yet. "
        "Choose what each field shall hold.",
        "",
    )


def _text(text: str, role: str) -> QLabel:
    label = PlainLabel(text)
    if role:
        label.setProperty("role", role)
    _as_value(label)
    return label


def _as_value(label: QLabel) -> None:
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)


def _beside_option(label: QLabel) -> QLabel:
    # One line stands in the middle of the option's height, several begin there.
    label.setMinimumHeight(_OPTION_HEIGHT)
    label.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    return label


def _plain(_field: str, value: object) -> str:
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)
