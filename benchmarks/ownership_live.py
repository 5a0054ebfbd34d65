"""From the database to the painted cell: how long one change takes, and what floods cost the window."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import select
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from psycopg2.extensions import connection as RawConnection  # noqa: N812
from psycopg2.extras import execute_values
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop
from typing_extensions import override

from benchmarks.frame import Result, at_most, is_soak, percentile
from benchmarks.heartbeat import Heartbeat
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.database.tables import OWNERSHIP_CHANNEL
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import (
    ChangeSource,
    Holding,
    OwnershipChange,
    OwnershipNews,
)
from syncsphere_desktop.feed.messages import OwnershipClaimed, Sendable, StateSynced
from syncsphere_desktop.feed.state import FeedEvent, FeedListener, FeedPhase, FeedState, StateListener
from syncsphere_desktop.settings import ConnectionTarget, ThemeMode
from syncsphere_desktop.studio.ownership.opening import ownership_watch
from syncsphere_desktop.studio.ownership.watching import OwnershipWatch
from syncsphere_desktop.ui.app.collecting import GarbageCollector
from syncsphere_desktop.ui.ownership.canvas import GridCanvas
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.geometry import SIZES, Density
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.track_names import held_of
from syncsphere_desktop.ui.ownership.values import FREE, Person, Track
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS

TRACKS, PEOPLE, ROWS_ON_SCREEN = 100, 50, 100
"""5,000 cells, all of them on screen."""
PROJECT = ProjectId(1)
_SECONDS = 10.0 if is_soak() else 4.0
_TRIALS = 500 if is_soak() else 120
_BATCH_SECONDS = 0.004
_SETTLE_SECONDS = 0.5


def run() -> list[Result]:
    """Measure single changes through a real database, then floods of them through watch and grid."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["benchmark", *STYLE_ARGUMENTS])
    app.setQuitOnLastWindowClosed(False)
    theme = ThemeController(app, ThemeMode.DARK)
    gc.collect()
    gc.freeze()  # as the app does once everything is imported
    collector = GarbageCollector(app)
    loop = QEventLoop(app)
    results: list[Result] = []
    with loop:
        results += loop.run_until_complete(_through_database())
        for rate in (5_000, 20_000):
            results += loop.run_until_complete(_flood(rate))
    collector.close()
    theme.deleteLater()
    return results


class _Canvas(GridCanvas):
    """Notes when it painted last."""

    painted_at = 0.0

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted_at = time.perf_counter()


class _Shown:
    """A watch and the grid that shows what it pictures."""

    def __init__(self, watch: OwnershipWatch, boxes: Sequence[UUID], people: Iterable[UserId]) -> None:
        self.watch = watch
        self.model = GridModel(GridClock(datetime.now))
        self.model.set_tracks(Track(box, f"Track {number}") for number, box in enumerate(boxes))
        self.model.set_people(Person(user, f"Person {user}") for user in people)
        self.canvas = _Canvas(self.model)
        sizes = SIZES[Density.OVERVIEW]
        width = self.canvas.names_width + (PEOPLE + 1) * sizes.column
        self.canvas.resize(width, sizes.header + ROWS_ON_SCREEN * sizes.row)
        self.canvas.set_density(Density.OVERVIEW)
        self.canvas.set_motion(enabled=True)
        self.canvas.show()
        self.changes = 0
        watch.subscribe_repaint(lambda repaint: self._repaint(repaint.get(PROJECT, frozenset())))
        watch.subscribe(self._count)
        watch.show([PROJECT])

    def _count(self, changes: Sequence[OwnershipChange]) -> None:
        self.changes += len(changes)

    def _repaint(self, boxes: Iterable[UUID]) -> None:
        picture = self.watch.picture(PROJECT).boxes
        for uuid in boxes:
            box = picture.get(uuid)
            self.model.set_held(uuid, FREE if box is None else held_of(box))

    async def close(self) -> None:
        await self.watch.shutdown()
        self.canvas.close()
        self.canvas.deleteLater()


# One change, from the database to the painted cell


async def _through_database() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as folder:
        server = EmbeddedServer(Path(folder))
        server.start()
        try:
            target = server.target("postgres")
            MigrationRunner(target).upgrade()
            return await _single_changes(target)
        finally:
            server.stop()


