"""A list of files in a dialog, narrowed by what becomes of them; ten thousand cost no more than ten."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.tables.column import Column, RowT, Tone
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.rows_at_hand import RowsAtHand
from syncsphere_desktop.ui.tables.view import ListView
from syncsphere_desktop.ui.widgets.empty_state import EmptyState
from syncsphere_desktop.ui.widgets.search_field import SearchField
from syncsphere_desktop.ui.widgets.segments import Segments

ALL = "all"
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class FileKind:
    """One thing that becomes of files: its name in the code, its word, its colour."""

    name: str
    word: str
    tone: Tone


class FileList(QWidget, Generic[RowT]):
    """Segments with counts, a search, and the list.

    Made a turn of the event loop before the dialog it is for: together they hold the window up.
    """

    def __init__(
        self,
        scope: TaskScope,
        columns: Sequence[Column[RowT]],
        kinds: Sequence[FileKind],
        *,
        kind_of: Callable[[RowT], str],
        search: Callable[[RowT], Iterable[str]],
    ) -> None:
        super().__init__()
        self._scope = scope.child("files")
        self._kinds = tuple(kinds)
        self._kind_of = kind_of
        self._overlay: QWidget | None = None
        self.source: RowsAtHand[RowT] = RowsAtHand(
            columns, search=search, filters={"kind": lambda row, kind: kind_of(row) == kind}
        )
        self.model: ListModel[RowT] = ListModel(self.source, columns, self._scope, parent=self)
        self.view: ListView[RowT] = ListView(self.model)
        self.view.setAccessibleName("Files")
        self.segments = Segments("What becomes of the files")
        self.segments.add(ALL, "All")
        for kind in kinds:
            self.segments.add(kind.name, kind.word, tone=kind.tone.value)
        self.segments.chosen.connect(lambda _name: self._ask())
        self.search = SearchField("Search files")
        self.search.setMaximumWidth(240)
        self.search.search_changed.connect(lambda _text: self._ask())
        self._nothing: EmptyState | None = None
        self.model.loaded.connect(self._on_model_loaded)
        self._build()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.segments)
        top.addStretch(1)
        top.addWidget(self.search, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        self.segments.hide()
        self.search.hide()
        add_action(self.view, "Copy the selected files", self.view.copy, shortcut="Ctrl+C", group="")
        self.view.setMinimumHeight(240)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    async def shutdown(self) -> None:
        """End what is on its way to the list."""
        await self._scope.shutdown()

    async def show_rows(self, rows: Sequence[RowT], *, chosen: str = ALL) -> None:
        """Show these files, of the kind `chosen` first; others go on meanwhile."""
        counts: Counter[str] = Counter()
        for start in range(0, len(rows), _AT_ONCE):
            counts.update(map(self._kind_of, rows[start : start + _AT_ONCE]))
            await asyncio.sleep(0)
        self.segments.set_count(ALL, number(len(rows)))
        self.segments.choose(chosen if counts[chosen] else ALL)
        for kind in self._kinds:
            count = counts[kind.name]
            self.segments.set_count(kind.name, number(count), shown=count > 0)
        self.segments.show()
        self.search.setVisible(bool(rows))
        self.source.replace(rows)
        await asyncio.sleep(0)
        self.cover(None)
        self._ask()

    def cover(self, overlay: QWidget | None) -> None:
        """Show something in place of the files, such as why there are none yet."""
        self._overlay = overlay
        self.view.set_overlay(overlay)

    def _ask(self) -> None:
        kind = self.segments.current
        filters = {} if kind in (None, ALL) else {"kind": kind}
        sort = self.model.query.sort if self.model.query is not None else Sort("folder")
        self.model.set_query(ListQuery(sort, self.search.text().strip(), filters))

    def _on_model_loaded(self) -> None:
        if self._overlay is not None:
            return
        if self.model.count.value:
            self.view.set_overlay(None)
            return
        if self._nothing is None:
            self._nothing = EmptyState("search", "No files found", "Nothing matches what you search for.")
        self.view.set_overlay(self._nothing)
