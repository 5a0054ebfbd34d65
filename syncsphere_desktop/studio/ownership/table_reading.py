"""Reads the table of who holds what as often as it is wished, and no oftener than is good for everybody."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import Holding
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.errors import AppError, NotFoundError, TimedOutError
from syncsphere_desktop.studio.ownership.watch_ports import Clock, HoldingsTable, WatchPacing

_ONE_BY_ONE = 8
"""When more projects than this are to be read at once, the whole table is where it is all shown."""

Rows = tuple[Holding, ...]
TakeRead = Callable[[ProjectId, Rows | None, Moment], Awaitable[None]]
"""Takes what was read of a project (None: the project is gone) and when the read began."""


class TableReader:
    """Merges wishes to read, one read at a time. Failures are told and tried again until it is ended.

    `take_all` is called with every project's rows where the whole table was read.
    """

    def __init__(
        self,
        table: HoldingsTable,
        clock: Clock,
        pacing: WatchPacing,
        *,
        take: TakeRead,
        take_all: Callable[[dict[ProjectId, Rows], Moment], Awaitable[None]],
        tell: Callable[[AppError | None], None],
    ) -> None:
        self._table = table
        self._clock = clock
        self._pacing = pacing
        self._take = take
        self._take_all = take_all
        self._tell = tell
        self._due: dict[ProjectId | None, float] = {}
        self._free: dict[ProjectId | None, float] = {}
        self._may_read_all = False
        self._woken = asyncio.Event()
        self._kicked = asyncio.Event()
        self._failures = 0
        self.reads = 0
        """How many reads succeeded and were taken in."""

    def limit_to(self, projects: frozenset[ProjectId] | None) -> None:
        """From now on read these projects only; with None all of them."""
        self._may_read_all = projects is None
        if projects is not None:
            for wishes in (self._due, self._free):
                for key in [key for key in wishes if key not in projects]:
                    del wishes[key]

    def retry_now(self) -> None:
        """Do not wait any longer after a failure: there is reason to think that it works again."""
        self._kicked.set()

    def want(self, project_id: ProjectId | None, after: float = 0.0) -> None:
        """Read a project, or with None everything, in `after` seconds or when it was due anyway."""
        due = max(time.monotonic() + after, self._free.get(project_id, 0.0))
        if due < self._due.get(project_id, float("inf")):
            self._due[project_id] = due
            self._woken.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            self._woken.clear()
            wait = min(self._due.values(), default=float("inf")) - time.monotonic()
            if wait > 0:
                await _wait(self._woken, None if wait == float("inf") else wait)
                continue
            now = time.monotonic()
            ripe = [key for key, due in self._due.items() if due <= now]
            late = asyncio.get_running_loop().call_later(self._pacing.patience, self._tell_late)
            try:
                await self._read(ripe)
            except AppError as error:
                self._failures += 1
                self._tell(error)
                self._kicked.clear()
                await _wait(self._kicked, self._retry_pause())
            else:
                self._failures = 0
                self._tell(None)
            finally:
                late.cancel()

    def _tell_late(self) -> None:
        """Say that the database is silent while its connection is being made good."""
        self._tell(TimedOutError("The database does not answer."))

    async def _read(self, ripe: list[ProjectId | None]) -> None:
        if None in ripe or (self._may_read_all and len(ripe) > _ONE_BY_ONE):
            await self._read_all()
            return
        for project_id in ripe:
            if project_id is not None and project_id in self._due:
                await self._read_one(project_id)

    async def _read_one(self, project_id: ProjectId) -> None:
        began = self._clock.now()
        started = time.monotonic()
        self._due.pop(project_id, None)
        rows: Rows | None
        try:
            rows = await self._table.holdings(project_id)
        except NotFoundError:
            rows = None
        except BaseException:
            self._due[project_id] = started
            raise
        self._rest(project_id, started)
        await self._take(project_id, rows, began)
        self.reads += 1

    async def _read_all(self) -> None:
        began = self._clock.now()
        started = time.monotonic()
        before = dict(self._due)
        self._due.clear()
        try:
            rows = await self._table.all_holdings()
            self._rest(None, started)
            parted: defaultdict[ProjectId, list[Holding]] = defaultdict(list)
            for holding in rows:
                if holding.project_id is not None:
                    parted[holding.project_id].append(holding)
            await self._take_all({project: tuple(held) for project, held in parted.items()}, began)
        except BaseException:  # the question for the projects can fail as well
            self._due = {**before, **self._due}
            raise
        self.reads += 1

    def _rest(self, key: ProjectId | None, started: float) -> None:
        """Set when that may be read again: large tables are read more rarely."""
        now = time.monotonic()
        self._free[key] = now + max(self._pacing.read_pause, (now - started) / self._pacing.read_share)
        due = self._due.get(key)
        if due is not None:
            self._due[key] = max(due, self._free[key])

    def _retry_pause(self) -> float:
        doubled = min(self._pacing.retry * 2.0 ** min(self._failures - 1, 10), self._pacing.retry_longest)
        return doubled * random.uniform(0.7, 1.0)  # noqa: S311  # no secret: it spreads many clients


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for an event, and no longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
