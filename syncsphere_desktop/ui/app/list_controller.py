"""What the controllers of list views have in common: the frame's wishes, dialogs one at a time, errors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from syncsphere_desktop.database.notifications import ChangeEvent
from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.errors import AppError, InputError, NotFoundError
from syncsphere_desktop.ui.app.actions import add_action, show_menu
from syncsphere_desktop.ui.app.editing import Editing, RowT
from syncsphere_desktop.ui.app.listing import Listing
from syncsphere_desktop.ui.app.view import Filters, ViewContext
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

Wish = tuple[str, Callable[[], None], str | None]
"""An action: its text, what it does, its shortcut."""

_CHANGED_AT_ONCE = 1_000


class ListController(QObject, Generic[RowT]):
    """A view with a list and an inspector. Subclasses make `listing` and `editing`, and add their wishes."""

    listing: Listing[RowT]
    editing: Editing[RowT]

    def __init__(
        self, context: ViewContext, title: str, search_placeholder: str, *, read_only: bool = False
    ) -> None:
        super().__init__()
        self._context = context
        self._group = title
        self._read_only = read_only
        self._scope = context.scope.child(title.lower(), on_error=self._show_error)
        self.frame = ViewFrame(title, search_placeholder)

    @property
    def view(self) -> QWidget:
        """Return the widget to show."""
        return self.frame

    def activate(self) -> None:
        """Be shown."""
        self.listing.activate()

    def reload(self) -> None:
        """Read again what is shown."""
        self.listing.reload()

    def narrow(self, filters: Filters) -> None:
        """Show only the rows that these filters leave, whatever was searched for before."""
        self.frame.search.clear()
        self.listing.narrow(filters)

    def take_change(self, change: ChangeEvent) -> None:
        """Learn that rows changed."""
        self.listing.take_change(change)

    def unsaved(self) -> str | None:
        """Name the edits that leaving would lose."""
        return self.editing.unsaved()

    def save_layout(self) -> dict[str, object]:
        """Return columns, sorting and sizes."""
        return self.listing.save_layout()

    async def shutdown(self) -> None:
        """End every task."""
        await self._scope.shutdown()

    def _add_wishes(self, new: str, add: Callable[[], None], *wishes: Wish) -> None:
        """Give the view its main button and its actions; none of them works where nothing may be changed."""
        button = Button(new, Kind.PRIMARY, icon_name="plus", keys="Ctrl+N")
        button.clicked.connect(add)
        self.frame.add_tool(button)
        button.setVisible(not self._read_only)  # without a parent it would be a window for a moment
        edit: Wish = ("Edit in place", self.listing.view.edit_current, "F2")
        for text, do, keys in ((f"{new}…", add, "Ctrl+N"), edit, *wishes):
            action = add_action(self.frame, text, do, shortcut=keys, group=self._group)
            action.setEnabled(not self._read_only)
        self.listing.view.menu_requested.connect(lambda place: show_menu(self.frame, self._group, place))

    def _ask(
        self,
        question: Callable[[], Coroutine[Any, Any, None]],
        *,
        on_error: Callable[[AppError], None] | None = None,
    ) -> None:
        """Begin a dialog where something may be changed and none is open that it would push aside."""
        if not self._read_only and open_dialog(self._context.window) is None:
            self._scope.spawn(question(), key="dialog", on_error=on_error)

    def _ask_about_shown(self, question: Callable[[RowT], Coroutine[Any, Any, None]]) -> None:
        """Begin a dialog about the row in the inspector, if there is one."""
        shown = self.editing.shown
        if shown is not None:
            self._ask(lambda: question(shown))

    async def _chosen(self, many: str) -> list[RowT]:
        """Return the selected rows. Raises InputError for more than one dialog should decide on."""
        selected = self.listing.view.selection.count
        if selected > _CHANGED_AT_ONCE:
            raise InputError(
                f"At most {number(_CHANGED_AT_ONCE)} {many} are deleted at once;"
                f" {number(selected)} are selected."
            )
        return await self.listing.view.selection.fetch(_CHANGED_AT_ONCE)

    def _show_error(self, error: AppError) -> None:
        if isinstance(error, NotFoundError):
            self.listing.model.reload()
        self._context.toasts.show_error(error.message, details=error.details)
