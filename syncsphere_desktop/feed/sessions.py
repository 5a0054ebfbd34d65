"""What is said and heard on one socket: it asks for every project, and hears what follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import FeedError, FeedUnavailableError
from syncsphere_desktop.feed.endpoint import FeedEndpoint, FeedMode
from syncsphere_desktop.feed.failures import place_of, silent
from syncsphere_desktop.feed.messages import (
    FeedMessage,
    Malformed,
    ServerRefused,
    StateSynced,
    SyncRequested,
    UserJoined,
    UserLeft,
)
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.sockets import FeedSocket
from syncsphere_desktop.feed.wire import encode, parse


@dataclass(frozen=True, slots=True)
class _Asked:
    """Until when a question may stay unanswered, and how many frames had come when it was put."""

    until: float
    heard: int


Take = Callable[[FeedMessage | Malformed], None]


class FeedSession:
    """Asks one socket for `projects` and hands what it hears to `take`. `task` ends with the reason why.

    `ready` is done once every project was answered for, by a refusal too, or the server has answered
    something and the time for the rest is over.
    """

    def __init__(
        self,
        socket: FeedSocket,
        endpoint: FeedEndpoint,
        pacing: FeedPacing,
        projects: Iterable[ProjectId],
        take: Take,
    ) -> None:
        self.take = take
        self._socket = socket
        self._endpoint = endpoint
        self._pacing = pacing
        self._loop = asyncio.get_running_loop()
        self.born = self._loop.time()
        self.ready = asyncio.Event()
        self.is_observed = False
        self._due: dict[ProjectId, float] = dict.fromkeys(projects, 0.0)
        self._unanswered: dict[ProjectId, _Asked] = {}
        self._joined: set[ProjectId] = set()
        self._heard = 0
        self._wake = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name="feed session")

    @property
    def age(self) -> float:
        """Return for how many seconds it has been open."""
        return self._loop.time() - self.born

    def assign(self, projects: frozenset[ProjectId]) -> list[ProjectId]:
        """Ask for these from now on; returns those that are to be left, for `leave`."""
        gone = [project for project in self._due if project not in projects]
        for project in gone:
            del self._due[project]
            self._unanswered.pop(project, None)
        for project in projects:
            self._due.setdefault(project, 0.0)
        self._settle()
        self._wake.set()
        return [project for project in gone if project in self._joined]

    def rejoin(self) -> None:
        """Ask for every project anew, soon."""
        self._joined.clear()
        self._due = dict.fromkeys(self._due, 0.0)
        self._wake.set()

    async def send(self, text: str) -> None:
        """Send a frame; raises FeedError."""
        await self._socket.send(text)

    async def leave(self, projects: Iterable[ProjectId]) -> None:
        """Say that this user is no longer in these projects; raises FeedError."""
        for project in projects:
            self._joined.discard(project)
            await self.send(encode(UserLeft(project, self._endpoint.user_id)))

    async def check(self) -> None:
        """Let go of the socket unless the server answers a ping soon."""
        await self._socket.is_alive()

    async def shutdown(self, *, leave: bool = False) -> None:
        """End it; with `leave` the projects that were joined are left first."""
        if leave and not self.task.done():
            with suppress(FeedError):  # the socket ended by itself: the server tells the others
                await self.leave(tuple(self._joined))
        self.task.cancel()
        await asyncio.wait({self.task})

    async def _run(self) -> FeedError:
        """Ask and listen until one of the two can't; returns why."""
        parts = {
            asyncio.create_task(self._ask(), name="feed asking"),
            asyncio.create_task(self._listen(), name="feed listening"),
        }
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.wait(parts)
            await self._socket.close()
        reasons = [part.result() for part in done]
        return reasons[0]

    async def _listen(self) -> FeedError:
        try:
            await self._socket.follow(self._hear)
        except FeedError as error:
            return error
        raise AssertionError("listening ends with an error")

    def _hear(self, frame: bytes) -> None:
        self._heard += 1
        message = parse(frame)
        if type(message) is StateSynced or type(message) is ServerRefused:
            self.is_observed = self.is_observed or getattr(message, "observing", False)
            self._answered(message.project_id)
        self.take(message)

    def _answered(self, project: ProjectId | None) -> None:
        """Note an answer; a refusal that names no project is taken for one to the oldest request."""
        if project is None:
            project = next(iter(self._unanswered), None)
        if project is not None:
            self._unanswered.pop(project, None)
        self._settle()

    def _settle(self) -> None:
        if not self._unanswered and all(due > 0 for due in self._due.values()):
            self.ready.set()

    async def _ask(self) -> FeedError:
        """Ask for each project when it is due; returns an error once the server leaves that unanswered."""
        while True:
            now = self._loop.time()
            if self._give_up_waiting(now):
                return silent(self._endpoint, self._pacing.answer)
            self._settle()
            due = min(self._due, key=self._due.__getitem__, default=None)
            if due is not None and self._due[due] <= now:
                failure = await self._ask_for(due)
                if failure is not None:
                    return failure
                await asyncio.sleep(1 / self._pacing.requests)
            else:
                await self._wait()

    def _give_up_waiting(self, now: float) -> bool:
        """Wait no longer for answers that are late; returns whether nothing at all came meanwhile."""
        late = {project: asked for project, asked in self._unanswered.items() if asked.until <= now}
        for project in late:
            del self._unanswered[project]
        return any(asked.heard == self._heard for asked in late.values())

    async def _ask_for(self, project: ProjectId) -> FeedError | None:
        now = self._loop.time()
        self._due[project] = now + self._interval()
        self._unanswered.setdefault(project, _Asked(now + self._pacing.answer, self._heard))
        user = self._endpoint.user_id
        if self._endpoint.mode is FeedMode.JOIN and project not in self._joined:
            self._joined.add(project)
            text = encode(UserJoined(project, user, self._endpoint.username))
        else:
            text = encode(SyncRequested(project, user, observe=self._endpoint.mode is FeedMode.OBSERVE))
        try:
            await self.send(text)
        except FeedError as error:
            return error
        return None

    def _interval(self) -> float:
        told = self.is_observed or self._endpoint.mode is FeedMode.JOIN
        return self._pacing.poll_followed if told else self._pacing.poll

    async def _wait(self) -> None:
        """Wait until something is due or the projects change."""
        moments = [*self._due.values(), *(asked.until for asked in self._unanswered.values())]
        seconds = max(0.0, min(moments) - self._loop.time()) if moments else None
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


def gone(endpoint: FeedEndpoint) -> FeedUnavailableError:
    """Return the error for sending while no socket is open."""
    return FeedUnavailableError(f"The feed at {place_of(endpoint)} is not connected.")
