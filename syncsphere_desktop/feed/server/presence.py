"""Who is present where, on this server and on the others of the same database.

Every server tells the others at once who came and went, and every few seconds its whole list. What another
server has told ages out when nothing more comes from it. Anybody may write to the channel between them, so
what comes from there is judged like a client's frame.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.messages import UserJoined, UserLeft
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import Exchange

Presented = tuple[ProjectId, UserId]
PresenceListener = Callable[[UserJoined | UserLeft], None]
RelayListener = Callable[[ProjectId, str], None]

_MOST_SERVERS = 64
_MOST_PRESENT = 100_000
_MOST_PARTS = 256


@dataclass(slots=True)
class _Other:
    """What another server told: who is there, when it was last heard, and the parts of its next list."""

    heard_at: float
    present: set[Presented] = field(default_factory=set)
    beat: int = -1
    parts: dict[int, set[Presented]] = field(default_factory=dict)


class Presence:
    """Counts who is present. Listeners are told when somebody was nowhere before, or is nowhere any more."""

    def __init__(
        self, exchange: Exchange | None, limits: Limits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.server_id = uuid4().hex[:12]
        self._exchange = exchange
        self._limits = limits
        self._clock = clock
        self._here: Counter[Presented] = Counter()
        self._others: dict[str, _Other] = {}
        self._beat = 0
        self._beat_at = 0.0
        self._told_somebody = False
        self._listener: PresenceListener = lambda _news: None
        self._relay_listener: RelayListener = lambda _project, _frame: None
        self._end: Callable[[], None] = lambda: None

    def start(self, listener: PresenceListener, on_relay: RelayListener) -> None:
        """Begin to listen to the other servers and ask them who is there."""
        self._listener, self._relay_listener = listener, on_relay
        if self._exchange is not None:
            self._end = self._exchange.subscribe(self._on_text)
            self._publish({"k": "hello"})

    def stop(self) -> None:
        """Tell the others that nobody is here any more, and stop listening."""
        self._publish({"k": "bye"})
        self._end()

    def active(self, project_id: ProjectId) -> frozenset[UserId]:
        """Return who is present in a project, on any server."""
        return frozenset(user for project, user in self._everybody() if project == project_id)

    def is_present(self, project_id: ProjectId, user: UserId) -> bool:
        """Whether somebody is present in a project, on any server."""
        key = (project_id, user)
        return self._here[key] > 0 or any(key in other.present for other in self._others.values())

    def enter(self, project_id: ProjectId, user: UserId, username: str) -> None:
        """A client of this server has joined."""
        key = (project_id, user)
        before = self.is_present(*key)
        self._here[key] += 1
        if self._here[key] == 1:
            self._publish({"k": "join", "p": project_id, "u": user, "n": username})
        if not before:
            self._listener(UserJoined(project_id, user, username))

    def leave(self, project_id: ProjectId, user: UserId, reason: str) -> None:
        """A client of this server has left."""
        key = (project_id, user)
        self._here[key] -= 1
        if self._here[key] > 0:
            return
        del self._here[key]
        self._publish({"k": "leave", "p": project_id, "u": user, "r": reason})
        if not self.is_present(*key):
            self._listener(UserLeft(project_id, user, reason))

    def relay(self, project_id: ProjectId, frame: str) -> None:
        """Pass a frame on to the clients of the other servers, where it is short enough for that."""
        self._publish({"k": "relay", "p": project_id, "f": frame})

    def tick(self) -> None:
        """Do what is due: tell the others who is here, and let go of whom nobody tells any more."""
        now = self._clock()
        if now >= self._beat_at + self._limits.beat_seconds:
            self._beat_at = now
            self._tell_all()
        age = self._limits.beat_seconds * self._limits.missed_beats
        for name in [name for name, other in self._others.items() if now > other.heard_at + age]:
            self._forget(name, "timeout")

    def _everybody(self) -> Iterator[Presented]:
        yield from self._here
        for other in self._others.values():
            yield from other.present

    def _tell_all(self) -> None:
        if not self._here and not self._told_somebody:
            return  # a server without clients keeps silent, and the database asleep
        self._told_somebody = bool(self._here)
        self._beat += 1
        parts = list(self._parts()) or [[]]
        for number, part in enumerate(parts[:_MOST_PARTS]):
            self._publish({"k": "here", "b": self._beat, "i": number, "of": len(parts), "w": part})

    def _parts(self) -> Iterator[list[list[int]]]:
        longest = (self._exchange.longest if self._exchange is not None else 1000) - 200
        part: list[list[int]] = []
        size = 0
        for project, user in self._here:
            length = len(str(project)) + len(str(user)) + 4
            if size + length > longest:
                yield part
                part, size = [], 0
            part.append([project, user])
            size += length
        if part:
            yield part

    def _publish(self, said: dict[str, object]) -> None:
        if self._exchange is None:
            return
        text = json.dumps({"s": self.server_id, **said}, separators=(",", ":"))
        if len(text) <= self._exchange.longest:
            self._exchange.publish(text)

    def _on_text(self, text: str) -> None:
        try:
            said = json.loads(text)
            server = said["s"]
            if server == self.server_id or not isinstance(server, str) or len(server) > 64:
                return
            self._take(server, said["k"], said)
        except (ValueError, TypeError, KeyError, RecursionError):
            return  # not from a server of ours

    def _take(self, server: str, kind: object, said: dict[str, Any]) -> None:
        if kind == "bye":
            self._forget(server, "disconnect")
            return
        other = self._others.get(server)
        if other is None:
            if len(self._others) >= _MOST_SERVERS:
                return
            other = self._others[server] = _Other(self._clock())
        other.heard_at = self._clock()
        if kind == "hello":
            self._told_somebody = True
            self._tell_all()
        elif kind == "join":
            self._change(other, {_presented(said["p"], said["u"])}, set(), name=str(said["n"])[:100])
        elif kind == "leave":
            self._change(other, set(), {_presented(said["p"], said["u"])}, reason=str(said["r"])[:100])
        elif kind == "here":
            self._take_part(other, said)
        elif kind == "relay" and isinstance(said["f"], str):
            self._relay_listener(ProjectId(int(said["p"])), said["f"])

    def _take_part(self, other: _Other, said: dict[str, Any]) -> None:
        beat, number, parts = int(said["b"]), int(said["i"]), int(said["of"])
        if beat != other.beat:
            other.beat, other.parts = beat, {}
        if not 0 <= number < min(parts, _MOST_PARTS):
            return
        other.parts[number] = {_presented(project, user) for project, user in said["w"]}
        if len(other.parts) == min(parts, _MOST_PARTS):
            whole: set[Presented] = set().union(*other.parts.values())
            other.parts = {}
            self._change(other, whole - other.present, other.present - whole)

    def _change(
        self,
        other: _Other,
        came: set[Presented],
        left: Iterable[Presented],
        *,
        name: str | None = None,
        reason: str = "disconnect",
    ) -> None:
        for key in came:
            before = self.is_present(*key)
            if len(other.present) < _MOST_PRESENT:
                other.present.add(key)
            if not before:
                self._listener(UserJoined(*key, name))
        for key in left:
            other.present.discard(key)
            if not self.is_present(*key):
                self._listener(UserLeft(*key, reason))

    def _forget(self, server: str, reason: str) -> None:
        other = self._others.pop(server, None)
        if other is None:
            return
        for key in other.present:
            if not self.is_present(*key):
                self._listener(UserLeft(*key, reason))


def _presented(project: object, user: object) -> Presented:
    if type(project) is not int or type(user) is not int:
        raise TypeError("ids are numbers")
    return ProjectId(project), UserId(user)
