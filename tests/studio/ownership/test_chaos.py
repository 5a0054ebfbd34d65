"""At rest the picture is the table, whatever happened between the database, the feed and us."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.ownership_notices import OwnershipNotices
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership_agreement import AgreementState
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.opening import StoredHoldings
from syncsphere_desktop.studio.ownership.serving import serving
from syncsphere_desktop.studio.ownership.watch_ports import WatchPacing
from syncsphere_desktop.studio.ownership.watch_status import WatchWay
from syncsphere_desktop.studio.ownership.watching import OwnershipWatch
from tests.database_work import kill_all
from tests.feed_proxy import CALM, Chaos, FeedProxy

SOAK = os.environ.get("SYNCSPHERE_SOAK") == "1"
ROUNDS, CHANGES = (40, 250) if SOAK else (5, 60)
HASTY = FeedPacing(retry_first=0.02, retry_longest=0.3, answer=2.0, poll=0.5, poll_followed=1.0, close=0.2)
WATCHFUL = WatchPacing(poll=0.5, compare=1.0, tick=0.05, retry=0.05, retry_longest=0.5)

Owners = dict[UUID, tuple[UserId, ...]]


@dataclass
class Studio:
    """A project whose rows anybody may change at random, as a careless service does."""

    target: ConnectionTarget
    project: ProjectId
    users: tuple[UserId, ...]
    chance: random.Random

    def changes(self, count: int) -> None:
        """Make so many changes, each committed for itself, on a connection of one's own."""
        connection = self._connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            for _ in range(count):
                cursor.execute(*self._change())
                time.sleep(self.chance.choice((0, 0, 0.02)))  # floods and single ones
        connection.close()

    def truth(self) -> Owners:
        """Return what the table says."""
        connection = self._connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT box_uuid, owner_id FROM box_ownership WHERE project_id = %s ORDER BY id",
                (self.project,),
            )
            owners: dict[UUID, list[UserId]] = {}
            for box, owner in cursor.fetchall():
                held = owners.setdefault(UUID(str(box)), [])
                if owner is not None and owner not in held:
                    held.append(owner)
        connection.close()
        return {box: tuple(held) for box, held in owners.items()}

    def _connect(self) -> RawConnection:
        return open_connection(connect_parameters(self.target, Timeouts()))

    def _change(self) -> tuple[str, tuple[object, ...]]:
        box = str(UUID(int=self.chance.randrange(1, 40)))
        owner = self.chance.choice([*self.users, None])
        draw = self.chance.random()
        here = "project_id = %s AND box_uuid = %s"
        if draw < 0.55:
            return f"UPDATE box_ownership SET owner_id = %s WHERE {here}", (owner, self.project, box)
        if draw < 0.85:  # also a second row for a box that has one
            return (
                "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (%s, %s, %s)",
                (self.project, box, owner),
            )
        if draw < 0.97:
            return f"DELETE FROM box_ownership WHERE {here}", (self.project, box)
        return "UPDATE box_ownership SET owner_id = %s WHERE owner_id = %s", (owner, self.users[0])


def studio_in(target: ConnectionTarget, seed: int) -> Studio:
    studio = Studio(target, ProjectId(0), (), random.Random(seed))
    connection = studio._connect()
    with connection, connection.cursor() as cursor:
        users = []
        for name in ("ada", "bob", "eve"):
            cursor.execute(
                "INSERT INTO users (username, email, password_hash) VALUES (%s, %s, '-') RETURNING id",
                (name, f"{name}@studio.example"),
            )
            users += [UserId(row[0]) for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO projects (name, owner_id, is_public) VALUES ('song', %s, true) RETURNING id",
            (users[0],),
        )
        ((project,),) = cursor.fetchall()
    connection.close()
    studio.project, studio.users = ProjectId(project), tuple(users)
    return studio


