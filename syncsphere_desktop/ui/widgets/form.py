"""Form fields: label above, editor, then one line that is the hint or the error."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from syncsphere_desktop.ui.theme.style import set_role
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel


class FormField(QWidget):
    """Wraps an editor. `maximum` counts a line edit's characters as in "12/100" and lets more be typed:

    what is too long is told, never cut off silently.
    """

    def __init__(
        self,
        label: str,
        editor: QWidget,
        *,
        hint: str = "",
        maximum: int | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.editor = editor
        self._hint = hint
        self._maximum = maximum
        self._error: str | None = None
        self._warns = False
        self._label = PlainLabel(label)
        self._label.setProperty("role", "secondary")
        self._label.setBuddy(editor)
        self._counter = PlainLabel()
        self._counter.setProperty("role", "caption")
        self._line = PlainLabel(hint)
        self._line.setProperty("role", "caption")
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setWordWrap(True)
        # Of an editor made of several, a screen reader meets the one with the focus.
        self._focused = editor.focusProxy() or editor
        self._focused.setAccessibleName(label)
        self._focused.setAccessibleDescription(hint)
        self._build()
        if maximum is not None and isinstance(editor, QLineEdit):
            editor.textChanged.connect(self._on_editor_text_changed)
            self._on_editor_text_changed(editor.text())

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._label)
        top.addStretch(1)
        top.addWidget(self._counter, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.editor)
        layout.addWidget(self._line)
        self._line.setVisible(bool(self._hint))
        self._label.setVisible(bool(self._label.text()))
        self._counter.setVisible(self._maximum is not None)

    @property
    def error(self) -> str | None:
        """Return the error that is shown."""
        return self._error

    @property
    def counter(self) -> str:
        """Return the count of characters that is shown."""
        return self._counter.text()

    def set_hint(self, hint: str, *, warning: bool = False) -> None:
        """Say something else under the editor, perhaps as a warning; an error stays in front of it."""
        self._hint = hint
        self._warns = warning
        self.set_error(self._error)

    def set_error(self, error: str | None) -> None:
        """Show an error beside the field in place of the hint; None takes it away."""
        self._error = error
        self._line.setText(error or self._hint)
        self._line.setVisible(bool(error or self._hint))
        set_role(self._line, "role", "error" if error else "warning" if self._warns else "caption")
        set_role(self.editor, "invalid", "true" if error else "false")
        self._focused.setAccessibleDescription(error or self._hint)

    def _on_editor_text_changed(self, text: str) -> None:
        count = len(text.strip())
        self._counter.setText(f"{count}/{self._maximum}")
        over = self._maximum is not None and count > self._maximum
        set_role(self._counter, "role", "error" if over else "caption")


class FieldGroup(QWidget):
    """Fields under each other, found by name."""

    def __init__(self, caption: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, FormField] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(12)
        if caption:
            heading = PlainLabel(caption)
            heading.setProperty("role", "heading")
            self._layout.addWidget(heading)

    def add(self, name: str, field: FormField) -> FormField:
        """Put a field below the others and return it."""
        self._fields[name] = field
        self._layout.addWidget(field)
        return field

    def field(self, name: str) -> FormField:
        """Return the field of that name; raises KeyError."""
        return self._fields[name]

    @property
    def first_editor(self) -> QWidget | None:
        """Return the editor of the first field, or None where there is no field."""
        return next((field.editor for field in self._fields.values()), None)

    def show_errors(self, errors: Mapping[str, str]) -> list[str]:
        """Show errors beside their fields, the cursor in the first; return those without a field."""
        first = True
        for name, field in self._fields.items():
            field.set_error(errors.get(name))
            if name in errors and first:
                field.editor.setFocus(Qt.FocusReason.OtherFocusReason)
                first = False
        return [message for name, message in errors.items() if name not in self._fields]

    def clear_errors(self) -> None:
        """Take all errors away."""
        self.show_errors({})
