"""The feed's server with a thousand clients beside bare broadcasts, and a claim from server to server."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from typing_extensions import override

from benchmarks.frame import Result, at_least, at_most, at_most_times, is_soak, percentile

CLIENTS = 1000
PROJECTS = 200
RATE = 5000
_MARK = str(UUID(int=0)).encode()


def run() -> list[Result]:
    """Measure the fan-out, the memory that it takes, and how soon one server tells what another one did."""
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as folder:
        return [*asyncio.run(_fanned_out(Path(folder))), _from_server_to_server(Path(folder))]


def allow_many_sockets() -> None:
    """Let this process have as many sockets as the system allows."""
    import resource

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run took; `memory` in MB, `delivered` when the last client had the last frame, in seconds."""

    seconds: float
    processor: float
    memory: float
    cut_off: int
    delivered: float


async def _fanned_out(folder: Path) -> list[Result]:
    allow_many_sockets()
    seconds = 30 if is_soak() else 3
    runs: dict[str, list[_Run]] = {"ours": [], "bare": []}
    fast: dict[str, list[float]] = {"ours": [], "bare": []}
    async with _crowd("ours", folder) as ours, _crowd("bare", folder) as bare:
        for crowd in (ours, bare):
            await crowd.tell(RATE, RATE)
        for _ in range(5 if is_soak() else 2):
            for name, crowd in (("ours", ours), ("bare", bare)):
                runs[name].append(await crowd.tell(RATE * seconds, RATE))
                burst = await crowd.tell(2 * RATE, 0)
                fast[name].append(2 * RATE / burst.delivered)
    shares = {name: statistics.median(r.processor / r.seconds * 100 for r in runs[name]) for name in runs}
    rates = {name: statistics.median(fast[name]) for name in fast}
    reached = statistics.median(RATE * seconds / one.delivered for one in runs["ours"])
    grown = runs["ours"][-1].memory - runs["ours"][0].memory
    note = f"{CLIENTS:,} clients over TLS, {CLIENTS // PROJECTS} in each project; websockets' broadcast"
    cut = sum(one.cut_off for one in runs["ours"])
    return [
        Result("changes a second fanned out as they come", reached, None, "/s", at_least(RATE * 0.95), note),
        Result("processor for 5,000 changes a second", shares["ours"], shares["bare"], "%", at_most_times(1)),
        Result("changes a second at most, in a burst", rates["ours"], rates["bare"], "/s", at_least(RATE)),
        Result(
            "server's memory with its clients", runs["ours"][-1].memory, runs["bare"][-1].memory, "MB", None
        ),
        Result("growth of memory from run to run", grown, None, "MB", at_most(20), f"{cut} clients cut off"),
    ]


class _Crowd:
    """A server in a process of its own, and all its clients here."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.clients: list[_Client] = []

    async def tell(self, changes: int, rate: int) -> _Run:
        """Have so many changes told; returns when every client has the last one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for client in self.clients:
            client.forget()
            client.has_last = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._process.stdin.write(f"{changes} {rate}\n".encode())
        await asyncio.gather(*(client.has_last for client in self.clients))
        delivered = time.perf_counter() - began
        said: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return _Run(**said, delivered=delivered)


@asynccontextmanager
async def _crowd(way: str, folder: Path) -> AsyncIterator[_Crowd]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.feed_fanout", way, str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdin is not None
    assert process.stdout is not None
    crowd = _Crowd(process)
    port = int(await process.stdout.readline())
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # what checking costs is no matter of the server's
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    loop = asyncio.get_running_loop()
    for number in range(CLIENTS):
        client = _Client(number % PROJECTS)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port, ssl=unchecked)  # type: ignore[misc]
        crowd.clients.append(client)
        await client.joined
    try:
        yield crowd
    finally:
        for client in crowd.clients:
            client.transport.abort()
        process.stdin.close()
        await process.wait()


class _Client(asyncio.Protocol):
    """The cheapest client there is: it says its two sentences and looks for the last box in what comes."""

    transport: asyncio.Transport

    def __init__(self, project: int) -> None:
        self._project = project
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.has_last: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_open = False
        self._tail = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        head = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        transport.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())

    def forget(self) -> None:
        """Look only for what comes from now on."""
        self._tail = b""

    @override
    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            self._is_open = True
            frame = {"type": "USER_JOIN", "projectId": self._project, "userId": self._project, "data": {}}
            text = json.dumps(frame).encode()
            self.transport.write(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)  # masked with zeros
        elif not self.joined.done():
            self.joined.set_result(None)
        elif _MARK in self._tail + data and b"CLAIMED" in self._tail + data and not self.has_last.done():
            self.has_last.set_result(None)
        self._tail = data[-300:]


def _from_server_to_server(folder: Path) -> Result:
    from syncsphere_desktop.settings import Paths
    from syncsphere_desktop.studio.local_studio import LocalStudio

    studio = LocalStudio(Paths(folder, folder / "data", folder, folder))
    with studio.held() as target:
        delays = asyncio.run(_claims(target))
    milliseconds = [delay * 1000 for delay in delays]
    middle = statistics.median(milliseconds)
    note = (
        f"{len(delays)} claims, from the sender's frame to the other server's client; median {middle:.0f} ms"
    )
    return Result(
        "a claim on one server, seen on another, p95",
        percentile(milliseconds, 95),
        None,
        "ms",
        at_most(100),
        note,
    )


async def _claims(target: Any) -> list[float]:
    from websockets.asyncio.client import connect

    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.studio.ownership.players import sample_players
    from syncsphere_desktop.studio.ownership.serving import serving

    one, other = Database(target), Database(target)
    try:
        player = (await sample_players(one))[0]
        async with serving(one) as first, serving(other) as second:
            sender, watcher = await connect(first.url), await connect(second.url)
            head = {"projectId": player.project_id, "userId": player.user_id}
            await sender.send(json.dumps({**head, "type": "USER_JOIN", "data": {}}))
            await watcher.send(json.dumps({**head, "type": "SYNC_REQUEST", "data": {"observe": True}}))
            delays = []
            for _ in range(1000 if is_soak() else 200):
                box = str(uuid4())
                began = time.perf_counter()
                claim = {**head, "type": "BOX_OWNERSHIP_CLAIMED", "data": {"boxUuid": box}}
                await sender.send(json.dumps(claim))
                while box not in str(await watcher.recv()):
                    pass
                delays.append(time.perf_counter() - began)
                await asyncio.sleep(0.005)
            return delays
    finally:
        await one.shutdown()
        await other.shutdown()
