"""A feed server over a studio in memory, and clients that speak to it through real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection, connect

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from tests.fakes.feed_book import InMemoryBook

PROJECT = ProjectId(7)
ADA, BOB, EVE, PAT = UserId(1), UserId(2), UserId(3), UserId(4)
BASS = UUID("00000000-0000-4000-8000-0000000000b1")
LEAD = UUID("00000000-0000-4000-8000-0000000000c1")


class Speaker:
    """A client that sends frames and waits for the ones that matter to a test."""

    def __init__(self, socket: ClientConnection, user: int) -> None:
        self.socket = socket
        self.user = user

    async def say(self, kind: str, *, project: object = PROJECT, **data: Any) -> None:
        """Send a frame as this user."""
        frame = {"type": kind, "projectId": str(project), "userId": str(self.user), "timestamp": 1}
        await self.socket.send(json.dumps({**frame, "data": data}))

    async def join(self, project: object = PROJECT) -> dict[str, Any]:
        """Join a project and return the state that comes back."""
        await self.say("USER_JOIN", project=project)
        return await self.hear("SYNC_RESPONSE")

    async def hear(self, kind: str, **expected: Any) -> dict[str, Any]:
        """Return the data of the next frame of that type with these entries; others are passed over."""
        async with asyncio.timeout(20):
            while True:
                frame = json.loads(await self.socket.recv())
                data: dict[str, Any] = frame["data"]
                if frame["type"] == kind and data.items() >= expected.items():
                    return {**data, "userId": frame["userId"], "projectId": frame["projectId"]}

    async def next(self) -> dict[str, Any]:
        """Return the next frame, whatever it is but who came or went."""
        async with asyncio.timeout(20):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if frame["type"] not in ("USER_JOIN", "USER_LEAVE"):
                    return frame


@asynccontextmanager
async def speaker(url: str, user: int, **options: Any) -> AsyncIterator[Speaker]:
    """Connect a client."""
    async with connect(url, compression=None, **options) as socket:
        yield Speaker(socket, user)


@pytest.fixture
def book() -> InMemoryBook:
    """Ada owns the project, Bob edits, Eve watches, Pat has nothing to do with it."""
    made = InMemoryBook()
    made.add_user(ADA, "ada", p7=Role.OWNER)
    made.add_user(BOB, "bob", p7=Role.EDITOR)
    made.add_user(EVE, "eve", p7=Role.VIEWER)
    made.add_user(PAT, "pat")
    return made


Connect = Callable[..., Any]


@pytest.fixture
async def connected() -> AsyncIterator[Connect]:
    """Connect any number of clients; they are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str, user: int, **options: Any) -> Speaker:
            return await stack.enter_async_context(speaker(url, user, **options))

        yield open_one