async def _single_changes(target: ConnectionTarget) -> list[Result]:
    boxes = [UUID(int=number + 1) for number in range(TRACKS)]
    writer = open_connection(connect_parameters(target, Timeouts()))
    with writer, writer.cursor() as cursor:
        people = [(f"p{number}", f"p{number}@x", "-") for number in range(PEOPLE)]
        execute_values(cursor, "INSERT INTO users (username, email, password_hash) VALUES %s", people)
        cursor.execute("INSERT INTO projects (name, owner_id) VALUES ('song', 1)")
        rows = [(PROJECT, str(box), 1) for box in boxes]
        execute_values(cursor, "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES %s", rows)
    writer.autocommit = True
    database = Database(target)
    shown = _Shown(ownership_watch(database, None), boxes, [UserId(number + 1) for number in range(PEOPLE)])
    listener = _BareListener(target)
    try:
        await shown.watch.start()
        await asyncio.sleep(_SETTLE_SECONDS)
        took, bare = [], []
        draw = random.Random(3)
        for _ in range(_TRIALS):
            box, owner = draw.choice(boxes), UserId(draw.randint(1, PEOPLE))
            if shown.model.held_of(box).owners == (owner,):
                continue
            ours, theirs = await _one_change(shown, listener, writer, box, owner)
            took.append(ours)
            bare.append(theirs)
            await asyncio.sleep(draw.uniform(0.02, 0.06))
    finally:
        listener.close()
        await shown.close()
        await database.shutdown()
        writer.close()
    note = "psycopg2 waits for the same notice on a thread and paints nothing"
    return [
        Result(
            "live: database to painted cell, p50",
            percentile(took, 50),
            percentile(bare, 50),
            "ms",
            None,
            note,
        ),
        Result(
            "live: database to painted cell, p95",
            percentile(took, 95),
            percentile(bare, 95),
            "ms",
            at_most(100.0),
        ),
    ]


async def _one_change(
    shown: _Shown, listener: _BareListener, writer: RawConnection, box: UUID, owner: UserId
) -> tuple[float, float]:
    """Change a row and wait until it is painted; milliseconds from before the statement, ours and theirs."""

    def write() -> None:
        with writer.cursor() as cursor:
            cursor.execute("UPDATE box_ownership SET owner_id = %s WHERE box_uuid = %s", (owner, str(box)))

    heard = listener.count
    started = time.perf_counter()
    writing = asyncio.get_running_loop().run_in_executor(None, write)
    await _until(lambda: shown.model.held_of(box).owners == (owner,))
    applied = time.perf_counter()
    await _until(lambda: shown.canvas.painted_at >= applied)
    await _until(lambda: listener.count > heard)
    await writing
    return (shown.canvas.painted_at - started) * 1000, (listener.heard_at - started) * 1000


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class _BareListener:
    """What one would write without us: a thread that waits for notices."""

    def __init__(self, target: ConnectionTarget) -> None:
        self.count = 0
        self.heard_at = 0.0
        self._connection = open_connection(connect_parameters(target, Timeouts()))
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(f"LISTEN {OWNERSHIP_CHANNEL}")
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(self._connection) as connection:
            while not self._ends.is_set():
                if select.select([connection], [], [], 0.1)[0]:
                    connection.poll()
                    if connection.notifies:
                        connection.notifies.clear()
                        self.heard_at = time.perf_counter()
                        self.count += 1


# Floods


@dataclass
class _Memory:
    """A table in memory with its notices and a feed, which say what they are told to."""

    owners: dict[UUID, UserId]
    mode: ListenerMode = ListenerMode.LIVE
    state: FeedState = field(default_factory=lambda: FeedState(FeedPhase.LIVE, datetime.now(UTC), None, 1))
    reads: int = 0
    on_notices: Callable[[Sequence[OwnershipNews]], None] = lambda _news: None
    on_feed: FeedListener = lambda _batch: None

    def __post_init__(self) -> None:
        self.rows = {box: OwnershipId(number + 1) for number, box in enumerate(self.owners)}

    async def holdings(self, project_id: ProjectId) -> tuple[Holding, ...]:
        self.reads += 1
        return tuple(
            Holding(box, (owner,), None, (self.rows[box],), None, project_id, (owner,))
            for box, owner in self.owners.items()
        )

    async def all_holdings(self) -> tuple[Holding, ...]:
        return await self.holdings(PROJECT)

    def change(self, box: UUID, owner: UserId) -> tuple[OwnershipChange, OwnershipClaimed]:
        """Change a row; returns what notice and feed say of it."""
        previous, self.owners[box] = self.owners[box], owner
        now = datetime.now(UTC)
        notice = OwnershipChange(now, PROJECT, box, owner, previous, ChangeSource.NOTICE, self.rows[box])
        return notice, OwnershipClaimed(PROJECT, box, owner, owner, now)


