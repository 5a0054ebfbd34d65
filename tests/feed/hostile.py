"""A feed server that behaves as badly as a test wants, over real TLS sockets, in the test's own loop."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any
from uuid import UUID

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.state import FeedEvent, FeedPhase, FeedState
from tests.feed.certificates import Certificates

PROJECT = ProjectId(7)
BOX = UUID("6f1c0e9a-8f5e-4a5e-9b39-0d2f2b1f4c11")
TOKEN = "hunter2-token"

QUICK = FeedPacing(
    open=5, ping=20, answer=5, close=1, poll=0.05, retry_first=0.01, retry_longest=0.1, steady=60, batch=0.001
)
"""Short waits; those that end a connection are long enough for a busy machine."""

# Not what is tested: the library's server writes every header into its debug log.
_QUIET = logging.getLogger("tests.feed.hostile")
_QUIET.setLevel(logging.CRITICAL)

Behaviour = Callable[["HostileFeed", ServerConnection], Awaitable[None]]


def frame(kind: str, data: Any = None, **fields: Any) -> str:
    """Return a frame's text; `fields` replace those of the envelope."""
    envelope = {"type": kind, "projectId": str(PROJECT), "userId": "3", "timestamp": 1_700_000_000_000}
    return json.dumps({**envelope, "data": {} if data is None else data, **fields})


def claim(box: UUID = BOX, owner: object = "3", **fields: Any) -> str:
    """Return the frame of a claim."""
    return frame("BOX_OWNERSHIP_CLAIMED", {"boxUuid": str(box), "ownerId": owner}, **fields)


async def answer(feed: HostileFeed, connection: ServerConnection) -> None:
    """Behave well: answer joins and requests with the state."""
    async for text in connection:
        request = json.loads(text)
        feed.requests.append(request)
        feed.heard.set()
        if request["type"] in ("USER_JOIN", "SYNC_REQUEST"):
            feed.joined.add(connection)
            state = {"ownership": feed.ownership, "locks": {}, "activeUsers": ["3"], "observing": True}
            await connection.send(frame("SYNC_RESPONSE", state, projectId=request["projectId"]))


class HostileFeed:
    """Listens on loopback and does with each connection what `behave` does."""

    def __init__(
        self,
        certificates: Certificates,
        behave: Behaviour = answer,
        *,
        certificate: str | None = "good",
        token: str | None = None,
    ) -> None:
        self.behave = behave
        self.ownership: Mapping[str, object] = {}
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.opened = 0
        self.joined: set[ServerConnection] = set()
        self.heard = asyncio.Event()
        self._token = token
        self._certificates = certificates
        self._context: ssl.SSLContext | None = (
            None if certificate is None else certificates.context(certificate)
        )
        self._server: Server | None = None
        self.port = 0

    async def __aenter__(self) -> HostileFeed:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen; on the same port as before where it did before."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            ssl=self._context,
            compression=None,
            ping_interval=None,
            close_timeout=0.5,
            process_request=self._admit,
            max_size=2**20,
            logger=_QUIET,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Close every connection and listen no more."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def _admit(self, _connection: ServerConnection, request: Request) -> Response | None:
        self.headers.append(dict(request.headers.raw_items()))
        wanted = None if self._token is None else f"Bearer {self._token}"
        if wanted is not None and request.headers.get("Authorization") != wanted:
            return _connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        self.opened += 1
        try:
            with suppress(ConnectionClosed):
                await self.behave(self, connection)
        finally:
            self.joined.discard(connection)

    async def broadcast(self, *frames: str | bytes, text: bool | None = None) -> None:
        """Send frames to everybody who asked."""
        for connection in tuple(self.joined):
            for one in frames:
                with suppress(ConnectionClosed):
                    await connection.send(one, text=text)

    def endpoint(self, **fields: Any) -> FeedEndpoint:
        """Return the way here, trusted unless a field says otherwise."""
        scheme = "ws" if self._context is None else "wss"
        fields.setdefault("authorities", self._certificates.authority)
        return FeedEndpoint(fields.pop("url", f"{scheme}://localhost:{self.port}/ws"), **fields)


class Following:
    """A client that follows the test's project, and what it told."""

    def __init__(self, endpoint: FeedEndpoint, pacing: FeedPacing = QUICK) -> None:
        self.client = FeedClient(endpoint, pacing=pacing)
        self.events: list[FeedEvent] = []
        self.batches: list[int] = []
        self.states: list[FeedState] = []
        self._changed = asyncio.Event()
        self.client.subscribe(self._on_batch)
        self.client.subscribe_state(self._on_state)

    async def __aenter__(self) -> Following:
        self.client.watch([PROJECT])
        self.client.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.shutdown()

    def of(self, kind: type | tuple[type, ...]) -> list[Any]:
        """Return the events of a kind, in their order."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something holds; it is looked at whenever the client tells anything."""
        async with asyncio.timeout(30):
            while not is_so():
                self._changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.05)

    async def until_live(self) -> None:
        """Wait until the feed is live."""
        await self.until(lambda: self.client.state.phase is FeedPhase.LIVE)

    async def until_reason(self, words: str) -> FeedState:
        """Wait until the reason why it is not live says something, and return the state."""
        await self.until(lambda: words in (self.client.state.reason or ""))
        return self.client.state

    def _on_batch(self, batch: Any) -> None:
        self.events.extend(batch)
        self.batches.append(len(batch))
        self._changed.set()

    def _on_state(self, state: FeedState) -> None:
        self.states.append(state)
        self._changed.set()
