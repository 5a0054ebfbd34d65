"""A million users in the real list on a real server, beside plain psycopg2 and the same view in memory."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.frame import Result, at_most, at_most_times, is_soak, percentile
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.seed import SeedAmounts, Seeder
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.settings import ConnectionTarget

if TYPE_CHECKING:
    from benchmarks.user_list import PlainPages, UserList

USERS = 1_000_000
_PATIENT = Timeouts(statement=600.0)
_BY_NAME = ListQuery(Sort("username"))
_NOBODY = ListQuery(Sort("username"), search="no-such-user-anywhere")
_SORTS = (
    Sort("email"),
    Sort("username", descending=True),
    Sort("created_at"),
    Sort("id", descending=True),
    Sort("username"),
)


def run() -> list[Result]:
    """Seed an embedded server and measure."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name, seeded(Path(name) / "studio") as target:
        return measure_on(target)


@contextmanager
def seeded(folder: Path) -> Iterator[ConnectionTarget]:
    """Run an embedded server in `folder` with a million users in it."""
    from syncsphere_desktop.database.schema.runner import MigrationRunner

    server = EmbeddedServer(folder)
    with server.held():
        target = server.target("postgres")
        parameters = connect_parameters(target, _PATIENT)
        MigrationRunner(lambda: open_connection(parameters)).upgrade()
        connection = open_connection(parameters)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM users")
            found = cursor.fetchone()
        if not found or found[0] < USERS:
            Seeder(connection, password_hash="x" * 60).run(SeedAmounts(users=USERS))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE users")
        connection.close()
        yield target


def measure_on(target: ConnectionTarget) -> list[Result]:
    """Measure on a database that holds a million users."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication
    from qasync import QEventLoop

    import benchmarks.user_list  # noqa: F401  # imported before it is set aside from garbage collection
    from syncsphere_desktop.ui.app.collecting import GarbageCollector
    from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS, apply_theme
    from syncsphere_desktop.ui.theme.tokens import DARK, load_tokens

    application = QApplication.instance() or QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    assert isinstance(application, QApplication)
    apply_theme(application, load_tokens(DARK))
    application.setQuitOnLastWindowClosed(False)
    gc.collect()
    gc.freeze()  # as the app does once everything is imported
    collector = GarbageCollector(application)
    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    try:
        return loop.run_until_complete(_measured(target))
    finally:
        loop.close()
        collector.close()


async def _measured(target: ConnectionTarget) -> list[Result]:
    from benchmarks.user_list import PlainPages

    plain = PlainPages(connect_parameters(target, _PATIENT))
    results: list[Result] = []
    async with _opened(target) as ours:
        await ours.show(_BY_NAME)
        results += await _jumps(ours, plain)
        results += await _blocks(ours)
        results += await _searches(ours, plain)
    # Memory is measured on a list of its own, as the measurements before leave their orders behind.
    async with _opened(target) as ours:
        results += await _memory(ours)
    plain.close()
    return results


@asynccontextmanager
async def _opened(target: ConnectionTarget) -> AsyncIterator[UserList]:
    from benchmarks.user_list import UserList

    database = Database(target)
    ours = UserList(database)
    try:
        yield ours
    finally:
        await ours.close()
        await database.shutdown()


async def _jumps(ours: UserList, plain: PlainPages) -> list[Result]:
    """Jump to random rows: until placeholders and until data are painted, by turns with the baselines."""
    from benchmarks.user_list import MemoryList

    chance = random.Random(1)
    memory = MemoryList(USERS)
    painted: list[float] = []
    fetched: list[float] = []
    empty: list[float] = []
    full: list[float] = []
    for number in range(1000 if is_soak() else 205):
        position = chance.randrange(200, USERS - 200)
        ids = await ours.ids_of_page(position)
        seconds = await ours.jump(position)
        started = time.perf_counter()
        memory.repaint(position, plain.page(ids))
        baseline = time.perf_counter() - started
        repainted = _timed(memory.repaint_again)
        placeholder = ours.paint_placeholders(chance.randrange(200, USERS - 200))
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


async def _blocks(ours: UserList) -> list[Result]:
    """The longest time that the GUI thread did not come back to its loop, by what went on meanwhile."""
    from benchmarks.heartbeat import Heartbeat

    noise = (await Heartbeat.during(partial(asyncio.sleep, 2.0))).longest
    results: list[Result] = []
    for name, work in _BUSY.items():
        beat = await Heartbeat.during(partial(work, ours))
        note = (
            f"beside an idle loop; {beat.over(0.016)} of {beat.beats} beats over 16 ms;"
            f" the GUI thread itself was busy for {1000 * beat.most_spent:.1f} ms at most"
        )
        longest = 1000 * beat.longest
        results.append(Result(f"GUI block, {name}", longest, 1000 * noise, "ms", at_most(16.0), note))
    return results


async def _jump_about(ours: UserList) -> None:
    chance = random.Random(2)
    for _ in range(200):
        await ours.jump(chance.randrange(200, USERS - 200))


async def _scroll_fast(ours: UserList) -> None:
    for step in range(400):
        ours.scroll_to(250_000 + step * 60)
        await asyncio.sleep(0.008)
    await ours.settle()


async def _sort_by_all(ours: UserList) -> None:
    for sort in _SORTS:
        await ours.show(ListQuery(sort))
        await ours.settle()


async def _type(ours: UserList) -> None:
    for text in ("a", "an", "ann", "anna", "ann", "an", "a", ""):
        await ours.show(ListQuery(Sort("username"), search=text))
    await ours.settle()


async def _reload_often(ours: UserList) -> None:
    for _ in range(5):
        await ours.reload()


_BUSY = {
    "200 jumps": _jump_about,
    "fast scrolling": _scroll_fast,
    "sort changes": _sort_by_all,
    "search as one types": _type,
    "reloads": _reload_often,
}


async def _searches(ours: UserList, plain: PlainPages) -> list[Result]:
    """First results as one types, beside the bare query; the count of the former search is cancelled."""
    ratios: list[tuple[float, float]] = []
    words = ("mari", "studio", "99999", "zzz", "example.com")
    texts = [word[:end] for word in words for end in range(1, len(word) + 1)]
    for number, text in enumerate(texts * (3 if is_soak() else 1)):
        query = ListQuery(Sort("username"), search=text)
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


async def _memory(ours: UserList) -> list[Result]:
    """The process after each page of the million was on screen, above the same list when it was empty."""
    await ours.show(_NOBODY)
    await ours.settle()
    before = _resident()
    await ours.show(_BY_NAME)
    for position in range(0, USERS, 100):
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
