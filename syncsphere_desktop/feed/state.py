"""How the following of a feed stands, and what a client tells its listeners beside the frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.messages import FeedMessage


class FeedPhase(StrEnum):
    """How the following of a feed stands. `live`: every watched project was answered for."""

    OFF = "off"
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """How many frames came, and what became of them, since the client was made."""

    received: int = 0
    merged: int = 0
    """Superseded by a later frame of the same box or person before anybody was told."""
    malformed: int = 0
    unknown: int = 0
    foreign: int = 0
    """Of projects that nobody here watches."""
    refused: int = 0
    """Answers of the server that it can't or won't."""
    dropped: int = 0
    """Given up for lack of room; an `Overflowed` told of it."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """How the feed stands: since when, why it is not live (a whole sentence), and over how many sockets."""

    phase: FeedPhase = FeedPhase.OFF
    since: datetime | None = None
    reason: str | None = None
    sockets: int = 0


@dataclass(frozen=True, slots=True)
class Connected:
    """These projects are followed anew: what came before may have gaps, so their table is to be read.

    `is_renewal` tells that a socket took over from one that still worked: a gap is not likely.
    """

    projects: frozenset[ProjectId]
    is_renewal: bool = False


@dataclass(frozen=True, slots=True)
class Disconnected:
    """These projects are not followed any more until they are `Connected` again."""

    projects: frozenset[ProjectId]


@dataclass(frozen=True, slots=True)
class Overflowed:
    """More came than could be kept: the table of every watched project is to be read."""


FeedEvent: TypeAlias = FeedMessage | Connected | Disconnected | Overflowed
FeedListener: TypeAlias = Callable[[Sequence[FeedEvent]], None]
StateListener: TypeAlias = Callable[[FeedState], None]
