"""The one model every list uses: it knows the length of the list and holds the pages that were on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from typing_extensions import override

from syncsphere_desktop.domain.listing import Count, ListQuery, Page, RowSource, Sort
from syncsphere_desktop.errors import AppError, InputError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.tables.column import Column, RowT
from syncsphere_desktop.ui.tables.fetching import PageFetcher
from syncsphere_desktop.ui.tables.pacing import ReloadPace
from syncsphere_desktop.ui.tables.pages import PAGE_SIZE, PAGES_KEPT, Absent, PageCache
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_Role = Qt.ItemDataRole
_NOTHING = Count(0, exact=True)


class ListModel(QAbstractTableModel, Generic[RowT]):
    """Shows a `RowSource` through columns.

    `set_query` asks for the first page, then for the exact count, then for the pages that the view says are
    on screen (`show_rows`). While a new query's first rows are on their way the old ones stay and
    `is_dimmed` is true. Rows are appended and removed at the end alone, whatever changed: everything else
    is a change of data, which costs a view of a million rows nothing.
    """

    count_changed = Signal(object)
    """The new `Count`."""
    loading_changed = Signal(bool)
    loaded = Signal()
    """The rows of a new query, or of a reload, are there."""
    failed = Signal(object)
    """An AppError; `retry` tries again what failed."""
    query_changed = Signal(object)
    """The `ListQuery` that was set."""
    reload_applying = Signal()
    """A reload's rows are about to replace the ones shown: note what must keep its place."""
    rows_changed_by_others = Signal(object)
    """Ids, as a frozenset, of the shown rows that a reload brought in another state."""
    edit_committed = Signal(object, str, str)
    """Row, column name, text: the cell shows the text until `replace_row` or `reject_edit`."""
    edit_rejected = Signal(int, str, str)
    """Row id, column name, sentence."""

    def __init__(
        self,
        source: RowSource[RowT],
        columns: Sequence[Column[RowT]],
        scope: TaskScope,
        *,
        page_size: int = PAGE_SIZE,
        pages_kept: int = PAGES_KEPT,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.source = source
        self.columns = tuple(columns)
        self.scope = scope
        self.rows: PageCache[RowT] = PageCache(page_size=page_size, capacity=pages_kept)
        self._fetcher = PageFetcher(scope, self._fetch, self._on_fetcher_failed, parent=self)
        self._query: ListQuery | None = None
        self._shown_query: ListQuery | None = None
        self._count = _NOTHING
        self._loading = False
        self._error: AppError | None = None
        self._on_screen: tuple[int, int] = (0, -1)
        self._generation = 0
        self._edits: dict[tuple[int, str], str] = {}
        self._refused: dict[tuple[int, str], str] = {}
        self._pace = ReloadPace(self.reload, self)

    # What is shown

    @property
    def query(self) -> ListQuery | None:
        """Return the query that was set last, whether or not its rows are here yet."""
        return self._query

    @property
    def shown_query(self) -> ListQuery | None:
        """Return the query whose rows are shown, as long as the newest one's are on their way."""
        return self._shown_query

    @property
    def count(self) -> Count:
        """Return how many rows the list has."""
        return self._count

    @property
    def error(self) -> AppError | None:
        """Return what failed last and was not made good since."""
        return self._error

    @property
    def is_loading(self) -> bool:
        """Whether the first rows of a query are on their way."""
        return self._loading

    @property
    def is_dimmed(self) -> bool:
        """Whether the rows shown are those of an earlier query."""
        return self._query != self._shown_query

    @property
    def on_screen(self) -> tuple[int, int]:
        """Return the first and the last position that the view shows."""
        return self._on_screen

    def row_at(self, index: Index) -> RowT | None:
        """Return the row at an index, or None where it is not here or was removed."""
        return self.row(index.row()) if index.isValid() else None

    def row(self, position: int) -> RowT | None:
        """Return the row at a position, or None where it is not here or was removed."""
        row = self.rows.row(position)
        return None if isinstance(row, Absent) else row

    def has_refused(self, row_id: int, name: str) -> bool:
        """Return whether the cell's next edit begins with a text that was refused."""
        return (row_id, name) in self._refused

    def pending_edit(self, row_id: int, name: str) -> str | None:
        """Return the text of an edit that was neither confirmed nor rejected yet."""
        return self._edits.get((row_id, name)) if self._edits else None

    # What to show

    def set_query(self, query: ListQuery) -> None:
        """Show another query's rows as soon as they are here; what was asked for before is dropped."""
        self._query = query
        self._pace.reset()
        self._fetcher.pause()
        self._set_loading(loading=True)
        self.query_changed.emit(query)
        self.scope.spawn(self._start(query), key=(self, "list"), on_error=self._on_list_failed)

    def sort_by(self, sort: Sort) -> None:
        """Show the same rows in another order."""
        if self._query is not None:
            self.set_query(replace(self._query, sort=sort))

    def reload(self) -> None:
        """Read again what is shown, now. Rows, selection and place stay until the new rows are here."""
        if self._query is None:
            return
        if self._loading or self.is_dimmed:
            self.set_query(self._query)
        elif self._pace.is_running:
            self._pace.after_this()
        else:
            self._pace.start()
            self.scope.spawn(self._reload(self._query), key=(self, "list"), on_error=self._on_list_failed)

    def reload_soon(self) -> None:
        """Reload because something changed; many changes become at most some four reloads a second."""
        if self._query is not None:
            self._pace.soon()

    def retry(self) -> None:
        """Try again what failed."""
        self._error = None
        self.reload()

    def show_rows(self, first: int, last: int) -> None:
        """Learn which rows are on screen (both included) and ask for those that are not here."""
        self._on_screen = (first, last)
        if not self._loading and not self.is_dimmed:
            self._want_rows()

    def replace_row(self, row: RowT) -> None:
        """Show a row's newer state, and drop the edits of it that wait."""
        for key in [key for key in self._edits if key[0] == row.id]:
            del self._edits[key]
        position = self.rows.replace(row)
        if position is not None:
            self._emit_changed(position, position)

    def reject_edit(self, row_id: int, name: str, sentence: str, *, keep_text: bool = True) -> None:
        """Show the stored value again, and beside it why the edit was not taken.

        With `keep_text` the next edit of the cell begins with what was typed.
        """
        typed = self._edits.pop((row_id, name), None)
        if keep_text and typed is not None:
            self._refused = {(row_id, name): typed}
        position = self.rows.position_of(row_id)
        if position is not None:
            self._emit_changed(position, position)
        self.edit_rejected.emit(row_id, name, sentence)

    # The flow of rows

    async def _start(self, query: ListQuery) -> None:
        page, count = await self.source.first_page(query, self.rows.page_size)
        self._generation += 1
        self._shown_query = query
        self._error = None
        self.rows.clear()
        self._set_count(Count(max(count.value, len(page.rows)), exact=count.exact))
        self.rows.put(0, page.rows)
        self._emit_changed(0, self._count.value - 1)
        self._set_loading(loading=False)
        self.loaded.emit()
        if not count.exact or len(page.rows) < count.value:
            self._prepared(await self.source.prepare(query))
        self._fetcher.resume()
        self._want_rows()

    def _prepared(self, count: Count) -> None:
        self._generation += 1
        self.rows.age()  # the first page may be from just before the order was fixed
        self._set_count(count)

    async def _reload(self, query: ListQuery) -> None:
        count = await self.source.prepare(query)
        # From here positions mean the new order: answers that were asked for in the old one are stale.
        self._generation += 1
        self._fetcher.pause()
        fresh = await self._pages_on_screen(query, count.value)
        self.reload_applying.emit()
        changed = self._changed_ids(fresh)
        self.rows.age()
        self._set_count(count)
        for page in fresh:
            self.rows.put(page.offset, page.rows)
        self._error = None
        self._emit_changed(0, count.value - 1)
        self._pace.end()
        self._fetcher.resume()
        self.loaded.emit()
        self._want_rows()
        if changed:
            self.rows_changed_by_others.emit(changed)

    async def _pages_on_screen(self, query: ListQuery, count: int) -> list[Page[RowT]]:
        first, last = self._on_screen
        last = min(last, count - 1)
        first = max(0, min(first, last))
        if last < first:
            return []
        numbers = self.rows.numbers(first, last)
        return [await self._page(query, numbers, count)]

    def _changed_ids(self, pages: Sequence[Page[RowT]]) -> frozenset[int]:
        def was(row: RowT) -> RowT | None:
            position = self.rows.position_of(row.id)
            return None if position is None else self.row(position)

        fresh = [row for page in pages for row in page.rows if row is not None]
        before = ((row, was(row)) for row in fresh)
        return frozenset(row.id for row, old in before if old is not None and old != row)

    async def _page(self, query: ListQuery, numbers: range, count: int) -> Page[RowT]:
        """Fetch pages in one go; a row that is missing at their end is shown as removed."""
        offset = numbers.start * self.rows.page_size
        size = min(len(numbers) * self.rows.page_size, count - offset)
        page = await self.source.page(query, offset, size)
        return Page(offset, page.rows + (None,) * (size - len(page.rows)))

    async def _fetch(self, numbers: range) -> None:
        generation, query = self._generation, self._shown_query
        if query is None:
            return
        page = await self._page(query, numbers, self._count.value)
        if generation != self._generation:
            return
        self.rows.put(page.offset, page.rows)
        self._error = None
        self._emit_changed(page.offset, page.offset + len(page.rows) - 1)

    def _want_rows(self) -> None:
        first, last = self._on_screen
        self._fetcher.want(self.rows, first, min(last, self._count.value - 1), self._count.value)

    def _on_list_failed(self, error: AppError) -> None:
        self._pace.end()
        self._set_loading(loading=False)
        if not self.is_dimmed:
            self._fetcher.resume()
        self._on_fetcher_failed(error)

    def _on_fetcher_failed(self, error: AppError) -> None:
        self._error = error
        self.failed.emit(error)

    def _set_loading(self, *, loading: bool) -> None:
        if loading != self._loading:
            self._loading = loading
            self.loading_changed.emit(loading)

    def _set_count(self, count: Count) -> None:
        old, new = self._count.value, count.value
        changed = count != self._count
        if new > old:
            self.beginInsertRows(_NOWHERE, old, new - 1)
            self._count = count
            self.rows.lengthen(new)
            self.endInsertRows()
        elif new < old:
            self.beginRemoveRows(_NOWHERE, new, old - 1)
            self._count = count
            self.rows.truncate(new)
            self.endRemoveRows()
        self._count = count
        if changed:
            self.count_changed.emit(count)

    def _emit_changed(self, first: int, last: int) -> None:
        last = min(last, self._count.value - 1)
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    # What Qt asks

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else self._count.value

    @override
    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    @override
    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        column = self.columns[index.column()]
        if role in (_Role.DisplayRole, _Role.AccessibleTextRole, _Role.EditRole):
            pending = self.pending_edit(row.id, column.name)
            if role == _Role.EditRole and pending is None:
                pending = self._refused.get((row.id, column.name))
            stored = column.exact(row) if role == _Role.EditRole else column.text(row)
            return stored if pending is None else pending
        if role == _Role.ToolTipRole:
            return plain_tip(column.tip(row))
        if role == _Role.TextAlignmentRole:
            return _alignment(column)
        return None

    @override
    def setData(self, index: Index, value: Any, role: int = _Role.EditRole) -> bool:
        row = self.row_at(index)
        if role != _Role.EditRole or row is None or not self.columns[index.column()].editable:
            return False
        column = self.columns[index.column()]
        self._refused.clear()
        try:
            text = str(value) if column.validate is None else column.validate(str(value))
        except InputError as error:
            self.edit_rejected.emit(row.id, column.name, error.message)
            return False
        if text != column.exact(row):
            self._edits[row.id, column.name] = text
            self._emit_changed(index.row(), index.row())
            self.edit_committed.emit(row, column.name, text)
        return True

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == _Role.DisplayRole:
            return column.title
        if role == _Role.TextAlignmentRole:
            return _alignment(column)
        return None

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if self.columns[index.column()].editable and self.row_at(index) is not None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags


def _alignment(column: Column[Any]) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.aligned_right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
