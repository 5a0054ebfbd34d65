"""A million rows in a real list on a real server, beside plain psycopg2 and the same view in memory."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from benchmarks.frame import Result, at_most, at_most_times, is_soak, percentile
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.domain.listing import ListQuery
from syncsphere_desktop.settings import ConnectionTarget

if TYPE_CHECKING:
    from benchmarks.shown_list import PlainPages, ShownList, Subject

ROWS = 1_000_000
PATIENT = Timeouts(statement=600.0)


@contextmanager
def seeded(
    folder: Path, table: str, seed: Callable[[RawConnection], Sequence[str]]
) -> Iterator[ConnectionTarget]:
    """Run an embedded server in `folder` with a million rows in `table`.

    `seed` adds them to an empty database and returns the tables that it filled.
    """
    from syncsphere_desktop.database.schema.runner import MigrationRunner

    server = EmbeddedServer(folder)
    with server.held():
        target = server.target("postgres")
        parameters = connect_parameters(target, PATIENT)
        MigrationRunner(lambda: open_connection(parameters)).upgrade()
        connection = open_connection(parameters)
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found = cursor.fetchone()
        filled = seed(connection) if not found or found[0] < ROWS else ()
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name in filled:
                cursor.execute(f"VACUUM ANALYZE {name}")
        connection.close()
        yield target


def measure_on(target: ConnectionTarget, make_subject: Callable[[], Subject[Any]]) -> list[Result]:
    """Measure on a database that holds a million rows; the subject is made once Qt may be imported."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication
    from qasync import QEventLoop

    import benchmarks.shown_list  # noqa: F401  # imported before it is set aside from garbage collection
    from syncsphere_desktop.ui.app.collecting import GarbageCollector
    from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS, apply_theme
    from syncsphere_desktop.ui.theme.tokens import DARK, load_tokens

    application = QApplication.instance() or QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    assert isinstance(application, QApplication)
    apply_theme(application, load_tokens(DARK))
    application.setQuitOnLastWindowClosed(False)
    subject = make_subject()
    gc.collect()
    gc.freeze()  # as the app does once everything is imported
    collector = GarbageCollector(application)
    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    try:
        return loop.run_until_complete(_measured(target, subject))
    finally:
        loop.close()
        collector.close()


async def _measured(target: ConnectionTarget, subject: Subject[Any]) -> list[Result]:
    from benchmarks.shown_list import PlainPages

    plain = PlainPages(connect_parameters(target, PATIENT), subject)
    results: list[Result] = []
    async with _opened(target, subject) as ours:
        await ours.show(subject.everything)
        results += await _jumps(ours, plain, subject)
        results += await _blocks(ours, subject)
        results += await _searches(ours, plain, subject)
    # Memory is measured on a list of its own, as the measurements before leave their orders behind.
    async with _opened(target, subject) as ours:
        results += await _memory(ours, subject)
    plain.close()
    return [replace(result, name=subject.label + result.name) for result in results]


@asynccontextmanager
async def _opened(target: ConnectionTarget, subject: Subject[Any]) -> AsyncIterator[ShownList[Any]]:
    from benchmarks.shown_list import ShownList

    database = Database(target)
    ours = ShownList(database, subject)
    try:
        yield ours
    finally:
        await ours.close()
        await database.shutdown()


async def _jumps(ours: ShownList[Any], plain: PlainPages, subject: Subject[Any]) -> list[Result]:
    """Jump to random rows: until placeholders and until data are painted, by turns with the baselines."""
    from benchmarks.shown_list import MemoryList

    chance = random.Random(1)
    memory = MemoryList(ROWS, subject)
    painted: list[float] = []
    fetched: list[float] = []
    empty: list[float] = []
    full: list[float] = []
    for number in range(1000 if is_soak() else 205):
        position = chance.randrange(200, ROWS - 200)
        ids = await ours.ids_of_page(position)
        seconds = await ours.jump(position)
        started = time.perf_counter()
        memory.repaint(position, plain.page(ids))
        baseline = time.perf_counter() - started
        repainted = _timed(memory.repaint_again)
        placeholder = ours.paint_placeholders(chance.randrange(200, ROWS - 200))
        if number >= 5:
            painted.append(seconds)
            fetched.append(baseline)
            full.append(repainted)
            empty.append(placeholder)
        await ours.settle()
    memory.close()
    note = "psycopg2 fetches the same page, then the same view is painted from memory"
    return [
        _milliseconds(
            "Jump to painted rows, p50", statistics.median(painted), statistics.median(fetched), note
        ),
        _milliseconds(
            "Jump to painted rows, p95", percentile(painted, 95), percentile(fetched, 95), note, 2.0
        ),
        _milliseconds(
            "Placeholders painted", statistics.median(empty), statistics.median(full), "rows in memory", 1.5
        ),
    ]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


