"""The editor of a row in an inspector: it knows what was changed, and which state of the row it began with.

What was typed is never dropped by a selection: `draft` takes it along, `show_record` brings it back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.errors import AppError, InputError
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.form import FieldGroup, FormField

Editor = QLineEdit | QPlainTextEdit | QCheckBox


class Record(Protocol):
    """A row that can be edited."""

    @property
    def id(self) -> int: ...


RecordT = TypeVar("RecordT", bound=Record)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: its name in the row, its label, its editor, and the most characters it takes."""

    name: str
    label: str
    editor: Editor
    maximum: int | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Draft(Generic[RecordT]):
    """Edits that were typed and not saved, with the state of the row that they began with."""

    base: RecordT
    values: Mapping[str, object]


class RecordForm(QWidget, Generic[RecordT]):
    """Emits `save_requested(base, changes)`; the owner answers with `show_record` or `show_error`."""

    save_requested = Signal(object, object)
    dirty_changed = Signal(bool)

    def __init__(self, fields: Sequence[FieldSpec]) -> None:
        super().__init__()
        self._base: RecordT | None = None
        self._was_dirty = False
        self._busy = False
        self._specs = {spec.name: spec for spec in fields}
        self._stored = {spec.name: _content(spec.editor) for spec in fields}
        self._is_putting = False
        self._fields = FieldGroup()
        for spec in fields:
            self._add(spec)
        self._banner = Banner(tone="danger")
        self._banner.hide()
        self._save = Button("Save", Kind.PRIMARY, tooltip="Save what was changed", keys="Ctrl+S")
        self._save.clicked.connect(self.save)
        self._revert = Button("Revert", tooltip="Put back what is stored", keys="Esc")
        self._revert.clicked.connect(self.revert)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._save)
        buttons.addWidget(self._revert)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._fields)
        layout.addWidget(self._banner)
        layout.addLayout(buttons)
        self._refresh()

    @property
    def base(self) -> RecordT | None:
        """Return the state of the row that the edits began with."""
        return self._base

    @property
    def changes(self) -> dict[str, object]:
        """Return the fields that differ from the row, with what was typed."""
        if self._base is None:
            return {}
        return {name: _typed(spec.editor) for name, spec in self._specs.items() if self._is_changed(name)}

    @property
    def is_dirty(self) -> bool:
        """Whether something was typed that is not stored."""
        return bool(self.changes)

    @property
    def draft(self) -> Draft[RecordT] | None:
        """Return what was typed and not saved, or None."""
        changes = self.changes
        return None if self._base is None or not changes else Draft(self._base, changes)

    def show_record(self, record: RecordT, draft: Draft[RecordT] | None = None) -> None:
        """Show a row as it is stored, or with the edits that were made of it before."""
        self._base = record if draft is None else draft.base
        self.revert()
        if draft is not None:
            for name, value in draft.values.items():
                _put(self._specs[name].editor, value)
            self._refresh()

    def rebase(self, record: RecordT) -> None:
        """Take a newer state of the same row for the base and keep what was typed."""
        self._take_base(record, keep=self.changes.keys())

    def show_saved(self, record: RecordT, saved: Mapping[str, object]) -> None:
        """Show a row after `saved` was stored in it, and keep what was typed since the saving began."""
        now = {name: _typed(spec.editor) for name, spec in self._specs.items()}
        since = {name for name, value in now.items() if name in saved and saved[name] != value}
        self._busy = False
        self._take_base(record, keep=since | (self.changes.keys() - saved.keys()))

    def clear(self) -> None:
        """Show no row."""
        self._base = None
        self.revert()

    def set_read_only(self, *, read_only: bool) -> None:
        """Let the fields be read and copied, not changed."""
        for spec in self._specs.values():
            if isinstance(spec.editor, QCheckBox):
                spec.editor.setEnabled(not read_only)
            else:
                spec.editor.setReadOnly(read_only)
        self._save.setVisible(not read_only)
        self._revert.setVisible(not read_only)

    def show_error(self, error: AppError) -> None:
        """Show a failure beside its field, or above the buttons; what was typed stays."""
        self.set_busy(busy=False)
        field = error.field if isinstance(error, InputError) else None
        if field is not None and not self._fields.show_errors({field: error.message}):
            return
        self._banner.show_message(error.message, "danger", details=error.details)
        self._banner.show()

    def set_busy(self, *, busy: bool) -> None:
        """Show that the row is being saved."""
        self._busy = busy
        self._refresh()

    def save(self) -> None:
        """Ask to have the changes saved."""
        changes = self.changes
        if self._base is not None and changes and not self._busy:
            self._fields.clear_errors()
            self._banner.hide()
            self.set_busy(busy=True)
            self.save_requested.emit(self._base, changes)

    def revert(self) -> None:
        """Show what is stored."""
        self._is_putting = True
        for name, spec in self._specs.items():
            self._stored[name] = _put(spec.editor, None if self._base is None else getattr(self._base, name))
        self._is_putting = False
        self._fields.clear_errors()
        self._banner.hide()
        self._busy = False
        self._refresh()

    def focus_first(self) -> None:
        """Put the cursor into the first field."""
        editor = next(iter(self._specs.values())).editor
        editor.setFocus()
        if isinstance(editor, QLineEdit):
            editor.selectAll()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_dirty:
            if not self._busy:
                self.revert()
        elif event.key() == Qt.Key.Key_S and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.save()
        else:
            super().keyPressEvent(event)

    def _add(self, spec: FieldSpec) -> None:
        editor = spec.editor
        label = "" if isinstance(editor, QCheckBox) else spec.label
        self._fields.add(spec.name, FormField(label, editor, maximum=spec.maximum, hint=spec.hint))
        editor.setAccessibleName(spec.label)
        if isinstance(editor, QCheckBox):
            editor.toggled.connect(self._on_editor_changed)
            return
        editor.textChanged.connect(self._on_editor_changed)
        if isinstance(editor, QLineEdit):
            editor.returnPressed.connect(self.save)

    def _take_base(self, record: RecordT, *, keep: Collection[str]) -> None:
        self._base = record
        self._is_putting = True
        for name, spec in self._specs.items():
            typed = _content(spec.editor)
            place = spec.editor.cursorPosition() if isinstance(spec.editor, QLineEdit) else 0
            self._stored[name] = _put(spec.editor, getattr(record, name))
            if name in keep:
                _put(spec.editor, typed)
            if isinstance(spec.editor, QLineEdit):
                spec.editor.setCursorPosition(place)
        self._is_putting = False
        self._refresh()

    def _is_changed(self, name: str) -> bool:
        # Blanks around a line are not stored, so they alone are no change; taking stored ones away is.
        editor, stored = self._specs[name].editor, self._stored[name]
        return stored not in (_content(editor), _typed(editor))

    def _on_editor_changed(self) -> None:
        if self._is_putting:
            return
        if not self._busy:
            self._fields.clear_errors()
        self._refresh()

    def _refresh(self) -> None:
        dirty = self.is_dirty
        self._save.setText("Saving…" if self._busy else "Save")
        self._save.setEnabled(dirty and not self._busy)
        self._revert.setEnabled(dirty and not self._busy)
        if dirty != self._was_dirty:
            self._was_dirty = dirty
            self.dirty_changed.emit(dirty)


def _content(editor: Editor) -> object:
    """Return what the editor holds, blanks and all."""
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    return editor.toPlainText() if isinstance(editor, QPlainTextEdit) else editor.text()


def _typed(editor: Editor) -> object:
    """Return what the editor holds as it is to be stored."""
    content = _content(editor)
    return content.strip() if isinstance(content, str) and isinstance(editor, QLineEdit) else content


def _put(editor: Editor, value: object) -> object:
    """Show a stored value and return what the editor made of it, which is not always the same.

    It has its own ways with line ends, and no way to show that a flag is NULL.
    """
    if isinstance(editor, QCheckBox):
        editor.setChecked(value is True)
    elif isinstance(editor, QPlainTextEdit):
        editor.setPlainText("" if value is None else str(value))
    else:
        editor.setText("" if value is None else str(value))
        editor.setCursorPosition(0)
    return _content(editor)
