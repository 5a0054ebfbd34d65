"""What every view with a list does alike: search, sort, count, states, export, layout, others' changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.listing import Count, ListQuery, RowSource, Sort
from syncsphere_desktop.errors import AppError, ConnectionLostError
from syncsphere_desktop.studio.csv_export import export_csv
from syncsphere_desktop.studio.json_export import export_json
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import Filters, ViewContext
from syncsphere_desktop.ui.tables.column import Column, RowT
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.view import ListView
from syncsphere_desktop.ui.theme.motion import motion_wanted
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.file_dialog import ask_for_paths
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

_FILES = "CSV files (*.csv);;JSON files (*.json)"


@dataclass(frozen=True, slots=True)
class ListingWords:
    """What the list is called, and what it says when it is empty. `one`/`many` as in `1 user`, `3 users`."""

    one: str
    many: str
    icon: str
    empty_title: str
    empty_sentence: str
    add_action: str
    tables: frozenset[str]
    """The tables whose changes are seen in this list."""


class Listing(QObject, Generic[RowT]):
    """A list in its frame. The view's own controller adds what is particular to its rows.

    Without `on_add` its empty state offers nothing, as where the connection only reads.
    """

    filters_changed = Signal(object)
    """The filters that are on now, by whoever they were set."""

    def __init__(
        self,
        frame: ViewFrame,
        source: RowSource[RowT],
        columns: Sequence[Column[RowT]],
        words: ListingWords,
        context: ViewContext,
        scope: TaskScope,
        *,
        sort: Sort,
        on_add: Callable[[], None] | None,
    ) -> None:
        super().__init__(frame)
        self._frame = frame
        self._words = words
        self._context = context
        self._scope = scope
        self._source = source
        self._columns = tuple(columns)
        self.model: ListModel[RowT] = ListModel(source, columns, scope, parent=self)
        self.view: ListView[RowT] = ListView(self.model)
        self.view.setAccessibleName(words.many.capitalize())
        self.view.set_motion(enabled=motion_wanted())
        self._empty = EmptyState(words.icon, words.empty_title, words.empty_sentence, keys="Ctrl+N")
        self._empty.action_triggered.connect(self._on_empty_action_triggered)
        self._on_add = on_add
        self._error = ErrorState()
        self._error.retry_requested.connect(self.retry)
        self._sort = self.view.restore_layout(context.layout) or sort
        self._search = ""
        self._filters: Filters = {}
        self._shows_nothing_found = False
        self._connect()
        self._add_actions()

    def _connect(self) -> None:
        model = self.model
        model.count_changed.connect(self._on_model_count_changed)
        model.loaded.connect(self._on_model_loaded)
        model.failed.connect(self._on_model_failed)
        model.query_changed.connect(self._on_model_query_changed)
        self._frame.search_changed.connect(self.search)
        self.view.copied.connect(self._on_view_copied)

    def _add_actions(self) -> None:
        frame, group = self._frame, self._words.many.capitalize()
        add_action(
            frame, f"Search {self._words.many}", self._frame.search.setFocus, shortcut="/", group=group
        )
        add_action(frame, "Search", self._frame.search.setFocus, shortcut="Ctrl+F", group=group).setProperty(
            "syncsphere-group", ""
        )
        add_action(frame, "Export what is listed to CSV", self.export, shortcut="Ctrl+E", group=group)
        add_action(self.view, "Copy the selected rows", self.view.copy, shortcut="Ctrl+C", group=group)
        add_action(self.view, "Select all", self.view.selection.select_all, shortcut="Ctrl+A", group=group)
        add_action(
            frame, "Fold or unfold the inspector", frame.toggle_inspector, shortcut="Ctrl+I", group=group
        )

    # What the controller and the frame ask

    def activate(self) -> None:
        """Load the list if it was not loaded yet, and give it the focus."""
        if self.model.query is None:
            self._ask()
        self.view.setFocus()

    def search(self, text: str) -> None:
        """Show the rows that hold these words."""
        self._search = text.strip()
        self._ask()

    def narrow(self, filters: Filters) -> None:
        """Show only the rows that these filters leave; an empty mapping shows all."""
        self._filters = dict(filters)
        self.filters_changed.emit(self._filters)
        self._ask()

    @property
    def filters(self) -> Filters:
        """Return the filters that are on."""
        return self._filters

    def reload(self) -> None:
        """Read again what is shown."""
        if self.model.query is not None:
            self.model.reload()

    def retry(self) -> None:
        """Try again what failed."""
        self._frame.show_banner(None)
        if not self.model.count.value:
            self.view.set_overlay(None)  # the rows that are on their way, in place of what went wrong
        self.model.retry()

    def take_change(self, change: ChangeEvent) -> None:
        """Reload soon when the change is one of this list's tables."""
        is_ours = isinstance(change, TableChanged) and change.table in self._words.tables
        if is_ours or isinstance(change, EverythingMayHaveChanged):
            self.model.reload_soon()
            self.count_unseen()

    def count_unseen(self) -> None:
        """Show how many rows there are beside the view's name, while the list itself was never shown."""
        if self.model.query is None:
            self._scope.spawn(
                self._count(), key="count", on_error=lambda _error: self._context.show_count("")
            )

    async def _count(self) -> None:
        _page, count = await self._source.first_page(ListQuery(self._sort), 1)
        self._context.show_count(number(count.value))

    def save_layout(self) -> dict[str, object]:
        """Return columns, sorting and sizes as JSON-ready values."""
        return {**self._frame.save_layout(), **self.view.save_layout()}

    def say(self, words: ListingWords) -> None:
        """Say something else when the list is empty, as after a check that found nothing."""
        self._words = words
        if self.model.shown_query is not None and not self.model.count.value and self.model.error is None:
            self._on_model_loaded()

    def export(self) -> None:
        """Ask for a file and write what is listed into it, as a job."""
        dialog = QFileDialog(self._frame, "Export what is listed", f"{self._words.many}.csv", _FILES)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        ask_for_paths(dialog, lambda chosen: self.export_to(chosen[0]))

    def export_to(self, target: Path) -> None:
        """Write what is listed into `target`, by its name CSV or JSON, as a job that can be cancelled."""
        query = self.model.query
        if query is not None:
            self._scope.spawn(self._export(query, target))

    async def _export(self, query: ListQuery, target: Path) -> None:
        task = asyncio.current_task()
        job = self._context.jobs.start(
            f"Export to {target.name}", cancel=lambda: None if task is None else _cancel(task)
        )
        total = self.model.count.value
        try:
            export = export_json if target.suffix.lower() == ".json" else export_csv
            written = await export(
                target,
                self._columns,
                self._source,
                query,
                lambda done: job.progress(done, total, "Writing rows"),
            )
        except AppError as error:
            job.end(JobState.FAILED, error.message)
            raise
        except asyncio.CancelledError:
            job.end(JobState.CANCELLED, "Nothing was written.")
            raise
        except Exception:
            job.end(JobState.FAILED, "The app met a mistake of its own.")
            raise
        job.end(JobState.DONE, f"{number(written)} rows")
        self._context.toasts.show_success(f"{number(written)} {self._words.many} are in {target.name}.")

    def _ask(self) -> None:
        query = self.model.query
        sort = query.sort if query is not None else self._sort
        self.model.set_query(ListQuery(sort, self._search, self._filters))

    def _on_view_copied(self, copied: int, selected: int) -> None:
        if copied < selected:
            self._context.toasts.show_message(
                f"The first {number(copied)} of {number(selected)} rows were copied; export takes all.",
                "warning",
            )

    # What the model tells

    def _on_model_query_changed(self, query: ListQuery) -> None:
        self._sort = query.sort

    def _on_model_count_changed(self, count: Count) -> None:
        told = number(count.value) if count.exact else f"about {number(count.value)}"
        self._frame.show_count(told)
        if not self._search and not self._filters:
            self._context.show_count(number(count.value))

    def _on_model_loaded(self) -> None:
        self._frame.show_banner(None)
        if self.model.count.value:
            self.view.set_overlay(None)
            return
        if self._search or self._filters:
            self._shows_nothing_found = True
            told = f"Nothing matches “{self._search}”." if self._search else "Nothing matches this filter."
            self._empty.show_state("search", f"No {self._words.many} found", told, action="Show all")
        else:
            self._shows_nothing_found = False
            words = self._words
            action = None if self._on_add is None else words.add_action or None
            self._empty.show_state(words.icon, words.empty_title, words.empty_sentence, action=action)
        self.view.set_overlay(self._empty)
        self._frame.show_count("0")

    def _on_model_failed(self, error: AppError) -> None:
        if self.model.shown_query is not None and self.model.count.value:
            # What is on screen stays there, and is said to be old.
            offline = isinstance(error, ConnectionLostError)
            sentence = f"{error.message} What is shown may be out of date." if offline else error.message
            banner = Banner(sentence, "danger", action="Retry", details=error.details)
            banner.action_triggered.connect(self.retry)
            self._frame.show_banner(banner)
        else:
            self._error.show_error(error.message, details=error.details, retryable=True)
            self.view.set_overlay(self._error)

    def _on_empty_action_triggered(self) -> None:
        if self._shows_nothing_found:
            self._filters = {}
            self.filters_changed.emit(self._filters)
            if self._search:
                self._frame.search.clear()  # which asks for all rows
            else:
                self._ask()
        elif self._on_add is not None:
            self._on_add()


def _cancel(task: asyncio.Task[object] | None) -> None:
    if task is not None:
        task.cancel()
