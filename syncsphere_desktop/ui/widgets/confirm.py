"""Asks before what can't be undone: names the object, lists the effects, defaults to the safe choice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel


class ConfirmDialog(AwaitableDialog[bool]):
    """`ask()` returns True when the user agreed, else None.

    A single effect is a sentence, several are a list. `confirm` is the effect itself, as in "Delete 3
    projects". `choice` is a widget of the caller's, read after the answer. With `typed` the button works
    only once that text was typed, as on production.
    """

    def __init__(
        self,
        parent: QWidget | None,
        *,
        title: str,
        effects: Sequence[str] = (),
        confirm: str,
        cancel: str = "Cancel",
        choice: QWidget | None = None,
        typed: str | None = None,
        dangerous: bool = True,
    ) -> None:
        super().__init__(parent, title)
        self._typed = typed
        if len(effects) == 1:
            self.body.addWidget(_wrapped(effects[0]))
        elif effects:
            self.body.addLayout(_effect_list(effects))
        if choice is not None:
            self.body.addWidget(choice)
        self._field: QLineEdit | None = None
        if typed is not None:
            self._field = self._typed_field(typed)
        self.body.addStretch(1)
        self.safe_button = Button(cancel)
        self.safe_button.clicked.connect(self.reject)
        self.confirm_button = Button(confirm, Kind.DANGER if dangerous else Kind.PRIMARY)
        self.confirm_button.clicked.connect(lambda: self.accept_with(True))
        self.confirm_button.setEnabled(typed is None)
        self.add_button(self.safe_button)
        self.add_button(self.confirm_button)
        # Enter and Space at once, and Enter in a field, choose the safe side.
        self.safe_button.setDefault(True)
        self.safe_button.setFocus()

    def _typed_field(self, typed: str) -> QLineEdit:
        label = _wrapped(f"Type {typed} to go on.")
        field = QLineEdit()
        field.setAccessibleName(f"Type {typed} to go on")
        label.setBuddy(field)
        field.textChanged.connect(self._on_field_text_changed)
        self.body.addWidget(label)
        self.body.addWidget(field)
        return field

    def _on_field_text_changed(self, text: str) -> None:
        self.confirm_button.setEnabled(text.strip() == self._typed)


def _wrapped(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _effect_list(effects: Sequence[str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for line, effect in enumerate(effects):
        bullet = PlainLabel("•")
        grid.addWidget(bullet, line, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_wrapped(effect), line, 1)
    return grid
