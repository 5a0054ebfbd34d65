"""Who is present in a project, as far as the feed tells, and whose boxes are stale because of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership_box import Moment

PersonRef: TypeAlias = UserId | str
"""A person as the feed names them: an id where it is a number, else the text that came."""

STALE_AFTER = timedelta(minutes=10)
LEAVE_SECONDS = 8.0
"""How long somebody whose socket dropped still counts as present: most are back at once."""
SILENT_SECONDS = 420.0
"""How long somebody stays present of whom nothing is heard at all: servers close sockets sooner than that."""
_PEOPLE_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is in a project now. Without a feed nothing is known, and `active` is empty.

    `known_since` is when the watching began without a gap; `last_seen` also names those who left.
    """

    is_known: bool = False
    known_since: datetime | None = None
    active: frozenset[PersonRef] = frozenset()
    last_seen: Mapping[PersonRef, datetime] = field(default_factory=dict)

    def absent_since(self, person: PersonRef) -> datetime | None:
        """Return since when somebody is away for certain; None while present, or where nothing is known."""
        if not self.is_known or person in self.active:
            return None
        return self.last_seen.get(person, self.known_since)

    def is_stale(self, owners: Collection[PersonRef], now: datetime, after: timedelta = STALE_AFTER) -> bool:
        """Whether everybody who holds a box is away for that long; never where presence is unknown."""
        if not owners:
            return False
        gone = [self.absent_since(owner) for owner in owners]
        return all(since is not None and now - since >= after for since in gone)


UNKNOWN_PRESENCE = Presence()


class Roster:
    """Keeps who is present in one project. Returns whether something changed; remembers a bounded number."""

    def __init__(self) -> None:
        self._active: OrderedDict[PersonRef, Moment] = OrderedDict()
        self._leaving: dict[PersonRef, float] = {}
        self._last_seen: OrderedDict[PersonRef, datetime] = OrderedDict()
        self._known_since: Moment | None = None

    def joined(self, person: PersonRef, now: Moment) -> bool:
        """Somebody came, or let hear from them."""
        is_new = person not in self._active
        self._active[person] = now
        self._active.move_to_end(person)
        self._leaving.pop(person, None)
        self._remember(person, now.at)
        if len(self._active) > _PEOPLE_KEPT:
            self._active.popitem(last=False)
        return is_new

    def heard(self, person: PersonRef, now: Moment) -> None:
        """Somebody present sent something; who is not present does not become so by it."""
        if person in self._active:
            self.joined(person, now)

    def left(self, person: PersonRef, now: Moment, *, dropped: bool) -> bool:
        """Somebody went; one whose socket `dropped` counts as present for a moment yet."""
        if person not in self._active:
            return False
        if dropped:
            self._leaving.setdefault(person, now.seconds + LEAVE_SECONDS)
            return False
        return self._remove(person, now.at)

    def synced(self, people: Collection[PersonRef], now: Moment) -> bool:
        """The server named everybody who is present."""
        if self._known_since is None:
            self._known_since = now
        changed = [self.joined(person, now) for person in people]
        for person in [person for person in self._active if person not in people]:
            self.left(person, now, dropped=True)
        return any(changed)

    def known(self, now: Moment) -> None:
        """From now on comings and goings are told."""
        if self._known_since is None:
            self._known_since = now

    def aged(self, now: Moment) -> bool:
        """Take out who left or fell silent; who calls this does so every few seconds."""
        late = [person for person, due in self._leaving.items() if due <= now.seconds]
        silent = [
            person for person, heard in self._active.items() if now.seconds - heard.seconds > SILENT_SECONDS
        ]
        changed = [self._remove(person, self._active[person].at) for person in {*late, *silent}]
        return any(changed)

    def lost(self) -> bool:
        """The feed is gone: nothing is known any more. What was seen last is remembered."""
        was_known = self._known_since is not None
        self._known_since = None
        self._active.clear()
        self._leaving.clear()
        return was_known

    def presence(self) -> Presence:
        """Return what is known now."""
        if self._known_since is None:
            return Presence(last_seen=dict(self._last_seen))
        return Presence(
            is_known=True,
            known_since=self._known_since.at,
            active=frozenset(self._active),
            last_seen=dict(self._last_seen),
        )

    def _remove(self, person: PersonRef, seen: datetime) -> bool:
        self._leaving.pop(person, None)
        self._remember(person, seen)
        return self._active.pop(person, None) is not None

    def _remember(self, person: PersonRef, seen: datetime) -> None:
        self._last_seen[person] = seen
        self._last_seen.move_to_end(person)
        if len(self._last_seen) > _PEOPLE_KEPT:
            self._last_seen.popitem(last=False)
