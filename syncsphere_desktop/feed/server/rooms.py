"""The rooms of a server: made for the first client of a project, kept true to the table, then let go of."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.feed.messages import ServerRefused, StateSynced, UserJoined, UserLeft, UserRef
from syncsphere_desktop.feed.server.client import Client
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import BookEvent, BoxChanged, OwnershipBook, ReadAgain
from syncsphere_desktop.feed.server.presence import Presence
from syncsphere_desktop.feed.server.room import Room
from syncsphere_desktop.feed.wire import encode

_log = logging.getLogger(__name__)

_UNCONFIRMED_SECONDS = 2.0
"""A change made here that the table does not tell for so long makes its project be read again."""

_LONGEST_PAUSE = 0.04
"""So long at most news wait for those that come after them."""


class Rooms:
    """Every project that somebody follows on this server."""

    def __init__(self, book: OwnershipBook, presence: Presence, limits: Limits) -> None:
        self._book = book
        self._presence = presence
        self._limits = limits
        self._rooms: dict[ProjectId, Room] = {}
        self._reading: dict[ProjectId, asyncio.Lock] = {}
        self._after_gap: set[ProjectId] = set()
        self._news: dict[Room, None] = {}
        self._due = asyncio.Event()
        self._flush: asyncio.Handle | None = None
        self._next_flush = 0.0
        self.frames_sent = 0

    def __len__(self) -> int:
        return len(self._rooms)

    @asynccontextmanager
    async def entering(self, project: ProjectId) -> AsyncIterator[Room]:
        """Give the room of a project with its picture read. Raises NotFoundError, AppError."""
        room = self._rooms.setdefault(project, Room(project))
        room.entering += 1
        try:
            if not room.is_loaded:
                await self._read(room, only_first=True)
            yield room
        finally:
            room.entering -= 1
            self._drop_if_empty(room)

    def take_out(self, client: Client, project: ProjectId) -> None:
        """Take a client out of a room."""
        room = self._rooms.get(project)
        if room is not None:
            room.clients.discard(client)
            self._drop_if_empty(room)

    @contextmanager
    def awaiting(self, project: ProjectId, box: UUID) -> Iterator[None]:
        """Expect the table to tell of a change of this box, which is being made."""
        room = self._rooms.get(project)
        if room is not None:
            room.unconfirmed[box] = time.monotonic()
        try:
            yield
        except BaseException:
            if room is not None:
                room.needs_reading = True  # it may have been made or not
            raise

    def confirm(self, project: ProjectId, box: UUID) -> None:
        """Nothing is to be expected for this box."""
        room = self._rooms.get(project)
        if room is not None:
            room.unconfirmed.pop(box, None)

    def apply(self, change: BoxChanged) -> None:
        """Take in a change of the table and tell it to who follows the project."""
        room = self._rooms.get(change.project_id)
        if room is not None and room.apply(change):
            self._touch(room)

    def tell(self, project: ProjectId, text: str) -> None:
        """Send a frame to everybody who follows a project here."""
        room = self._rooms.get(project)
        if room is not None and room.clients:
            room.tell(text)
            self._touch(room)

    def tell_presence(self, news: UserJoined | UserLeft) -> None:
        """Tell who came or went."""
        self.tell(news.project_id, encode(news))

    def on_events(self, events: Sequence[BookEvent]) -> None:
        """Take in what the table tells."""
        for event in events:
            if isinstance(event, ReadAgain):
                self._read_again(event)
            else:
                self.apply(event)

    def _read_again(self, event: ReadAgain) -> None:
        rooms = [*self._rooms.values()] if event.project_id is None else [self._rooms.get(event.project_id)]
        for room in rooms:
            if room is not None:
                room.needs_reading = True
                if event.after_gap:
                    self._after_gap.add(room.project_id)
                self._due.set()

    async def wait_until_due(self, seconds: float) -> None:
        """Wait until a room is to be read again, at most for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._due.wait(), seconds)
        self._due.clear()

    async def read_due(self) -> bool:
        """Read every room that should be read again; return False when the database does not answer."""
        now = time.monotonic()
        for room in [*self._rooms.values()]:
            if not room.is_loaded:
                continue  # by whoever enters it
            late = any(now > since + _UNCONFIRMED_SECONDS for since in room.unconfirmed.values())
            if room.needs_reading or late or now > room.read_at + self._limits.reread_seconds:
                try:
                    await self._read(room)
                except NotFoundError:
                    self._dismiss(room)
                except AppError as error:
                    _log.info("A project could not be read again: %s", error.message)
                    return False
        return True

    async def _read(self, room: Room, *, only_first: bool = False) -> None:
        async with self._reading.setdefault(room.project_id, asyncio.Lock()):
            if only_first and room.is_loaded:
                return
            room.begin_reading()
            holdings = None
            try:
                holdings = await self._book.holdings(room.project_id)
            finally:
                room.end_reading(holdings, datetime.now(UTC))
                if holdings is not None and room.project_id in self._after_gap:
                    self._after_gap.discard(room.project_id)
                    active = frozenset[UserRef](self._presence.active(room.project_id))
                    room.tell(encode(StateSynced(room.project_id, room.state(), active)))
                if room.has_news:
                    self._touch(room)

    def _dismiss(self, room: Room) -> None:
        """Let everybody out of a project that is no longer there."""
        refusal = ServerRefused("The project was removed.", project_id=room.project_id)
        room.tell(encode(refusal))
        self.frames_sent += room.flush()
        for client in [*room.clients]:
            member = client.members.pop(room.project_id, None)
            client.observes.discard(room.project_id)
            room.clients.discard(client)
            if member is not None:
                self._presence.leave(room.project_id, member.user, "removed")
        self._drop_if_empty(room)

    def _drop_if_empty(self, room: Room) -> None:
        if room.is_empty and self._rooms.get(room.project_id) is room:
            del self._rooms[room.project_id]
            self._reading.pop(room.project_id, None)
            self._after_gap.discard(room.project_id)

    def _touch(self, room: Room) -> None:
        self._news[room] = None
        if self._flush is None:
            loop = asyncio.get_running_loop()
            is_due = loop.time() >= self._next_flush
            self._flush = loop.call_soon(self.flush) if is_due else loop.call_at(self._next_flush, self.flush)

    def flush(self) -> None:
        """Send to every client what waits for it."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        loop = asyncio.get_running_loop()
        began = loop.time()
        rooms, self._news = self._news, {}
        for room in rooms:
            self.frames_sent += room.flush()
        ended = loop.time()
        # A write costs more than what is in it: the longer all of them took, the more the next ones carry.
        pause = min(ended - began, _LONGEST_PAUSE)
        self._next_flush = max(began + self._limits.flush_seconds, ended + pause)
