"""Which rows are selected: by id, so that it survives another order, a reload, and rows never fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Generic

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.listing import ListQuery
from syncsphere_desktop.ui.tables.column import RowT
from syncsphere_desktop.ui.tables.model import ListModel

_CHUNK = 10_000
"""Ids taken at once: what the GUI thread turns over within a millisecond or two."""
_FETCHED_AT_ONCE = 1_000
_LOOKED_THROUGH = 2_000
_PRUNED_BELOW = 20_000


class RowSelection(QObject, Generic[RowT]):
    """The selected rows of a `ListModel`: ids, or everything listed but some ids.

    A stretch that reaches over rows whose ids are not known yet is kept by position until the source has
    told them, which it does within milliseconds. Another search or filter clears the selection.
    """

    changed = Signal()

    def __init__(self, model: ListModel[RowT], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._ids: set[int] = set()
        self._everything = False
        self._without: set[int] = set()
        self._stretch = range(0)
        self._before_stretch: frozenset[int] = frozenset()
        self._anchor = 0
        self._query: ListQuery | None = model.query
        model.query_changed.connect(self._on_model_query_changed)
        model.loaded.connect(self._on_model_loaded)
        model.count_changed.connect(self._on_model_count_changed)

    @property
    def count(self) -> int:
        """Return how many rows are selected."""
        if self._everything:
            return max(0, self._model.count.value - len(self._without))
        return len(self._ids) + len(self._stretch)

    @property
    def is_everything(self) -> bool:
        """Whether all that is listed is selected, but for rows that were taken out one by one."""
        return self._everything

    def contains(self, position: int) -> bool:
        """Return whether the row at a position is selected."""
        row = self._model.row(position)
        if self._everything:
            return row is None or row.id not in self._without
        return (row is not None and row.id in self._ids) or position in self._stretch

    def rows(self) -> list[RowT]:
        """Return the selected rows that are at hand, in no particular order; `fetch` gives all of them."""
        if self._everything or self._stretch:
            first, last = self._model.on_screen
            loaded = self._model.rows.loaded(first, last)
            return [row for position, row in loaded.items() if self.contains(position)]
        return list(self._known().values())

    def select_only(self, position: int) -> None:
        """Select the row at `position` alone."""
        self._anchor = position
        row = self._model.row(position)
        self._become(
            set() if row is None else {row.id}, range(position, position + 1) if row is None else None
        )

    def toggle(self, position: int) -> None:
        """Take the row at `position` in, or out."""
        self._anchor = position
        row = self._model.row(position)
        if row is None:
            return
        if self._everything:
            self._without ^= {row.id}
            self.changed.emit()
        else:
            self._become(self._ids ^ {row.id})

    def extend_to(self, position: int, *, keep: bool = False) -> None:
        """Select from the row last chosen to the one at `position`; with `keep`, beside what was selected."""
        stretch = range(min(self._anchor, position), max(self._anchor, position) + 1)
        before = self._before_stretch if keep else frozenset()
        if len(stretch) <= _LOOKED_THROUGH:
            loaded = self._model.rows.loaded(stretch.start, stretch.stop - 1)
            if len(loaded) == len(stretch):
                self._become({row.id for row in loaded.values()} | before, base=before)
                return
        self._become(set(before), stretch, base=before)

    def select_all(self) -> None:
        """Select everything listed, fetched or not."""
        self._become(set())
        self._everything = True
        self.changed.emit()

    def select_ids(self, ids: Iterable[int]) -> None:
        """Select the rows with these ids alone."""
        self._become(set(ids))

    def discard(self, ids: Iterable[int]) -> None:
        """Take rows out that are gone, as after a deletion."""
        if self._everything:
            self._without.difference_update(ids)
            self.changed.emit()
        elif not self._ids.isdisjoint(gone := set(ids)):
            self._become(self._ids - gone)

    def clear(self) -> None:
        """Select nothing."""
        if self.count or self._everything:
            self._become(set())

    async def resolve(self) -> list[int]:
        """Return the ids of all selected rows, also of those never fetched. Raises AppError."""
        if self._everything:
            query, count = self._model.shown_query, self._model.count.value
            without = frozenset(self._without)
            return [] if query is None else await self._told(query, range(count), without)
        if self._stretch:
            await self._resolve_stretch(self._stretch)
        return sorted(self._ids)

    async def fetch(self, limit: int) -> list[RowT]:
        """Return the selected rows in the list's order, at most `limit`. Raises AppError."""
        query = self._model.shown_query
        if query is None:
            return []
        wanted = set(await self.resolve())
        if len(known := self._known()) == len(wanted):
            return [known[row_id] for row_id in sorted(known, key=self._place)][:limit]
        found: list[RowT] = []
        for offset in range(0, self._model.count.value, _FETCHED_AT_ONCE):
            await asyncio.sleep(0)
            if wanted.isdisjoint(await self._model.source.ids(query, offset, _FETCHED_AT_ONCE)):
                continue
            page = await self._model.source.page(query, offset, _FETCHED_AT_ONCE)
            chosen = [row for row in page.rows if row is not None and row.id in wanted]
            found += chosen
            wanted.difference_update(row.id for row in chosen)
            if not wanted or len(found) >= limit:
                break
        return found[:limit]

    def _known(self) -> dict[int, RowT]:
        """Return the selected rows that are in the cache, by id."""
        rows = ((row_id, self._model.rows.position_of(row_id)) for row_id in self._ids)
        found = ((row_id, self._model.row(at)) for row_id, at in rows if at is not None)
        return {row_id: row for row_id, row in found if row is not None}

    def _place(self, row_id: int) -> int:
        return self._model.rows.position_of(row_id) or 0

    def _become(
        self, ids: set[int], stretch: range | None = None, *, base: frozenset[int] | None = None
    ) -> None:
        self._ids = ids
        self._stretch = stretch or range(0)
        self._before_stretch = frozenset(ids) if base is None else base
        self._everything = False
        self._without = set()
        self.changed.emit()
        if self._stretch:
            self._model.scope.spawn(self._resolve_stretch(self._stretch), key=(self, "stretch"))

    async def _resolve_stretch(self, stretch: range) -> None:
        query = self._model.shown_query
        if query is None:
            return
        ids = await self._told(query, stretch, frozenset())
        if stretch == self._stretch:
            self._ids.update(ids)
            self._stretch = range(0)
            self.changed.emit()

    async def _told(self, query: ListQuery, stretch: range, without: frozenset[int]) -> list[int]:
        ids: list[int] = []
        for start in range(stretch.start, stretch.stop, _CHUNK):
            size = min(_CHUNK, stretch.stop - start)
            told = await self._model.source.ids(query, start, size)
            ids.extend(row_id for row_id in told if row_id not in without)
            await asyncio.sleep(0)
        return ids

    def _on_model_query_changed(self, query: ListQuery) -> None:
        before, self._query = self._query, query
        if before is not None and (before.search, before.filters) != (query.search, query.filters):
            self.clear()

    def _on_model_count_changed(self, _count: object) -> None:
        if self._everything:
            self.changed.emit()

    def _on_model_loaded(self) -> None:
        if self._stretch:
            # The positions mean other rows now; rather nothing is selected than something else.
            self._become(self._ids)
        if self._ids and not self._everything and self._model.count.value <= _PRUNED_BELOW:
            self._model.scope.spawn(self._prune(), key=(self, "stretch"))

    async def _prune(self) -> None:
        """Take out the rows that are not listed any more."""
        query, count = self._model.shown_query, self._model.count
        if query is None or not count.exact:
            return
        listed = set(await self._model.source.ids(query, 0, count.value))
        if query == self._model.shown_query and not self._ids <= listed:
            self._become(self._ids & listed)