async def _blocks(ours: ShownList[Any], subject: Subject[Any]) -> list[Result]:
    """The longest time that the GUI thread did not come back to its loop, by what went on meanwhile."""
    from benchmarks.heartbeat import Heartbeat

    noise = (await Heartbeat.during(partial(asyncio.sleep, 2.0))).longest
    results: list[Result] = []
    for name, work in _BUSY.items():
        beat = await Heartbeat.during(partial(work, ours, subject))
        note = (
            f"beside an idle loop; {beat.over(0.016)} of {beat.beats} beats over 16 ms;"
            f" the GUI thread itself was busy for {1000 * beat.most_spent:.1f} ms at most"
        )
        longest = 1000 * beat.longest
        results.append(Result(f"GUI block, {name}", longest, 1000 * noise, "ms", at_most(16.0), note))
    return results


async def _jump_about(ours: ShownList[Any], _subject: Subject[Any]) -> None:
    chance = random.Random(2)
    for _ in range(200):
        await ours.jump(chance.randrange(200, ROWS - 200))


async def _scroll_fast(ours: ShownList[Any], _subject: Subject[Any]) -> None:
    for step in range(400):
        ours.scroll_to(250_000 + step * 60)
        await asyncio.sleep(0.008)
    await ours.settle()


async def _sort_by_all(ours: ShownList[Any], subject: Subject[Any]) -> None:
    for sort in subject.sorts:
        await ours.show(ListQuery(sort))
        await ours.settle()


async def _type(ours: ShownList[Any], subject: Subject[Any]) -> None:
    typed = [subject.typed[:end] for end in range(1, len(subject.typed) + 1)]
    for text in (*typed, *typed[-2::-1], ""):
        await ours.show(ListQuery(subject.sort, search=text))
    await ours.settle()


async def _reload_often(ours: ShownList[Any], _subject: Subject[Any]) -> None:
    for _ in range(5):
        await ours.reload()


_BUSY = {
    "200 jumps": _jump_about,
    "fast scrolling": _scroll_fast,
    "sort changes": _sort_by_all,
    "search as one types": _type,
    "reloads": _reload_often,
}


async def _searches(ours: ShownList[Any], plain: PlainPages, subject: Subject[Any]) -> list[Result]:
    """First results as one types, beside the bare query; the count of the former search is cancelled."""
    ratios: list[tuple[float, float]] = []
    texts = [word[:end] for word in subject.words for end in range(1, len(word) + 1)]
    for number, text in enumerate(texts * (3 if is_soak() else 1)):
        query = ListQuery(subject.sort, search=text)
        baseline = _timed(partial(plain.search, text)) if number % 2 else 0.0
        started = time.perf_counter()
        await ours.show(query)
        seconds = time.perf_counter() - started
        # Whoever comes second finds the pages warm and, after ours, the count still under way.
        await asyncio.sleep(0.6)
        ratios.append((seconds, baseline or _timed(partial(plain.search, text))))
    mine, bare = zip(*ratios, strict=True)
    note = f"{len(texts)} texts, each longer by a letter"
    return [
        _milliseconds(
            "Search, first results, p50", statistics.median(mine), statistics.median(bare), note, 1.5
        ),
        _milliseconds("Search, first results, p95", percentile(mine, 95), percentile(bare, 95), note, 1.5),
    ]


async def _memory(ours: ShownList[Any], subject: Subject[Any]) -> list[Result]:
    """The process after each page of the million was on screen, above the same list when it was empty."""
    await ours.show(subject.nothing)
    await ours.settle()
    before = _resident()
    await ours.show(subject.everything)
    for position in range(0, ROWS, 100):
        await ours.jump(position)
    await ours.settle()
    grown = _resident() - before
    note = f"empty list: {before / 1e6:.0f} MB"
    return [Result("Memory after scrolling a million", grown / 1e6, None, "MB", at_most(150.0), note)]


def _resident() -> float:
    import psutil

    gc.collect()
    return float(psutil.Process().memory_info().rss)


def _milliseconds(name: str, ours: float, baseline: float, note: str, ratio: float | None = None) -> Result:
    aim = None if ratio is None else at_most_times(ratio)
    return Result(name, 1000 * ours, 1000 * baseline, "ms", aim, note)
