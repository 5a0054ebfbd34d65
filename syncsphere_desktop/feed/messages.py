"""The messages of the live feed, as values. What a server sends is judged here and never raises.

A frame is JSON text, `{"type", "projectId", "userId", "timestamp", "data"}`. Servers differ: ids come as
numbers or text, times as milliseconds or ISO text, a box under one of three names. What can be understood is;
what can't is `Malformed`; a type that nobody here needs is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId

UserRef: TypeAlias = UserId | str
"""A user as the feed names them: an id where it is a number, and otherwise the text that came."""


@dataclass(frozen=True, slots=True)
class UserJoined:
    """A user is present in a project. Sent by a client it also subscribes the client to the project."""

    project_id: ProjectId
    user: UserRef
    username: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserLeft:
    """A user is no longer present in a project."""

    project_id: ProjectId
    user: UserRef
    reason: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnershipClaimed:
    """A box has an owner now. `user` is who said so, where the frame tells."""

    project_id: ProjectId
    box_uuid: UUID
    owner: UserRef
    user: UserRef | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnershipReleased:
    """A box is free. `owner` is who held it, where the frame tells."""

    project_id: ProjectId
    box_uuid: UUID
    owner: UserRef | None = None
    user: UserRef | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SyncRequested:
    """A client asks for the state of a project, without joining it.

    `observe` asks to be told what follows as well, without being present; servers that do not know the wish
    pass over it.
    """

    project_id: ProjectId
    user: UserRef
    observe: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StateSynced:
    """The state of a project as the server knows it; `observing` says that it tells what follows, too.

    `events` are the latest ones that the server remembers. Entries that could not be understood are left out
    and counted in `skipped`.
    """

    project_id: ProjectId
    ownership: Mapping[UUID, UserRef] = field(default_factory=lambda: MappingProxyType({}))
    active: frozenset[UserRef] = frozenset()
    events: tuple[FeedMessage, ...] = ()
    observing: bool = False
    skipped: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProjectNotice:
    """Words about a project for the people in it, such as that a track is about to be handed over."""

    project_id: ProjectId
    user: UserRef
    message: str
    kind: str = "ownership"
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerRefused:
    """The server answers that it can't or won't. `message` is its own, without control characters."""

    message: str
    details: str | None = None
    project_id: ProjectId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A frame of a type that changes nothing here. `size` is its length in characters.

    `is_known` tells a type of the protocol from one that nobody has heard of.
    """

    type: str
    project_id: ProjectId | None = None
    user: UserRef | None = None
    at: datetime | None = None
    is_known: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that can't be understood. `reason` is half a sentence and repeats nothing of the frame."""

    reason: str


FeedMessage: TypeAlias = (
    UserJoined
    | UserLeft
    | OwnershipClaimed
    | OwnershipReleased
    | SyncRequested
    | StateSynced
    | ProjectNotice
    | ServerRefused
    | Unknown
)

Sendable: TypeAlias = (
    UserJoined
    | UserLeft
    | OwnershipClaimed
    | OwnershipReleased
    | SyncRequested
    | StateSynced
    | ProjectNotice
    | ServerRefused
)
"""What `encode` takes: everything but what was not understood."""