class Stage:
    """The studio's feed server, the chaotic way to it, and the watch beyond."""

    def __init__(self, studio: Studio, server_database: Database, *, seed: int) -> None:
        self.studio = studio
        self._database = server_database
        self._server: AsyncExitStack | None = None
        self._running: FeedServer | None = None
        self.proxy = FeedProxy(lambda: self._running.url if self._running else "ws://127.0.0.1:9/ws", seed)
        self.limits = Limits(session_seconds=None)

    async def start_server(self) -> None:
        self._server = AsyncExitStack()
        self._running = await self._server.enter_async_context(serving(self._database, limits=self.limits))

    async def stop_server(self) -> None:
        self._running = None
        if self._server is not None:
            await self._server.aclose()

    def watch(self, database: Database, *, has_notices: bool) -> OwnershipWatch:
        watch = OwnershipWatch(
            StoredHoldings(database),
            OwnershipNotices(database) if has_notices else None,
            FeedClient(FeedEndpoint(self.proxy.url), pacing=HASTY),
            pacing=WATCHFUL,
        )
        watch.show([self.studio.project])
        return watch


@asynccontextmanager
async def stage(
    target: ConnectionTarget, seed: int, *, has_notices: bool = True, limits: Limits | None = None
) -> AsyncIterator[tuple[Stage, OwnershipWatch]]:
    studio = await asyncio.to_thread(studio_in, target, seed)
    ours, theirs = (Database(target, recovery_seconds=1.0) for _ in range(2))
    built = Stage(studio, theirs, seed=seed)
    built.limits = limits or built.limits
    try:
        await built.start_server()
        async with built.proxy:
            watch = built.watch(ours, has_notices=has_notices)
            await watch.start()
            try:
                yield built, watch
            finally:
                await watch.shutdown()
    finally:
        await built.stop_server()
        await ours.shutdown()
        await theirs.shutdown()


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def at_rest(stage: Stage, watch: OwnershipWatch) -> None:
    """Wait until the picture is the table, and fail with what differs where it does not become so."""
    truth = await asyncio.to_thread(stage.studio.truth)
    picture = watch.picture(stage.studio.project)

    def shown() -> Owners:
        return {uuid: box.owners for uuid, box in picture.boxes.items() if box.owners}

    held = {uuid: owners for uuid, owners in truth.items() if owners}
    try:
        await until(lambda: picture.owners() == truth and shown() == held and not picture.unconfirmed, 30)
    except TimeoutError:
        assert (picture.owners(), shown()) == (truth, held)
        raise


@pytest.mark.slow
@pytest.mark.timeout(3600 if SOAK else 120)
@pytest.mark.parametrize("has_notices", [True, False], ids=["notices and feed", "feed alone"])
async def test_at_rest_the_picture_is_the_table(target: ConnectionTarget, has_notices: bool) -> None:
    async with stage(target, seed=7, has_notices=has_notices) as (built, watch):
        for number in range(ROUNDS):
            built.proxy.chaos = Chaos(dropped=0.15, cut=0.03)
            changing = asyncio.create_task(asyncio.to_thread(built.studio.changes, CHANGES))
            if number % 5 == 1:
                await built.stop_server()
                await built.start_server()
            elif number % 5 == 2:
                built.proxy.cut_all()
            await changing
            if number % 5 == 3:
                await asyncio.to_thread(kill_all, target)
            built.proxy.chaos = CALM
            await at_rest(built, watch)
        assert built.proxy.cuts
        assert built.proxy.mishaps > 10
        await until(lambda: watch.agreement.state is AgreementState.AGREE)


