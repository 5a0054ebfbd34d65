"""The feed's WebSocket server."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.server.client import Client, text_frame
from syncsphere_desktop.feed.server.desk import Desk
from syncsphere_desktop.feed.server.encryption import ServerCertificate
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import Exchange, OwnershipBook
from syncsphere_desktop.feed.server.presence import Presence
from syncsphere_desktop.feed.server.rooms import Rooms

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

_log = logging.getLogger(__name__)

PATHS = ("/ws", "/")
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  # it is the operator who names the address
_TICK_SECONDS = 0.25
_CERTIFICATE_SECONDS = 30.0
_GOING_AWAY = 1001
_SESSION_OVER = 1000
_TRY_LATER = 1013


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How busy a server is; `frames_sent` are broadcasts, `cut_off` are clients that read too slowly."""

    clients: int
    projects: int
    frames_received: int
    frames_sent: int
    cut_off: int


class FeedServer:
    """Serves the feed of the studio behind `book` until `shutdown`; also as `async with FeedServer(book)`.

    Without `certificate` it speaks plain `ws`. With `token` every client must bring it in its Authorization
    header; without it, as in the protocol, whoever connects is who they say. `exchange` joins this server to
    the others of the same studio. `port` 0 takes a free one.
    """

    def __init__(
        self,
        book: OwnershipBook,
        *,
        exchange: Exchange | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: ServerCertificate | None = None,
        token: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._book = book
        self._host = host
        self._port = port
        self._certificate = certificate
        self._token = token
        self._limits = limits or Limits()
        self._presence = Presence(exchange, self._limits)
        self._rooms = Rooms(book, self._presence, self._limits)
        self._desk = Desk(book, self._rooms, self._presence, self._limits)
        self._clients: dict[Client, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._received = 0
        self._cut = 0
        self._busy = 0
        self._idle = asyncio.Event()
        self._is_closing = False
        self._server: Server | None = None
        self._end_of_book: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The address for clients on this machine."""
        scheme = "ws" if self._certificate is None else "wss"
        host = "127.0.0.1" if self._host in _EVERYWHERE else self._host
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}{PATHS[0]}"

    @property
    def status(self) -> ServerStatus:
        """How busy it is now."""
        return ServerStatus(
            len(self._clients), len(self._rooms), self._received, self._rooms.frames_sent, self._cut
        )

    async def start(self) -> None:
        """Listen. Raises FeedError where the address can't be had."""
        from websockets.asyncio.server import serve

        limits = self._limits
        library = logging.getLogger(f"{__name__}.library")
        library.addFilter(_is_no_failed_handshake)
        library.setLevel(logging.ERROR)  # its debug log tells headers, and so tokens
        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                process_request=self._admit,
                compression=None,
                server_header=None,
                ping_interval=limits.ping_seconds,
                ping_timeout=limits.ping_seconds,
                close_timeout=limits.drain_seconds,
                max_size=limits.frame_bytes,
                max_queue=16,
                ssl=None if self._certificate is None else self._certificate.context,
                logger=library,
            )
        except OSError as error:
            raise FeedError(
                f"The feed can't listen on {self._host or 'all addresses'}, port {self._port}.",
                details=error.strerror or str(error),
                step="reach",
            ) from error
        self._end_of_book = self._book.subscribe(self._rooms.on_events)
        self._presence.start(self._rooms.tell_presence, self._rooms.tell)
        self._spawn(self._keep_present())
        self._spawn(self._keep_true())
        _log.info("The feed listens on %s", self.url)

    async def shutdown(self) -> None:
        """Take no more clients, finish what was begun, tell those that are here, and close with 1001."""
        server, self._server = self._server, None
        if server is None:
            return
        self._is_closing = True
        server.close(close_connections=False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._busy:
            self._idle.clear()
            with suppress(TimeoutError):  # what takes longer is cut short
                await asyncio.wait_for(self._idle.wait(), self._limits.drain_seconds)
        self._end_of_book()
        self._presence.stop()
        self._rooms.flush()
        notice = text_frame(_closing_notice())
        clients = list(self._clients)
        for client in clients:
            client.send(notice)
        closing = [client.close(_GOING_AWAY, "the server is going away") for client in clients]
        await asyncio.gather(*closing, return_exceptions=True)
        await server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] not in PATHS:
            return connection.respond(404, "There is nothing here; the feed is at /ws.\n")
        if self._token is not None:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return connection.respond(401, "A token is wanted, and this is not it.\n")
        if self._is_closing or len(self._clients) >= self._limits.clients:
            return connection.respond(503, "The feed takes no more clients now.\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        client = Client(connection, self._limits)
        if len(self._clients) >= self._limits.clients:  # several were admitted at the same moment
            await client.close(_TRY_LATER, "no more clients now")
            return
        self._clients[client] = time.monotonic()
        try:
            async for frame in connection:
                await client.admit()
                await self._handle(client, frame)
        except ConnectionClosed:
            pass  # however it ended, the client is gone
        finally:  # a mistake of ours costs this client its connection, is logged, and nobody else notices
            self._cut += client.was_cut
            del self._clients[client]
            self._desk.leave_everything(client)

    async def _handle(self, client: Client, frame: str | bytes) -> None:
        self._received += 1
        self._busy += 1
        try:
            await self._desk.handle(client, frame)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def _keep_present(self) -> None:
        """Do what is due every moment and never waits for the database."""
        certificate_at = time.monotonic()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._presence.tick()
            self._end_long_sessions()
            if self._certificate is not None and time.monotonic() > certificate_at + _CERTIFICATE_SECONDS:
                certificate_at = time.monotonic()
                self._certificate.read_again_if_changed()

    async def _keep_true(self) -> None:
        """Read again what should be, as soon as the database answers."""
        while True:
            await self._rooms.wait_until_due(_TICK_SECONDS)
            if not await self._rooms.read_due():
                await asyncio.sleep(_TICK_SECONDS)

    def _end_long_sessions(self) -> None:
        longest = self._limits.session_seconds
        if longest is None:
            return
        now = time.monotonic()
        for client, since in self._clients.items():
            if now > since + longest and client.is_open:
                self._spawn(client.close(_SESSION_OVER, "the session is over"))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            task.get_loop().call_exception_handler({"message": "The feed made a mistake", "exception": error})


def _closing_notice() -> str:
    """Return a frame of a type of our own: clients count what they do not know, and go on."""
    data = {"message": "The server is going away; connect again in a moment."}
    frame = {"type": "SERVER_CLOSING", "projectId": "", "userId": "", "timestamp": int(time.time() * 1000)}
    return json.dumps({**frame, "data": data}, separators=(",", ":"))


def _is_no_failed_handshake(record: logging.LogRecord) -> bool:
    """Whether a line of the library is worth telling: strangers that knock at the port are not."""
    return "handshake" not in record.msg
