"""A list as the app shows it, the same view fed from memory, and psycopg2 without anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from PySide6.QtGui import QPaintEvent
from typing_extensions import override

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.parameters import open_connection
from syncsphere_desktop.domain.listing import Count, ListQuery, Page, RowSource, Sort
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.tables.cells import ROW_HEIGHT
from syncsphere_desktop.ui.tables.column import Column, RowT
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.view import ListView

SIZE = (1232, 768)
"""The list of a 1440 x 900 window without an inspector."""


@dataclass(frozen=True)
class Subject(Generic[RowT]):
    """Which list is measured. `label` goes before the names of the results.

    `page` and `search` are what one would write in SQL: the first takes ids, the second `patterns` times a
    pattern. `row` makes a row of what they return. `sort` is the usual order; `typed` is searched for letter
    by letter while the window is watched, each of `words` for itself.
    """

    label: str
    source: Callable[[Database], RowSource[RowT]]
    columns: tuple[Column[RowT], ...]
    page: str
    search: str
    patterns: int
    row: Callable[[tuple[Any, ...]], RowT]
    sort: Sort
    sorts: tuple[Sort, ...]
    typed: str
    words: tuple[str, ...]

    @property
    def everything(self) -> ListQuery:
        """The list as it opens."""
        return ListQuery(self.sort)

    @property
    def nothing(self) -> ListQuery:
        """The list of what nobody has."""
        return ListQuery(self.sort, search="no-such-thing-anywhere")


class PlainPages:
    """Pages and searches by psycopg2 alone, on one connection in autocommit."""

    def __init__(self, parameters: Mapping[str, str | int], subject: Subject[Any]) -> None:
        self._connection = open_connection(parameters)
        self._connection.autocommit = True
        self._subject = subject

    def page(self, ids: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the rows with these ids."""
        return self._rows(self._subject.page, (list(ids),))

    def search(self, text: str) -> list[tuple[Any, ...]]:
        """Return the first hundred rows that hold `text`."""
        return self._rows(self._subject.search, (f"%{text}%",) * self._subject.patterns)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


class _WatchedView(ListView[RowT]):
    """Tells when all rows on screen were painted with their data."""

    def __init__(self, model: ListModel[RowT]) -> None:
        super().__init__(model)
        self.painted = asyncio.Event()
        self.painted_at = 0.0

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        first, last = self.rows_on_screen()
        if (
            not self.list_model.is_dimmed
            and len(self.list_model.rows.loaded(first, last)) == last - first + 1
        ):
            self.painted_at = time.perf_counter()
            self.painted.set()


class ShownList(Generic[RowT]):
    """Model, view and repository on a real database; an error ends the benchmark."""

    def __init__(self, database: Database, subject: Subject[RowT]) -> None:
        self._failures: list[BaseException] = []
        self._scope = TaskScope("bench", on_error=self._failures.append, report_bug=self._failures.append)
        self._source = subject.source(database)
        self.model = ListModel(self._source, subject.columns, self._scope)
        self._loaded = asyncio.Event()
        self.model.loaded.connect(self._loaded.set)
        self.view = _WatchedView(self.model)
        self.view.resize(*SIZE)
        self.view.show()

    async def show(self, query: ListQuery) -> None:
        """Set the query and wait for its first rows."""
        self._loaded.clear()
        self.model.set_query(query)
        await self._soon(self._loaded)

    async def reload(self) -> None:
        """Reload and wait for the rows."""
        self._loaded.clear()
        self.model.reload()
        await self._soon(self._loaded)

    async def settle(self) -> None:
        """Wait until the count is exact and what is on screen, and the page after it, is here."""
        async with asyncio.timeout(60):
            while not self.model.count.exact:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.03)
        self._raise_failure()

    async def jump(self, position: int) -> float:
        """Scroll to a position; return the seconds until its rows were painted."""
        self.view.painted.clear()
        started = time.perf_counter()
        self.scroll_to(position)
        self.view.viewport().update()
        await self._soon(self.view.painted)
        return self.view.painted_at - started

    def scroll_to(self, position: int) -> None:
        """Scroll so that a position is the first on screen."""
        self.view.verticalScrollBar().setValue(position * ROW_HEIGHT)

    def paint_placeholders(self, position: int) -> float:
        """Return the seconds it takes to scroll to a position and paint before any answer can come."""
        started = time.perf_counter()
        self.scroll_to(position)
        self.view.viewport().repaint()
        return time.perf_counter() - started

    async def ids_of_page(self, position: int) -> Sequence[int]:
        """Return the ids of the page that holds a position."""
        assert self.model.query is not None
        return await self._source.ids(self.model.query, position // 100 * 100, 100)

    async def close(self) -> None:
        """End every task and the view."""
        await self._scope.shutdown()
        self.view.close()
        self.view.deleteLater()
        self._raise_failure()

    async def _soon(self, event: asyncio.Event) -> None:
        async with asyncio.timeout(60):
            await event.wait()
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failures:
            raise self._failures[0]


class _NoSource(Generic[RowT]):
    """Never asked: the rows are put into the model's pages by hand."""

    async def first_page(self, *_question: object) -> tuple[Page[RowT], Count]:
        raise AssertionError

    async def prepare(self, *_question: object) -> Count:
        raise AssertionError

    async def page(self, *_question: object) -> Page[RowT]:
        raise AssertionError

    async def ids(self, *_question: object) -> Sequence[int]:
        raise AssertionError


class MemoryList(Generic[RowT]):
    """The same view on rows that are in memory, painted synchronously."""

    def __init__(self, count: int, subject: Subject[RowT]) -> None:
        self._row = subject.row
        self._model: ListModel[RowT] = ListModel(
            _NoSource(), subject.columns, TaskScope("memory", on_error=_fail, report_bug=_fail)
        )
        self._model._set_count(Count(count, exact=True))
        self._view = ListView(self._model)
        self._view.resize(*SIZE)
        self._view.show()
        self._position = 0

    def repaint(self, position: int, rows: Sequence[tuple[Any, ...]]) -> None:
        """Scroll to a position whose page has these rows, and paint."""
        offset = position // 100 * 100
        page = [self._row(row) for row in rows]
        self._model.rows.put(offset, page)
        self._model.rows.put(offset + 100, page)
        self._position = position
        self._view.verticalScrollBar().setValue(position * ROW_HEIGHT)
        self._view.viewport().repaint()

    def repaint_again(self) -> None:
        """Scroll away and back, and paint."""
        bar = self._view.verticalScrollBar()
        bar.setValue(self._position * ROW_HEIGHT + ROW_HEIGHT)
        self._view.viewport().repaint()

    def close(self) -> None:
        """Close the view."""
        self._view.close()
        self._view.deleteLater()


def _fail(error: BaseException | AppError) -> None:
    raise error
