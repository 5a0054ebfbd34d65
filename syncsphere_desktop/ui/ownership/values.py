"""The values that the grid of one project is made of: tracks, people, holders, filters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.domain.ids import UserId

NOBODY = UserId(-1)
"""Stands for the column of tracks that nobody holds; no user has this id."""


class Shown(StrEnum):
    """Which tracks the grid shows."""

    ALL = "all"
    HELD = "held"
    FREE = "unowned"
    STALE = "stale"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Track:
    """A row: a track, unit or bus in timeline order; `icon` names its sign, `kind` says it in words."""

    box_uuid: UUID
    name: str
    unit: str | None = None
    icon: str = "track"
    kind: str = "Track"
    in_bundle: bool = True
    is_unit: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A column. `here` is None where presence is not known; `absent_since` is in seconds as `Held.since`."""

    id: UserId
    name: str
    role: str | None = None
    is_collaborator: bool = True
    here: bool | None = None
    absent_since: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a track: nobody, one person, or several where the rows contradict each other.

    `since` is in seconds since 1970. What the feed told and the table does not say yet is not
    confirmed.
    """

    owners: tuple[UserId, ...] = ()
    since: float | None = None
    confirmed: bool = True

    @property
    def is_contested(self) -> bool:
        """Return whether more than one person holds it."""
        return len(self.owners) > 1


FREE = Held()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is shown of the tracks: by state, by holder, by words of their names."""

    shown: Shown = Shown.ALL
    person: UserId | None = None
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.shown is not Shown.ALL or self.person is not None or bool(self.words)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tracks there are of each sort."""

    tracks: int = 0
    held: int = 0
    free: int = 0
    stale: int = 0
    contested: int = 0

    def of(self, shown: Shown) -> int:
        """Return how many tracks a filter leaves."""
        counts = {Shown.ALL: self.tracks, Shown.HELD: self.held, Shown.FREE: self.free}
        return (counts | {Shown.STALE: self.stale, Shown.CONTESTED: self.contested})[shown]
