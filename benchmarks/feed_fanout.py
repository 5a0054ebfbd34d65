"""A process of its own that tells changes to its clients: our server, or bare websockets broadcasts.

`python -m benchmarks.feed_fanout ours|bare FOLDER` prints its port. For each line `CHANGES RATE` on standard
input it tells that many changes, so many a second (0: as fast as it can), and prints as JSON the seconds that
took, the processor's seconds, its memory and how many clients it cut off. The last change of each project is
of the box of number 0.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.feed_server import PROJECTS, allow_many_sockets
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.certificates import LocalAuthority
from syncsphere_desktop.feed.messages import OwnershipClaimed
from syncsphere_desktop.feed.server.encryption import ServerCertificate
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import BoxChanged
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.feed.wire import encode
from tests.fakes.feed_book import InMemoryBook

_BATCH = 50
_BOXES = 100
Tell = Callable[[list[BoxChanged]], None]
Serving = AbstractAsyncContextManager[tuple[int, Tell, Callable[[], int]]]


def main() -> None:
    """Serve until standard input ends."""
    allow_many_sockets()
    files = LocalAuthority(Path(sys.argv[2])).ensure()
    certificate = ServerCertificate(files.certificate, files.key)
    asyncio.run(_serve((_ours if sys.argv[1] == "ours" else _bare)(certificate)))


async def _serve(way: Serving) -> None:
    async with way as (port, tell, cut_off):
        print(port, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            changes, rate = map(int, line.split())
            process = psutil.Process()
            used, began = sum(process.cpu_times()[:2]), time.perf_counter()
            await _tell(tell, changes, rate)
            done = {
                "seconds": time.perf_counter() - began,
                "processor": sum(process.cpu_times()[:2]) - used,
                "memory": process.memory_info().rss / 1e6,
                "cut_off": cut_off(),
            }
            print(json.dumps(done), flush=True)


async def _tell(tell: Tell, changes: int, rate: int) -> None:
    """Tell the changes in small batches, as notices come."""
    began = time.perf_counter()
    for first in range(0, changes, _BATCH):
        tell([_change(number) for number in range(first, min(first + _BATCH, changes))])
        due = began + first / rate if rate else 0.0
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    tell([BoxChanged(ProjectId(n), UUID(int=0), UserId(n), None, datetime.now(UTC)) for n in range(PROJECTS)])
    await asyncio.sleep(0.05)


def _change(number: int) -> BoxChanged:
    project, turn = number % PROJECTS, number // PROJECTS
    owner = UserId(1 + turn // _BOXES % 2)
    return BoxChanged(ProjectId(project), UUID(int=1 + turn % _BOXES), owner, None, datetime.now(UTC))


@asynccontextmanager
async def _ours(certificate: ServerCertificate) -> AsyncIterator[tuple[int, Tell, Callable[[], int]]]:
    book = InMemoryBook()
    for user in range(PROJECTS):
        book.names[UserId(user)] = f"user{user}"
        book.roles[ProjectId(user)] = {UserId(n): Role.EDITOR for n in range(PROJECTS)}
    # The clients of this benchmark are too simple to answer pings.
    async with FeedServer(book, certificate=certificate, limits=Limits(ping_seconds=3600)) as server:

        def tell(changes: list[BoxChanged]) -> None:
            for change in changes:  # the last one of a run would else be no change in the next run
                if not change.box_uuid.int:
                    book.tell_now(BoxChanged(change.project_id, change.box_uuid, None, None, change.at))
            book.tell_now(*changes)

        yield server.port, tell, lambda: server.status.cut_off


@asynccontextmanager
async def _bare(certificate: ServerCertificate) -> AsyncIterator[tuple[int, Tell, Callable[[], int]]]:
    rooms: dict[ProjectId, set[ServerConnection]] = {}

    async def take(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):  # the benchmark ends its clients roughly
            await take_joins(connection)

    async def take_joins(connection: ServerConnection) -> None:
        async for frame in connection:
            rooms.setdefault(ProjectId(int(json.loads(frame)["projectId"])), set()).add(connection)
            await connection.send('{"type":"SYNC_RESPONSE"}')

    def tell(changes: list[BoxChanged]) -> None:
        for change in changes:
            owner = change.owner_id or UserId(0)
            text = encode(OwnershipClaimed(change.project_id, change.box_uuid, owner, owner, change.at))
            broadcast(rooms.get(change.project_id, ()), text)

    async with serve(
        take, "127.0.0.1", 0, ssl=certificate.context, compression=None, ping_interval=None
    ) as server:
        yield next(iter(server.sockets)).getsockname()[1], tell, lambda: 0


if __name__ == "__main__":
    main()
