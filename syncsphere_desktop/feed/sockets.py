"""One open socket to a feed: whom it trusts, what it limits, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as Piece
from websockets.frames import Opcode
from websockets.protocol import Event

from syncsphere_desktop.errors import FeedTrustError
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.failures import FOREIGN, other_fingerprint, translated
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.trust import context_for, fingerprint_of

# The library writes the headers of the handshake, and so the token, into its debug log.
_QUIET = logging.getLogger("syncsphere_desktop.feed.websockets")
_QUIET.setLevel(logging.CRITICAL)

_TURN = 0.004
"""Seconds that frames may be taken without a break before the event loop gets its turn."""

_MOST_WAITING = 2_000
"""Frames that may wait before no more are read from the network."""

_CHECK_SECONDS = 3.0


class _Connect(connect):
    """Goes where it was told to, and nowhere else: a redirect would take the token along."""

    @override
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class FeedSocket:
    """An open socket; `open` makes one. What is raised is a FeedError."""

    def __init__(self, connection: _Connection, endpoint: FeedEndpoint, pacing: FeedPacing) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._pacing = pacing

    @classmethod
    async def open(cls, endpoint: FeedEndpoint, pacing: FeedPacing) -> FeedSocket:
        """Open a socket; raises FeedUnavailableError, FeedTrustError or FeedRefusedError.

        Nothing, no token either, is sent before the certificate was found to be the right one.
        """
        made = _connection_to(endpoint)
        options: dict[str, Any] = {}
        context = context_for(endpoint)
        if context is not None:
            options = {"ssl": context, "ssl_shutdown_timeout": pacing.close}
        headers = dict(endpoint.headers)
        if endpoint.token is not None:
            headers["Authorization"] = f"Bearer {endpoint.token}"
        try:
            connection = await _Connect(
                endpoint.url,
                additional_headers=headers,
                compression=None,  # it halves what can be read
                proxy=None,
                open_timeout=pacing.open,
                ping_interval=pacing.ping,
                ping_timeout=pacing.ping,
                close_timeout=pacing.close,
                max_size=pacing.frame_size,
                max_queue=64,
                logger=_QUIET,
                create_connection=made,
                **options,
            )
        except FOREIGN as error:
            raise translated(error, endpoint, is_open=made.is_open) from None
        assert isinstance(connection, _Connection)
        return cls(connection, endpoint, pacing)

    async def follow(self, take: Callable[[bytes], None]) -> None:
        """Hand every frame to `take` until the socket ends, which raises a FeedError that says how."""
        intake = self._connection.intake
        intake.open(take)
        try:
            while True:
                intake.put(await self._connection.recv(decode=False))
        except FOREIGN as error:
            intake.drain()
            raise translated(error, self._endpoint) from None
        finally:
            intake.close()

    async def send(self, text: str) -> None:
        """Send a frame; raises a FeedError, also where the server does not take it in time."""
        try:
            async with asyncio.timeout(self._pacing.answer):
                await self._connection.send(text)
        except FOREIGN as error:
            raise translated(error, self._endpoint) from None

    async def is_alive(self) -> bool:
        """Return whether the server answers a ping within three seconds; one that doesn't is let go."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await (await self._connection.ping())
        except (ConnectionClosed, TimeoutError):
            self._connection.transport.abort()
            return False
        return True

    async def close(self) -> None:
        """Say goodbye, within the time for that, and let go."""
        await self._connection.close()


class _Intake:
    """Frames on their way to the listener, some milliseconds' worth at a time.

    While too many wait, nothing more is read: the server has to wait as well, not our memory.
    """

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._take: Callable[[bytes], None] | None = None
        self._handle: asyncio.Handle | None = None
        self._transport: asyncio.Transport | None = None

    def open(self, take: Callable[[bytes], None]) -> None:
        """Begin to hand frames on."""
        self._take = take
        self._schedule()

    def close(self) -> None:
        """Hand nothing on any more."""
        self._take = None
        self._frames.clear()
        if self._handle is not None:
            self._handle.cancel()

    def put(self, frame: bytes) -> None:
        """Take a frame in."""
        self._frames.append(frame)
        if self._handle is None:
            self._schedule()

    def hold_back(self, transport: asyncio.Transport) -> None:
        """Read nothing more until enough was handed on."""
        if len(self._frames) > _MOST_WAITING and self._transport is None:
            self._transport = transport
            transport.pause_reading()

    def drain(self) -> None:
        """Hand everything on at once."""
        while self._frames and self._take is not None:
            self._take(self._frames.popleft())

    def _schedule(self) -> None:
        if self._take is not None and self._frames:
            self._handle = asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Hand frames on for some milliseconds, and go on after the loop had its turn."""
        self._handle = None
        frames, take = self._frames, self._take
        if take is None:
            return
        until = time.monotonic() + _TURN
        try:
            while frames and time.monotonic() < until:
                for _ in range(min(32, len(frames))):
                    take(frames.popleft())
        finally:
            self._schedule()
            if self._transport is not None and len(frames) < _MOST_WAITING // 2:
                self._transport.resume_reading()
                self._transport = None


class _Connection(ClientConnection):
    """A connection that compares the certificate before it says its first word.

    Whole frames go to the intake as they come: a coroutine for each would take as long as reading it does.
    """

    pinned: FeedEndpoint
    is_open = False
    """Whether there is a connection, encrypted where it should be."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.intake = _Intake()
        self._is_whole = True

    @override
    async def handshake(self, *arguments: Any, **options: Any) -> None:
        type(self).is_open = True
        endpoint = self.pinned
        if endpoint.fingerprint is not None and endpoint.is_secure:
            shown = _shown_fingerprint(self)
            if shown != endpoint.fingerprint:
                raise other_fingerprint(endpoint, shown)
        await super().handshake(*arguments, **options)

    @override
    def process_event(self, event: Event) -> None:
        # Once a message came in pieces, all go the library's way: two ways would change their order.
        if self.response is not None and self._is_whole and isinstance(event, Piece):
            opcode = event.opcode
            if opcode is Opcode.TEXT or opcode is Opcode.BINARY:
                if event.fin:
                    self.intake.put(bytes(event.data))
                    return
                self._is_whole = False
        super().process_event(event)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.intake.hold_back(self.transport)


def _connection_to(endpoint: FeedEndpoint) -> type[_Connection]:
    """Return the class of one connection: the library makes the object itself."""
    return type("FeedConnection", (_Connection,), {"pinned": endpoint})


def _shown_fingerprint(connection: ClientConnection) -> str:
    secured = connection.transport.get_extra_info("ssl_object")
    certificate = None if secured is None else secured.getpeercert(binary_form=True)
    if certificate is None:
        raise FeedTrustError("The feed's server shows no certificate.", step="tls")
    return fingerprint_of(certificate)
