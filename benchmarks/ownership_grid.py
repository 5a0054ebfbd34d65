"""The live grid: painting 5,000 cells, and what floods of changes cost, beside a QTableView with the same."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyledItemDelegate, QStyleOptionViewItem, QTableView
from qasync import QEventLoop
from typing_extensions import override

from benchmarks.frame import Result, at_most, at_most_times, is_soak, measure_by_turns
from benchmarks.heartbeat import Heartbeat
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.settings import ThemeMode
from syncsphere_desktop.ui.app.collecting import GarbageCollector
from syncsphere_desktop.ui.ownership.canvas import GridCanvas
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.geometry import SIZES, Density
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.values import Held, Person, Track
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS

TRACKS, PEOPLE, ROWS_ON_SCREEN = 5_000, 50, 100
_SECONDS = 10.0 if is_soak() else 4.0
_BATCH_SECONDS = 0.004
_SETTLE_SECONDS = 0.3
_FRAME_MILLISECONDS = 16
Change = tuple[int, int]
"""Track, person."""


def run() -> list[Result]:
    """Measure painting, 5,000 and 20,000 changes a second, all on cells that are on screen."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["benchmark", *STYLE_ARGUMENTS])
    theme = ThemeController(app, ThemeMode.DARK)
    loop = QEventLoop(app)
    gc.collect()
    gc.freeze()  # as the window does once everything is imported
    collector = GarbageCollector(app)  # as in the window: never in the middle of a frame
    with loop:
        results: list[Result] = list(loop.run_until_complete(_still()))
        for rate in (5_000, 20_000):
            results += loop.run_until_complete(_flood(rate))
    collector.close()
    theme.deleteLater()
    return results


def make_canvas(density: Density = Density.OVERVIEW) -> GridCanvas:
    """Return a shown grid of 5,000 tracks and 50 people, 5,000 cells of which are on screen."""
    model = GridModel(GridClock(datetime.now))
    model.set_tracks(Track(UUID(int=number + 1), f"Track {number}") for number in range(TRACKS))
    model.set_people(Person(UserId(number), f"Person {number}") for number in range(1, PEOPLE + 1))
    draw, now = random.Random(1), time.time()  # any order will do
    for track in model.tracks:
        owner = UserId(draw.randint(1, PEOPLE))
        model.set_held(track.box_uuid, Held((owner,), now - draw.randint(61, 9_000)))
    canvas = GridCanvas(model)
    canvas.set_motion(enabled=True)
    sizes = SIZES[density]
    width = canvas.names_width + (PEOPLE + 1) * sizes.column
    canvas.resize(width, sizes.header + ROWS_ON_SCREEN * sizes.row)
    canvas.set_density(density)
    canvas.show()
    return canvas


class _Table(QAbstractTableModel):
    """The same cells as a model of Qt's."""

    def __init__(self) -> None:
        super().__init__()
        draw = random.Random(1)
        self._owners = [draw.randint(0, PEOPLE - 1) for _ in range(TRACKS)]
        self._dirty: set[Change] = set()

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return TRACKS

    @override
    def columnCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return PEOPLE

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        return self._owners[index.row()] == index.column() if role == Qt.ItemDataRole.UserRole else None

    def apply(self, change: Change) -> None:
        """Take a change; it is told at the next flush."""
        track, person = change
        self._dirty |= {(track, self._owners[track]), (track, person - 1)}
        self._owners[track] = person - 1

    def flush(self) -> None:
        """Tell of each cell that changed."""
        dirty, self._dirty = self._dirty, set()
        for cell in dirty:
            index = self.index(*cell)
            self.dataChanged.emit(index, index)


class _FillDelegate(QStyledItemDelegate):
    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.data(Qt.ItemDataRole.UserRole):
            painter.fillRect(option.rect, QColor("#6c6cd8"))


def _make_table(density: Density = Density.OVERVIEW) -> tuple[_Table, QTableView]:
    model, view, sizes = _Table(), QTableView(), SIZES[density]
    view.setModel(model)
    view.setItemDelegate(_FillDelegate(view))
    view.horizontalHeader().setMinimumSectionSize(sizes.column)
    view.horizontalHeader().setDefaultSectionSize(sizes.column)
    view.verticalHeader().setMinimumSectionSize(sizes.row)
    view.verticalHeader().setDefaultSectionSize(sizes.row)
    view.resize(80 + PEOPLE * sizes.column, 40 + ROWS_ON_SCREEN * sizes.row)
    view.show()
    return model, view


