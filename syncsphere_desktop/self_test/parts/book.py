"""Who holds what, in memory: what a feed server needs of a studio, for two people in one project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.server.ports import BookListener, Done, Held, Standing


class Book:
    """Lets everybody in as an editor."""

    def __init__(self) -> None:
        self._owners: dict[UUID, UserId] = {}

    @property
    def tells_at_once(self) -> bool:
        """The server tells of what it wrote itself."""
        return False

    async def standing(self, project_id: ProjectId, user_id: UserId) -> Standing:  # noqa: ARG002
        """Return a standing that allows claims."""
        return Standing(f"user{user_id}", Role.EDITOR)

    async def claim(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:  # noqa: ARG002
        """Give the box to the user if nobody else holds it."""
        owner = self._owners.setdefault(box_uuid, user_id)
        return Done(changed=True) if owner == user_id else Held((owner,))

    async def release(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:  # noqa: ARG002
        """Take the box from the user."""
        return Done(changed=self._owners.pop(box_uuid, None) == user_id)

    async def holdings(self, project_id: ProjectId) -> Mapping[UUID, UserId | None]:  # noqa: ARG002
        """Return all boxes that are held."""
        return dict(self._owners)

    def subscribe(self, listener: BookListener) -> Callable[[], None]:  # noqa: ARG002
        """Nobody else changes this book, so there is nothing to tell."""
        return lambda: None
