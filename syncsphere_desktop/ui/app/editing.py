"""Keeps a list, its inspector's form and the store together: what is selected, typed, saved, in conflict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.ids import RowVersion
from syncsphere_desktop.errors import AppError, ConflictError
from syncsphere_desktop.ui.app.conflicts import settle
from syncsphere_desktop.ui.app.listing import Listing
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.widgets.conflict import Format
from syncsphere_desktop.ui.widgets.record_form import Draft, RecordForm


class EditableRow(Protocol):
    """A row with an id that knows which of its states it is."""

    @property
    def id(self) -> Any: ...
    @property
    def row_version(self) -> RowVersion: ...


RowT = TypeVar("RowT", bound=EditableRow)

_IDS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class EditedStore(Generic[RowT]):
    """What editing needs of a store, and the words for its rows and fields."""

    get: Callable[[Any], Awaitable[RowT]]
    update: Callable[[RowT, Mapping[str, object]], Awaitable[RowT]]
    name: Callable[[RowT], str]
    labels: Mapping[str, str]
    format_value: Format | None = None


class Editing(QObject, Generic[RowT]):
    """Follows the selection and saves edits. What was typed for a row is kept while others are looked at."""

    shown_changed = Signal(object)
    """Another row is to be shown in the inspector, or None."""
    row_refreshed = Signal(object)
    """The row that is shown has a newer state."""
    many_selected = Signal(int)

    def __init__(
        self,
        listing: Listing[RowT],
        form: RecordForm[RowT],
        store: EditedStore[RowT],
        context: ViewContext,
        scope: TaskScope,
    ) -> None:
        super().__init__(listing)
        self._listing = listing
        self._form = form
        self._store = store
        self._context = context
        self._scope = scope
        self._shown: RowT | None = None
        self._added: int | None = None
        self._shows_many = False
        self._drafts: dict[int, Draft[RowT]] = {}
        listing.view.selection.changed.connect(self._on_selection_changed)
        listing.view.edit_committed.connect(self._on_view_edit_committed)
        listing.view.row_activated.connect(lambda _row: form.focus_first())
        listing.model.loaded.connect(self._on_model_loaded)
        listing.model.dataChanged.connect(self._on_model_data_changed)
        form.save_requested.connect(self._on_form_save_requested)

    @property
    def shown(self) -> RowT | None:
        """Return the row in the inspector, or None."""
        return self._shown

    def unsaved(self) -> str | None:
        """Name the rows with edits that leaving would lose; None where there are none."""
        drafts = dict(self._drafts)
        if self._form.draft is not None and self._form.base is not None:
            drafts[self._form.base.id] = self._form.draft
        if not drafts:
            return None
        names = [self._store.name(draft.base) for draft in drafts.values()]
        told = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return f"What you typed for {told} is not saved."

    def take(self, row: RowT) -> None:
        """Show a row's newer state, which was just stored, in the list and the inspector."""
        self._listing.model.replace_row(row)
        if row.id in self._drafts:
            self._drafts[row.id] = Draft(row, self._drafts[row.id].values)
        if self._is_shown(row.id):
            self._shown = row
            self.row_refreshed.emit(row)
            self._form.rebase(row)

    def show_added(self, row: RowT) -> None:
        """Select a row that was just added and show it, wherever in the list it comes to stand."""
        self._listing.view.selection.select_ids([row.id])
        self._show(row)
        self._added = row.id
        self._listing.model.reload()

    async def _go_to_added(self, row_id: int) -> None:
        """Make the added row the current one, on screen, where the list has it under its search."""
        model, view = self._listing.model, self._listing.view
        query = model.shown_query
        for start in range(0, model.count.value if query is not None else 0, _IDS_AT_ONCE):
            assert query is not None
            ids = list(await model.source.ids(query, start, _IDS_AT_ONCE))
            if row_id in ids:
                view.go_to(start + ids.index(row_id))
                view.selection.select_ids([row_id])
                return

    def forget(self, ids: set[int]) -> None:
        """Drop rows that were deleted, with what was typed for them."""
        for row_id in ids:
            self._drafts.pop(row_id, None)
        if self._shown is not None and self._shown.id in ids:
            self._form.clear()
            self._show_nothing()
        selection = self._listing.view.selection
        if selection.is_everything:
            selection.clear()  # what is added later was never meant
        selection.discard(ids)
        self._listing.model.reload()

    async def save(self, base: RowT, changes: Mapping[str, object], *, in_place: str | None = None) -> None:
        """Store changes, settling conflicts with the user. Raises AppError."""
        name = self._store.name(base)
        try:
            saved = await self._store.update(base, changes)
            told = f"{self._store.name(saved)} was saved."
        except ConflictError as conflict:
            settled = await settle(
                self._context.window,
                conflict,
                title=f"{name} was changed meanwhile",
                labels=self._store.labels,
                read=lambda: self._store.get(base.id),
                update=self._store.update,
                format_value=self._store.format_value,
            )
            if settled is None:
                self._leave_unsaved(base, in_place)
                return
            saved, wrote = settled.row, settled.wrote
            told = f"{self._store.name(saved)} was saved." if wrote else f"{name} stays as it is stored."
        self._take_saved(saved, changes, in_place)
        self._context.toasts.show_success(told)

    def _take_saved(self, saved: RowT, changes: Mapping[str, object], in_place: str | None) -> None:
        if in_place is None:
            draft = self._drafts.pop(saved.id, None)
            since = {} if draft is None else _beyond(draft.values, changes)
            if since:
                self._drafts[saved.id] = Draft(saved, since)
            if self._is_shown(saved.id):
                self._form.show_saved(saved, changes)
        self.take(saved)

    def _leave_unsaved(self, base: RowT, in_place: str | None) -> None:
        if in_place is not None:
            self._listing.model.reject_edit(base.id, in_place, "The edit was dropped.", keep_text=False)
        elif self._is_shown(base.id):
            self._form.set_busy(busy=False)

    def _on_form_save_requested(self, base: RowT, changes: Mapping[str, object]) -> None:
        def show(error: AppError) -> None:
            if self._is_shown(base.id):
                self._form.show_error(error)
            else:  # the form shows another row; what was typed is kept with its own
                told = f"{self._store.name(base)} was not saved. {error.message}"
                self._context.toasts.show_error(told, details=error.details)

        self._scope.spawn(self.save(base, changes), on_error=show)

    def _on_view_edit_committed(self, row: RowT, name: str, text: str) -> None:
        def reject(error: AppError) -> None:
            self._listing.model.reject_edit(row.id, name, error.message)

        self._scope.spawn(self.save(row, {name: text}, in_place=name), on_error=reject)

    def _on_selection_changed(self) -> None:
        selection = self._listing.view.selection
        if selection.count > 1:
            self._put_away()
            self._shown, self._shows_many = None, True
            self.many_selected.emit(selection.count)
            return
        rows = selection.rows()
        if len(rows) == 1:
            self._show(rows[0])
        elif self._shows_many and not selection.count:
            self._show_nothing()
        elif self._shown is not None and not self._outlives_its_row(self._shown):
            # One that is selected and not at hand yet is shown when it arrives.
            self._put_away()
            self._show_nothing()

    def _outlives_its_row(self, shown: RowT) -> bool:
        """Whether the shown row left the list, as by somebody's deletion, while something is typed for it."""
        is_listed = self._listing.model.rows.position_of(shown.id) is not None
        return not self._listing.view.selection.count and self._form.is_dirty and not is_listed

    def _show(self, row: RowT) -> None:
        if self._is_shown(row.id):
            return
        self._put_away()
        self._shown, self._shows_many = row, False
        self._form.show_record(row, self._drafts.pop(row.id, None))
        self.shown_changed.emit(row)

    def _show_nothing(self) -> None:
        self._shown, self._shows_many = None, False
        self.shown_changed.emit(None)

    def _is_shown(self, row_id: int) -> bool:
        return self._shown is not None and self._shown.id == row_id

    def _put_away(self) -> None:
        """Empty the form; what was typed into it is kept until its row is shown again."""
        draft = self._form.draft
        if draft is not None:
            self._drafts[draft.base.id] = draft
        self._form.clear()

    def _on_model_loaded(self) -> None:
        """Others may have changed the row that is shown: show it anew, but never over what was typed."""
        if self._added is not None:
            added, self._added = self._added, None
            self._scope.spawn(self._go_to_added(added), key="go-to-added")
        shown = self._shown
        if shown is None:
            self._on_selection_changed()
            return
        position = self._listing.model.rows.position_of(shown.id)
        fresh = None if position is None else self._listing.model.row(position)
        if fresh is not None and fresh != shown:
            self._shown = fresh
            self.row_refreshed.emit(fresh)
            if not self._form.is_dirty:
                self._form.show_record(fresh)

    def _on_model_data_changed(self) -> None:
        if self._shown is None and self._listing.view.selection.count == 1:
            self._on_selection_changed()


def _beyond(typed: Mapping[str, object], saved: Mapping[str, object]) -> dict[str, object]:
    """Return what was typed and is not what was saved."""
    return {name: value for name, value in typed.items() if name not in saved or saved[name] != value}