@pytest.mark.slow
async def test_clients_that_are_closed_every_moment_show_no_gap_and_no_error(
    target: ConnectionTarget,
) -> None:
    async with stage(target, seed=3, limits=Limits(session_seconds=0.4)) as (built, watch):
        await until(lambda: watch.status.way is WatchWay.FEED)
        ways: list[WatchWay] = []
        states: list[AgreementState] = []
        watch.subscribe_status(lambda status: ways.append(status.way))
        await until(lambda: watch.agreement.state is AgreementState.AGREE)
        watch.subscribe_agreement(lambda agreement: states.append(agreement.state))
        for _ in range(10):
            await asyncio.to_thread(built.studio.changes, 5)
            await asyncio.sleep(0.15)
        await at_rest(built, watch)
        assert WatchWay.OFFLINE not in ways
        assert AgreementState.DIFFERS not in states


@pytest.fixture
def own_target() -> Iterator[tuple[EmbeddedServer, ConnectionTarget]]:
    """A server that the test may stop and start, and a database in it."""
    folder = Path(tempfile.mkdtemp(prefix="syncsphere-chaos-"))
    embedded = EmbeddedServer(folder)
    embedded.start()
    target = embedded.target("postgres", name="own")
    MigrationRunner(target).upgrade()
    yield embedded, target
    embedded.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
async def test_a_restart_of_the_database_is_got_over(
    own_target: tuple[EmbeddedServer, ConnectionTarget],
) -> None:
    embedded, target = own_target
    async with stage(target, seed=11) as (built, watch):
        await asyncio.to_thread(built.studio.changes, 40)
        await at_rest(built, watch)
        before = dict(watch.picture(built.studio.project).boxes)
        built.proxy.chaos = Chaos()
        await asyncio.to_thread(embedded.stop)
        await until(lambda: watch.status.way is WatchWay.OFFLINE)
        assert watch.picture(built.studio.project).boxes == before  # what was known stays to be seen
        await asyncio.to_thread(embedded.start)
        await asyncio.to_thread(built.studio.changes, 40)
        built.proxy.chaos = CALM
        await at_rest(built, watch)
        await until(lambda: watch.status.way is WatchWay.FEED)
        await until(lambda: watch.agreement.state is AgreementState.AGREE)


async def test_the_same_clients_get_over_a_restart_of_the_database_and_of_the_feed_server(
    own_target: tuple[EmbeddedServer, ConnectionTarget],
) -> None:
    embedded, target = own_target
    studio = await asyncio.to_thread(studio_in, target, 5)
    async with AsyncExitStack() as stack:
        served, *own = [Database(target, recovery_seconds=1.0) for _ in range(3)]
        for database in (served, *own):
            stack.push_async_callback(database.shutdown)
        async with serving(served) as server:
            port, feeds = server.port, [FeedClient(FeedEndpoint(server.url), pacing=HASTY) for _ in own]
            watches = [
                OwnershipWatch(StoredHoldings(one), OwnershipNotices(one), feed, pacing=WATCHFUL)
                for one, feed in zip(own, feeds, strict=True)
            ]
            for watch in watches:
                watch.show([studio.project])
                stack.push_async_callback(watch.shutdown)
                await watch.start()
            await _agree(studio, watches)
            await asyncio.to_thread(embedded.stop)
            await until(lambda: all(watch.status.way is WatchWay.OFFLINE for watch in watches))
            await asyncio.to_thread(embedded.start)
            await asyncio.to_thread(studio.changes, 20)
            await _agree(studio, watches)
        await until(lambda: not any(watch.status.way is WatchWay.FEED for watch in watches))
        await asyncio.to_thread(studio.changes, 20)
        async with serving(served, port=port):
            await asyncio.to_thread(studio.changes, 20)
            await _agree(studio, watches)


async def _agree(studio: Studio, watches: list[OwnershipWatch]) -> None:
    """Wait until every watch follows the feed, shows the table, and finds that both agree."""
    truth = await asyncio.to_thread(studio.truth)
    await until(lambda: all(watch.picture(studio.project).owners() == truth for watch in watches))
    await until(lambda: all(watch.status.way is WatchWay.FEED for watch in watches))
    await until(lambda: all(watch.agreement.state is AgreementState.AGREE for watch in watches))
