"""One open socket to a feed: whom it trusts, what it limits, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

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

_CHECK_SECONDS = 3.0


class _Connect(connect):
    """Goes where it was told to, and nowhere else: a redirect would take the token along."""

    @override
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class FeedSocket:
    """An open socket; `open` makes one. What is raised is a FeedError."""

    def __init__(self, connection: ClientConnection, endpoint: FeedEndpoint, pacing: FeedPacing) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._pacing = pacing

    @classmethod
    async def open(cls, endpoint: FeedEndpoint, pacing: FeedPacing) -> FeedSocket:
        """Open a socket; raises FeedUnavailableError, FeedTrustError or FeedRefusedError.

        Nothing, no token either, is sent before the certificate was found to be the right one.
        """
        way = _Way()
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
                create_connection=_pinned(endpoint, way),
                **options,
            )
        except FOREIGN as error:
            raise translated(error, endpoint, is_open=way.is_open) from None
        return cls(connection, endpoint, pacing)

    async def follow(self, take: Callable[[bytes], None]) -> None:
        """Hand every frame to `take` until the socket ends, which raises a FeedError that says how."""
        receive, loop = self._connection.recv, asyncio.get_running_loop()
        count, began = 0, loop.time()
        try:
            while True:
                take(await receive(decode=False))
                count += 1
                if count % 64 == 0 and loop.time() - began > _TURN:
                    await asyncio.sleep(0)
                    began = loop.time()
        except FOREIGN as error:
            raise translated(error, self._endpoint) from None

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


@dataclass(slots=True)
class _Way:
    """How far an attempt came: `is_open` once there is a connection, encrypted where it should be."""

    is_open: bool = False


def _pinned(endpoint: FeedEndpoint, way: _Way) -> type[ClientConnection]:
    """Return a connection that compares the certificate before it says its first word."""

    class PinnedConnection(ClientConnection):
        @override
        async def handshake(self, *arguments: Any, **options: Any) -> None:
            way.is_open = True
            if endpoint.fingerprint is not None and endpoint.is_secure:
                shown = _shown_fingerprint(self)
                if shown != endpoint.fingerprint:
                    raise other_fingerprint(endpoint, shown)
            await super().handshake(*arguments, **options)

    return PinnedConnection


def _shown_fingerprint(connection: ClientConnection) -> str:
    secured = connection.transport.get_extra_info("ssl_object")
    certificate = None if secured is None else secured.getpeercert(binary_form=True)
    if certificate is None:
        raise FeedTrustError("The feed's server shows no certificate.", step="tls")
    return fingerprint_of(certificate)