class _MemoryNotices:
    def __init__(self, memory: _Memory) -> None:
        self._memory = memory
        self.mode = ListenerMode.LIVE

    def subscribe(self, callback: Callable[[Sequence[OwnershipNews]], None]) -> Callable[[], None]:
        self._memory.on_notices = callback
        return _nothing

    def subscribe_mode(self, _callback: Callable[[ListenerMode], None], /) -> Callable[[], None]:
        return _nothing

    async def start(self) -> None:
        """Nothing to start."""

    async def shutdown(self) -> None:
        """Nothing to end."""


class _MemoryFeed:
    def __init__(self, memory: _Memory) -> None:
        self._memory = memory
        self.state = memory.state

    def start(self) -> None:
        """Nothing to start."""

    async def shutdown(self) -> None:
        """Nothing to end."""

    def watch(self, projects: Iterable[ProjectId]) -> None:
        """It is one project."""

    async def send(self, _message: Sendable, /) -> None:
        self._memory.on_feed([StateSynced(PROJECT, dict(self._memory.owners))])

    def subscribe(self, listener: FeedListener) -> Callable[[], None]:
        self._memory.on_feed = listener
        return _nothing

    def subscribe_state(self, _listener: StateListener, /) -> Callable[[], None]:
        return _nothing


def _nothing() -> None:
    """End nothing."""


async def _flood(rate: int) -> list[Result]:
    people = [UserId(number + 1) for number in range(PEOPLE)]
    draw = random.Random(5)
    memory = _Memory({UUID(int=number + 1): draw.choice(people) for number in range(TRACKS)})
    boxes = list(memory.owners)
    shown = _Shown(OwnershipWatch(memory, _MemoryNotices(memory), _MemoryFeed(memory)), boxes, people)
    await shown.watch.start()
    memory.on_feed([StateSynced(PROJECT, dict(memory.owners))])
    await asyncio.sleep(_SETTLE_SECONDS)
    wanted = [(draw.choice(boxes), draw.choice(people)) for _ in range(round(rate * _SECONDS))]

    async def pour() -> None:
        """Tell of each change twice, by the feed and by a notice, in batches as they come from there."""
        started, done = time.perf_counter(), 0
        while done < len(wanted):
            due = min(len(wanted), round((time.perf_counter() - started) * rate))
            told = [memory.change(box, owner) for box, owner in wanted[done:due]]
            newest: dict[UUID, FeedEvent] = {claim.box_uuid: claim for _notice, claim in told}
            memory.on_feed(list(newest.values()))
            memory.on_notices([notice for notice, _claim in told])
            done = due
            await asyncio.sleep(_BATCH_SECONDS)

    idle = (await Heartbeat.during(lambda: asyncio.sleep(2.0))).late(99)
    repaints, started, spent = shown.canvas.repaints, time.perf_counter(), time.process_time()
    beat = await Heartbeat.during(pour)
    took, share = time.perf_counter() - started, time.process_time() - spent
    frames = (shown.canvas.repaints - repaints) / took
    lost = await _lost(shown, memory)
    await shown.close()
    name = f"live: {rate:,} changes/s through watch and grid"
    lag = at_most(5.0 if rate == 5_000 else 16.0)
    busy = at_most(40.0) if rate == 5_000 else None
    note = (
        f"beside an idle loop; each of {len(wanted):,} told by feed and notice; the table read {memory.reads}"
        f" times; busy for {beat.most_spent * 1000:.1f} ms at most"
    )
    return [
        Result(f"{name}, loop lag p99", beat.late(99) * 1000, idle * 1000, "ms", lag, note),
        Result(f"{name}, share of a core", share / took * 100, None, "%", busy),
        Result(f"{name}, repaints", frames, None, "/s", at_most(60.5)),
        Result(f"{name}, cells not as the table", lost, None, "cells", at_most(0)),
    ]


async def _lost(shown: _Shown, memory: _Memory) -> int:
    """Return how many cells are not as the table a moment after the flood."""
    await asyncio.sleep(_SETTLE_SECONDS)
    return sum(shown.model.held_of(box).owners != (owner,) for box, owner in memory.owners.items())