async def _still() -> list[Result]:
    results = []
    for density, words, times in (
        (Density.OVERVIEW, "colours", 0.5),
        (Density.COMFORTABLE, "with times, names and faces", 1.0),
    ):
        _table, view = _make_table(density)
        canvas = make_canvas(density)
        await asyncio.sleep(_SETTLE_SECONDS)
        ours, baseline = measure_by_turns(canvas.viewport().repaint, view.viewport().repaint, runs=15)
        results.append(
            Result(
                f"grid: paint 5,000 cells, {words}",
                ours * 1000,
                baseline * 1000,
                "ms",
                at_most_times(times),
                "a QTableView of that size that only fills its cells",
            )
        )
        _close(canvas)
        _close(view)
    return [*results, await _scrolling()]


async def _scrolling() -> Result:
    canvas = make_canvas(Density.COMFORTABLE)
    canvas.resize(1440, 900)
    await asyncio.sleep(_SETTLE_SECONDS)
    bar, took = canvas.verticalScrollBar(), []
    for step in range(200):
        started = time.perf_counter()
        bar.setValue(step * 733)
        canvas.viewport().repaint()
        took.append(time.perf_counter() - started)
    _close(canvas)
    return Result("grid: slowest of 200 jumps, 1440 x 900", max(took) * 1000, None, "ms", at_most(16.0))


@dataclass(frozen=True, slots=True)
class _Flow:
    """What a flood cost: milliseconds, shares of a core, repaints a second."""

    lag: float
    share: float
    repaints: float
    applied: int


async def _idle() -> None:
    await asyncio.sleep(1.0)


async def _flood(rate: int) -> list[Result]:
    canvas = make_canvas()
    await asyncio.sleep(_SETTLE_SECONDS)
    idle = (await Heartbeat.during(_idle)).late(99) * 1000
    people, model = [UserId(number) for number in range(PEOPLE + 1)], canvas.model
    boxes = [track.box_uuid for track in model.tracks]
    last: dict[int, int] = {}

    def apply(change: Change) -> None:
        track, person = last_change = change
        last[last_change[0]] = person
        model.set_held(boxes[track], Held((people[person],), time.time()))

    ours = await _flow(rate, apply, lambda: canvas.repaints)
    assert all(model.find(boxes[track])[1].owners == (person,) for track, person in last.items())  # type: ignore[index]
    _close(canvas)
    table, view = _make_table()
    flushing = QTimer(interval=_FRAME_MILLISECONDS)
    flushing.timeout.connect(table.flush)
    flushing.start()
    theirs = await _flow(rate, table.apply, lambda: 0)
    flushing.stop()
    _close(view)
    name = f"grid: {rate:,} changes/s"
    lag_aim = 5.0 if rate == 5_000 else 16.0
    share_aim = at_most(40.0) if rate == 5_000 else None
    return [
        Result(
            f"{name}, loop lag p99",
            ours.lag,
            theirs.lag,
            "ms",
            at_most(lag_aim),
            f"{ours.applied:,} applied; an idle loop is {idle:.1f} ms late",
        ),
        Result(f"{name}, share of a core", ours.share, theirs.share, "%", share_aim),
        Result(f"{name}, repaints", ours.repaints, None, "/s", at_most(60.5)),
    ]


async def _flow(rate: int, apply: Callable[[Change], None], repaints: Callable[[], int]) -> _Flow:
    draw = random.Random(2)
    changes = [
        (draw.randrange(ROWS_ON_SCREEN), draw.randint(1, PEOPLE)) for _ in range(round(rate * _SECONDS))
    ]

    async def pour() -> None:
        started, done = time.perf_counter(), 0
        while done < len(changes):
            due = min(len(changes), round((time.perf_counter() - started) * rate))
            for change in changes[done:due]:
                apply(change)
            done = due
            await asyncio.sleep(_BATCH_SECONDS)

    await asyncio.sleep(_SETTLE_SECONDS)
    before, started, spent = repaints(), time.perf_counter(), time.process_time()
    beat = await Heartbeat.during(pour)
    took, spent = time.perf_counter() - started, time.process_time() - spent
    return _Flow(beat.late(99) * 1000, spent / took * 100, (repaints() - before) / took, len(changes))


def _close(widget: Any) -> None:
    widget.close()
    widget.deleteLater()
