"""One connected client: what it is in, what it may send, and how frames get to it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import Standing

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Member:
    """As whom a client has joined a project; `checked_at` is when the standing was read."""

    user: UserId
    standing: Standing
    checked_at: float = field(default_factory=time.monotonic)


def text_frame(text: str) -> bytes:
    """Return a text message as a server sends it: one unmasked frame, the same bytes for every client."""
    from websockets.frames import Frame, Opcode

    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class Client:
    """A connection with what is known of it. `members` are the projects that it has joined."""

    def __init__(self, connection: ServerConnection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self.members: dict[ProjectId, Member] = {}
        self.observes: set[ProjectId] = set()
        self.was_cut = False
        self._allowance = float(limits.burst)
        self._counted_at = time.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether frames can still be sent."""
        return not self.was_cut and self._connection.state.name == "OPEN"

    def tell(self, text: str) -> None:
        """Send one message."""
        self.send(text_frame(text))

    def send(self, frames: bytes) -> None:
        """Send whole frames without waiting; a client that does not read what came before is cut off.

        They are written past the library's own `send`, which would build each frame anew for each client.
        """
        if not self.is_open:
            return
        transport = self._connection.transport
        if transport.get_write_buffer_size() > self._limits.backlog:
            self.was_cut = True
            _log.warning("A client that reads too slowly was cut off")
            transport.abort()
            return
        transport.write(frames)

    async def admit(self) -> None:
        """Wait until this client may have another frame handled."""
        now = time.monotonic()
        rate = self._limits.frames_a_second
        earned = (now - self._counted_at) * rate
        self._allowance = min(float(self._limits.burst), self._allowance + earned) - 1.0
        self._counted_at = now
        if self._allowance < 0:
            await asyncio.sleep(-self._allowance / rate)

    async def close(self, code: int, reason: str) -> None:
        """End the connection and wait for that, at most as long as the limits say."""
        await self._connection.close(code, reason)
