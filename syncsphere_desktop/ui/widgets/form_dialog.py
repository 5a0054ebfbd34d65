"""A dialog that saves something: it closes only when that was done, and keeps what was typed until then."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.errors import AppError, InputError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.form import FieldGroup
from syncsphere_desktop.ui.widgets.plain_text import without_mnemonics

Result = TypeVar("Result")


class FormDialog(AwaitableDialog[Result]):
    """`submit` does the work; an AppError it raises is shown beside its field, or under the fields.

    Subclasses override `submit`. The title names the object, the button names the effect.
    """

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        scope: TaskScope,
        *,
        confirm: str,
        kind: Kind = Kind.PRIMARY,
        width: int = 480,
    ) -> None:
        super().__init__(parent, title, width=width)
        self._scope = scope
        self._confirm_text = confirm
        self._busy = False
        self._ready = True
        self.fields = FieldGroup()
        self._banner = Banner(tone="danger", dismissible=False)
        self._banner.hide()
        self.body.addWidget(self.fields)
        self.body.addWidget(self._banner)
        self._cancel = Button("Cancel")
        self._cancel.clicked.connect(self.reject)
        self.confirm = Button(confirm, kind)
        self.confirm.clicked.connect(self._on_confirm_clicked)
        self.add_button(self._cancel)
        self.add_button(self.confirm)
        self._is_dangerous = kind is Kind.DANGER
        safe = self._cancel if kind is Kind.DANGER else self.confirm
        safe.setDefault(True)

    async def submit(self) -> Result:
        """Do what the dialog is for and return its result. Raises AppError."""
        raise AssertionError(f"{type(self).__name__} says what its button does")

    def show_error(self, error: AppError) -> None:
        """Show a failure where it belongs; what was typed stays."""
        self._set_busy(busy=False)
        field = error.field if isinstance(error, InputError) else None
        if field is not None and not self.fields.show_errors({field: error.message}):
            return
        self._banner.show_message(error.message, "danger", details=error.details)
        self._banner.show()

    def set_ready(self, *, ready: bool) -> None:
        """Enable the button, or disable it while something needed is missing."""
        self._ready = ready
        self.confirm.setEnabled(ready and not self._busy)

    def set_confirm(self, text: str) -> None:
        """Name the effect on the button anew."""
        self._confirm_text = text
        self.confirm.setText(without_mnemonics(text))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        first = self.fields.first_editor
        if first is not None and not self._is_dangerous:
            first.setFocus()  # or the default button has it, and what is typed goes nowhere

    @override
    def reject(self) -> None:
        # Leaving while it is being saved, by Escape or the window's own button, would hide the outcome.
        if not self._busy:
            super().reject()

    def _on_confirm_clicked(self) -> None:
        if not self._busy:
            self.fields.clear_errors()
            self._banner.hide()
            self._set_busy(busy=True)
            self._scope.spawn(self._submit(), on_error=self.show_error)

    async def _submit(self) -> None:
        self.accept_with(await self.submit())

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self._cancel.setEnabled(not busy)
        self.confirm.setEnabled(self._ready and not busy)
        self.confirm.setText("Saving…" if busy else without_mnemonics(self._confirm_text))
