"""What the feed server needs of the studio, met by the database and by the tests' fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to a project; `role` is None for a person that is not let in."""

    username: str
    role: Role | None

    @property
    def may_claim(self) -> bool:
        """Whether this person may hold boxes; whoever else is let in watches."""
        return self.role in (Role.OWNER, Role.EDITOR)


@dataclass(frozen=True, slots=True)
class Done:
    """A claim or release holds in the table now; `changed` is False where it did so before."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A claim or release was refused: others hold the box. Duplicate rows may name several, newest first."""

    by: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class BoxChanged:
    """A box has another owner now (None: nobody), and that is committed, by whoever."""

    project_id: ProjectId
    box_uuid: UUID
    owner_id: UserId | None
    previous_owner_id: UserId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """Changes may have gone unseen, in one project or with None in any."""

    project_id: ProjectId | None
    after_gap: bool = False
    """Whether the database was away: its clients are told the whole state again."""


BookEvent = BoxChanged | ReadAgain
BookListener = Callable[[Sequence[BookEvent]], None]


class OwnershipBook(Protocol):
    """The table of who holds what. Raises AppError, NotFoundError where a project or user is unknown."""

    @property
    def tells_at_once(self) -> bool:
        """Whether every change, also one made by `claim` or `release`, comes to listeners by itself."""
        ...

    async def standing(self, project_id: ProjectId, user_id: UserId) -> Standing: ...

    async def claim(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:
        """Give the box to the user if nobody else holds it; atomic over all servers."""
        ...

    async def release(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:
        """Take the box from the user; others that hold it go on doing so."""
        ...

    async def holdings(self, project_id: ProjectId) -> Mapping[UUID, UserId | None]: ...

    def subscribe(self, listener: BookListener) -> Callable[[], None]:
        """Call `listener` in the event loop, in the order of the commits; returns what ends that."""
        ...


class Exchange(Protocol):
    """Carries short texts between the servers of one database. What is lost is lost; nothing waits."""

    def publish(self, text: str) -> None:
        """Send a text of at most `longest` bytes to the others, and maybe to oneself."""
        ...

    @property
    def longest(self) -> int: ...

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]: ...
