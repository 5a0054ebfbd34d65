"""A proxy before a feed server that loses, delays, doubles and reorders frames, and cuts connections."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake


@dataclass(frozen=True, slots=True)
class Chaos:
    """How likely each mishap is for one frame; `delay` also gives its longest time in seconds."""

    dropped: float = 0.1
    doubled: float = 0.1
    reordered: float = 0.1
    delayed: float = 0.1
    delay: float = 0.2
    cut: float = 0.005


CALM = Chaos(0, 0, 0, 0, 0, 0)


class FeedProxy:
    """Stands before the server that `upstream` names at each connection; use it in an `async with` block."""

    def __init__(self, upstream: Callable[[], str], seed: int) -> None:
        self._upstream = upstream
        self._chance = random.Random(seed)
        self.chaos = CALM
        self.cuts = 0
        self.mishaps = 0
        self._server: Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: set[ServerConnection] = set()

    @property
    def url(self) -> str:
        """The address for clients."""
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}/ws"

    async def __aenter__(self) -> FeedProxy:
        self._server = await serve(self._serve, "127.0.0.1", 0, compression=None, max_size=None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server.close()
        await self._server.wait_closed()

    def cut_all(self) -> None:
        """Break every connection as a dead network does: without a word."""
        for client in list(self._clients):
            self.cuts += 1
            client.transport.abort()

    async def _serve(self, client: ServerConnection) -> None:
        self._clients.add(client)
        try:
            # A connection that breaks on either side is what the proxy is for.
            with suppress(ConnectionClosed, OSError, InvalidHandshake, TimeoutError):
                async with connect(self._upstream(), compression=None, max_size=None) as server:
                    forth = asyncio.create_task(self._forward(client, server))
                    try:
                        await self._back(server, client)
                    finally:
                        forth.cancel()
                        await asyncio.gather(forth, return_exceptions=True)
        finally:
            self._clients.discard(client)

    async def _forward(self, client: ServerConnection, server: ClientConnection) -> None:
        async for frame in client:
            await server.send(frame)
        await server.close()

    async def _back(self, server: ClientConnection, client: ServerConnection) -> None:
        held: str | bytes | None = None
        async for frame in server:
            mishap = self._mishap()
            if mishap == "cut":
                self.cuts += 1
                client.transport.abort()
                return
            if mishap == "reordered" and held is None:
                held = frame
                continue
            if mishap in ("delayed", "doubled"):
                self._later(client, frame, self._chance.uniform(0, self.chaos.delay))
            if mishap not in ("dropped", "delayed"):
                await client.send(frame)
            if held is not None:
                await client.send(held)
                held = None

    def _mishap(self) -> str:
        """Return what happens to a frame; mostly nothing."""
        draw = self._chance.random()
        for name in ("dropped", "doubled", "reordered", "delayed", "cut"):
            draw -= getattr(self.chaos, name)
            if draw < 0:
                self.mishaps += 1
                return name
        return ""

    def _later(self, client: ServerConnection, frame: str | bytes, seconds: float) -> None:
        async def send() -> None:
            await asyncio.sleep(seconds)
            with suppress(ConnectionClosed):
                await client.send(frame)

        task = asyncio.create_task(send())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
