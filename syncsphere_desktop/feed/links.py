"""Keeps one socket open for some projects, over any number of ends, and the next one before the last goes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Protocol

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.endpoint import FeedEndpoint, FeedMode
from syncsphere_desktop.feed.lifetime import Backoff, Lifetime
from syncsphere_desktop.feed.messages import FeedMessage, Malformed, Sendable
from syncsphere_desktop.feed.overlap import Overlap
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.sessions import FeedSession, Take, gone
from syncsphere_desktop.feed.sockets import FeedSocket
from syncsphere_desktop.feed.wire import encode


class Outlet(Protocol):
    """Who is told what a link hears and how it stands."""

    def on_message(self, message: FeedMessage | Malformed) -> None:
        """Take what the current socket said."""
        ...

    def on_up(self, link: FeedLink, *, is_renewal: bool) -> None:
        """Note that every project of the link is followed, on a new socket."""
        ...

    def on_down(self, link: FeedLink) -> None:
        """Note that no project of the link is followed."""
        ...

    def on_change(self) -> None:
        """Note that a reason or the number of sockets changed."""
        ...


class FeedLink:
    """Follows some projects on one socket, or two while the next takes over from the last.

    What the next one says counts from the moment it was answered on; until then it waits, and the last one
    counts. So no frame of an old socket can undo what a newer one said.
    """

    def __init__(
        self, endpoint: FeedEndpoint, pacing: FeedPacing, lifetime: Lifetime, outlet: Outlet
    ) -> None:
        self.projects: frozenset[ProjectId] = frozenset()
        self.reason: str | None = None
        self.is_up = False
        self._endpoint = endpoint
        self._pacing = pacing
        self._lifetime = lifetime
        self._outlet = outlet
        self._backoff = Backoff(pacing)
        self._current: FeedSession | None = None
        self._sessions: set[FeedSession] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._stale = asyncio.Event()
        self._grace: asyncio.TimerHandle | None = None

    @property
    def sockets(self) -> int:
        """Return how many sockets are open."""
        return len(self._sessions)

    def assign(self, projects: frozenset[ProjectId]) -> None:
        """Follow these projects from now on."""
        added, removed = projects - self.projects, self.projects - projects
        self.projects = projects
        for session in tuple(self._sessions):
            leaving = session.assign(projects)
            if leaving:
                self._spawn(_leave(session, leaving))
        if removed and self._current is not None and self._current.is_observed:
            self._stale.set()  # only a new socket ends what a server tells an observer
        if added and self._current is not None:
            self._spawn(self._tell_when_followed(self._current))

    async def send(self, message: Sendable) -> None:
        """Send on the current socket; raises FeedError."""
        if self._current is None or self._current.task.done():
            raise gone(self._endpoint)
        await self._current.send(encode(message))

    def network_returned(self) -> None:
        """Try at once, and let go of sockets that do not answer any more."""
        self._backoff.reset()
        self._awake.set()
        for session in self._sessions:
            self._spawn(session.check())

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            while True:
                session = await self._first()
                self._make_current(session)
                await self._hold(session)
        finally:
            await self._close()

    async def _first(self) -> FeedSession:
        """Return an open session, after however many attempts."""
        while True:
            self._awake.clear()
            try:
                return await self._open(self._outlet.on_message)
            except FeedError as error:
                self._note(error)
            await self._pause(self._backoff.next())

    async def _open(self, take: Take) -> FeedSession:
        """Return a session on a new socket that was answered; raises FeedError."""
        socket = await FeedSocket.open(self._endpoint, self._pacing)
        session = FeedSession(socket, self._endpoint, self._pacing, self.projects, take)
        self._sessions.add(session)
        session.task.add_done_callback(lambda _task: self._forget(session))
        self._outlet.on_change()
        ready = asyncio.create_task(session.ready.wait(), name="feed ready")
        try:
            await asyncio.wait({ready, session.task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await session.shutdown()
            raise
        finally:
            ready.cancel()
            await asyncio.wait({ready})
        if session.task.done():
            raise session.task.result()
        return session

    async def _hold(self, session: FeedSession) -> None:
        """Keep a session until its server ends it, replacing it by a newer one time and again."""
        wait = self._lifetime.jittered()
        while True:
            if not await self._outlives(session, wait):
                self._ended(session)
                return
            self._stale.clear()
            successor = await self._successor(session)
            if successor is None and session.task.done():
                self._ended(session)
                return
            if successor is None:
                wait = self._backoff.next()
                continue
            was_alive = not session.task.done()
            self._make_current(successor, is_renewal=was_alive)
            if was_alive:
                self._lifetime.renewed()
            await self._retire(session)
            successor.take = self._outlet.on_message
            session, wait = successor, self._lifetime.jittered()

    async def _outlives(self, session: FeedSession, seconds: float) -> bool:
        """Wait until a session is to be replaced; returns False when it ended before."""
        stale = asyncio.create_task(self._stale.wait(), name="feed stale")
        try:
            await asyncio.wait({session.task, stale}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stale.cancel()
            await asyncio.wait({stale})
        return not session.task.done()

    async def _successor(self, session: FeedSession) -> FeedSession | None:
        """Return a session that can take over, with what it heard told; None where none could be had."""
        overlap = Overlap(self._outlet.on_message, limit=self._pacing.waiting)
        session.take = overlap.from_old
        try:
            successor = await self._open(overlap.from_new)
        except FeedError as error:
            session.take = self._outlet.on_message
            if session.task.done():
                self._note(error)
            return None
        overlap.switch()
        return successor

    async def _retire(self, session: FeedSession) -> None:
        """Let go of a session; its server then tells the others that this user left, so join again."""
        await session.shutdown()
        if self._endpoint.mode is FeedMode.JOIN and self._current is not None:
            self._current.rejoin()

    def _make_current(self, session: FeedSession, *, is_renewal: bool = False) -> None:
        self._current = session
        self.reason = None
        self.is_up = True
        self._end_grace()
        self._outlet.on_up(self, is_renewal=is_renewal)

    def _ended(self, session: FeedSession) -> None:
        """Note that the current session ended; where that is normal life, it is said only after a while."""
        self._current = None
        self._note(session.task.result())
        self._lifetime.ended(session.age)
        if session.age >= self._pacing.steady:
            self._backoff.reset()
            self._grace = asyncio.get_running_loop().call_later(self._pacing.grace, self._go_down)
        else:
            self._go_down()

    def _go_down(self) -> None:
        self._end_grace()
        self.is_up = False
        self._outlet.on_down(self)

    def _end_grace(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    def _note(self, error: FeedError) -> None:
        self.reason = error.message
        self._outlet.on_change()

    def _forget(self, session: FeedSession) -> None:
        self._sessions.discard(session)
        self._outlet.on_change()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _tell_when_followed(self, session: FeedSession) -> None:
        """Tell again that the projects are followed, once the new ones among them were answered for."""
        session.ready.clear()
        ready = asyncio.create_task(session.ready.wait(), name="feed ready")
        try:
            await asyncio.wait({ready, session.task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            await asyncio.wait({ready})
        if session is self._current and not session.task.done():
            self._outlet.on_up(self, is_renewal=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="feed chore")
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _close(self) -> None:
        self._end_grace()
        self._current = None
        for chore in tuple(self._chores):
            chore.cancel()
        for session in tuple(self._sessions):
            session.take = _nobody
        if self._chores:
            await asyncio.wait(self._chores)
        await asyncio.gather(*(session.shutdown(leave=True) for session in tuple(self._sessions)))


def _nobody(_message: FeedMessage | Malformed) -> None:
    """Hear what an old socket still says, and do nothing with it."""


async def _leave(session: FeedSession, projects: Iterable[ProjectId]) -> None:
    with suppress(FeedError):  # the socket ended, which is told elsewhere
        await session.leave(projects)
