"""Sample members at work: they join, claim, release and leave through real sockets, at a polite pace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import FeedError, FeedUnavailableError
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.messages import (
    OwnershipClaimed,
    OwnershipReleased,
    ServerRefused,
    StateSynced,
    UserJoined,
    UserRef,
)
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.sockets import FeedSocket
from syncsphere_desktop.feed.wire import encode, parse

_ANSWER_SECONDS = 10.0
_PAUSE_SECONDS = 2.0
_FEWEST = 2
_MOST_HELD = 3


@dataclass(frozen=True, slots=True)
class Player:
    """A member of a project who is to be at work there, and the boxes that there are."""

    project_id: ProjectId
    user_id: UserId
    username: str
    boxes: tuple[UUID, ...]


class Activity:
    """Has `players` at work, `crowd` of them at most at a time, with `pace` seconds between two doings.

    Each doing waits for its answer. With the same studio, players and `seed`, and nobody else at work, the
    same things happen in the same order.
    """

    def __init__(
        self,
        endpoint: FeedEndpoint,
        players: Sequence[Player],
        *,
        seed: int = 1,
        pace: float = 1.5,
        crowd: int = 6,
    ) -> None:
        self._endpoint = endpoint
        self._players = tuple(players)
        self._random = random.Random(seed)  # noqa: S311  # a show, not a secret
        self._pace = pace
        self._crowd = crowd
        self._seats: dict[Player, _Seat] = {}

    async def run(self, steps: int | None = None) -> None:
        """Go on until cancelled, or for so many doings; a feed that is away is waited for."""
        done = 0
        try:
            while self._players and done != steps:
                try:
                    await self._step()
                    pause = self._pace * self._random.uniform(0.5, 1.5)
                except FeedError:
                    await self._everybody_leaves()
                    pause = _PAUSE_SECONDS
                done += 1
                await asyncio.sleep(pause)
        finally:
            await self._everybody_leaves()

    async def _step(self) -> None:
        present = [player for player in self._players if player in self._seats]
        absent = [player for player in self._players if player not in self._seats]
        few = len(present) < _FEWEST
        roll = self._random.random()
        if absent and (few or (len(present) < self._crowd and roll < 0.2)):
            await self._join(self._random.choice(absent))
        elif present and not few and roll > 0.92:
            await self._leave(self._random.choice(present))
        elif present:
            await self._work(self._random.choice(present))

    async def _join(self, player: Player) -> None:
        seat = _Seat(await FeedSocket.open(self._endpoint, FeedPacing()), player)
        self._seats[player] = seat
        joining = UserJoined(player.project_id, player.user_id, player.username)
        await seat.ask(encode(joining), lambda answer: isinstance(answer, StateSynced | ServerRefused))

    async def _leave(self, player: Player) -> None:
        await self._seats.pop(player).close()

    async def _everybody_leaves(self) -> None:
        seats, self._seats = self._seats, {}
        await asyncio.gather(*(seat.close() for seat in seats.values()))

    async def _work(self, player: Player) -> None:
        seat = self._seats[player]
        mine = [box for box in player.boxes if seat.ownership.get(box) == player.user_id]
        free = [box for box in player.boxes if seat.ownership.get(box) is None]
        wants_less = self._random.random() < 0.45 or len(mine) >= _MOST_HELD
        if mine and (wants_less or not free):
            box = self._random.choice(mine)
            await seat.ask_about(box, OwnershipReleased(player.project_id, box, player.user_id))
        elif free:
            box = self._random.choice(free)
            await seat.ask_about(box, OwnershipClaimed(player.project_id, box, player.user_id))
        else:
            await self._leave(player)


class _Seat:
    """A player's socket, and who holds what as far as it was told."""

    def __init__(self, socket: FeedSocket, player: Player) -> None:
        self._socket = socket
        self._player = player
        self.ownership: dict[UUID, UserRef] = {}
        self._wanted: Callable[[object], bool] = lambda _answer: False
        self._answered = asyncio.Event()
        self._following = asyncio.create_task(socket.follow(self._take))

    async def ask_about(self, box: UUID, message: OwnershipClaimed | OwnershipReleased) -> None:
        """Send a claim or release and wait until its box has been told of, or it was refused."""
        kinds = (OwnershipClaimed, OwnershipReleased)
        await self.ask(
            encode(message),
            lambda answer: (
                isinstance(answer, ServerRefused) or (isinstance(answer, kinds) and answer.box_uuid == box)
            ),
        )

    async def ask(self, text: str, wanted: Callable[[object], bool]) -> None:
        """Send a frame and wait for the answer to it. Raises FeedError."""
        self._answered.clear()
        self._wanted = wanted
        await self._socket.send(text)
        waiting = asyncio.create_task(self._answered.wait())
        await _first_of(self._following, waiting)
        if self._following.done():
            await self._following  # raises how the socket ended
        if not self._answered.is_set():
            raise FeedUnavailableError("The feed did not answer in time.", step="answer")

    async def close(self) -> None:
        """Leave."""
        self._following.cancel()
        await asyncio.gather(self._following, self._socket.close(), return_exceptions=True)

    def _take(self, frame: bytes) -> None:
        message = parse(frame)
        match message:
            case StateSynced():
                self.ownership = dict(message.ownership)
            case OwnershipClaimed():
                self.ownership[message.box_uuid] = message.owner
            case OwnershipReleased():
                self.ownership.pop(message.box_uuid, None)
        if self._wanted(message):
            self._answered.set()


async def _first_of(following: asyncio.Task[None], waiting: asyncio.Task[bool]) -> None:
    tasks: set[Awaitable[object]] = {following, waiting}
    try:
        await asyncio.wait(tasks, timeout=_ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
