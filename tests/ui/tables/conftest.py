"""A list of generated rows in a view that is shown, on a loop that tells what its tasks leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester

from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.errors import AppError, InputError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.tables.column import Column, ColumnKind
from syncsphere_desktop.ui.tables.model import ListModel
from syncsphere_desktop.ui.tables.view import ListView
from tests.fakes.million import GeneratedRows, Track

BY_NAME = ListQuery(Sort("name"))


def checked_name(text: str) -> str:
    """Accept anything but nothing."""
    if not text.strip():
        raise InputError("A name can't be empty.", field="name")
    return text.strip()


COLUMNS: Sequence[Column[Track]] = (
    Column("Name", lambda row: row.name, "name", editable=True, validate=checked_name),
    Column("Size", lambda row: row.size, "size", lambda value: f"{value} kB", ColumnKind.NUMBER),
    Column("Made", lambda row: row.made_at, "made_at", kind=ColumnKind.TIME, width=180),
    Column("Version", lambda row: row.version, kind=ColumnKind.NUMBER, hidden=True),
)
"""Three columns that are shown and one that is not."""


TESTED_BELOW = 200


@dataclass
class Bench:
    """One list with what it was made of and what it reported."""

    source: GeneratedRows
    model: ListModel[Track]
    view: ListView[Track]
    errors: list[AppError] = field(default_factory=list)
    bugs: list[BaseException] = field(default_factory=list)

    def names(self, first: int, last: int) -> list[str | None]:
        """Return what the rows are called, None where they are not here."""
        return [None if (row := self.model.row(at)) is None else row.name for at in range(first, last + 1)]


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for has no event of its own
            await asyncio.sleep(0.002)


@asynccontextmanager
async def listing(
    count: int, *, shown: bool = True, page_size: int = 100, **options: Any
) -> AsyncIterator[Bench]:
    """Open a list of `count` rows at 700 x 500 pixels; model tester and bug reports are strict."""
    QGuiApplication.setQuitOnLastWindowClosed(False)  # as the app does
    source = GeneratedRows(count)
    for name, value in options.items():
        setattr(source, name, value)
    errors: list[AppError] = []
    bugs: list[BaseException] = []
    scope = TaskScope("test", on_error=errors.append, report_bug=bugs.append)
    model = ListModel(source, COLUMNS, scope, page_size=page_size)
    tester = None
    if count <= TESTED_BELOW:  # it looks at every cell at every change
        tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    view = ListView(model)
    view.resize(700, 500)
    model.failed.connect(errors.append)
    if shown:
        view.show()
        model.set_query(BY_NAME)
        await until(lambda: model.row(0) is not None or count == 0 or errors)
        await until(lambda: "prepare" in source.calls or count <= 100 or errors)
        await asyncio.sleep(0.02)
    try:
        yield Bench(source, model, view, errors, bugs)
    finally:
        await scope.shutdown()
        view.close()
        # Not left to the garbage collector, which may run on a thread that must not end timers.
        gone = asyncio.Event()
        view.destroyed.connect(gone.set)
        for part in (tester, model):
            if part is not None:
                part.setParent(view)
        view.deleteLater()
        await gone.wait()
    assert not bugs, bugs
