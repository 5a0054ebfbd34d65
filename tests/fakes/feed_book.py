"""A studio's ownership in memory, and a channel between the feed servers of one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import AppError, ConnectionLostError, NotFoundError
from syncsphere_desktop.feed.server.ports import (
    BookEvent,
    BookListener,
    BoxChanged,
    Done,
    Held,
    ReadAgain,
    Standing,
)


class InMemoryBook:
    """Who holds what, for any number of servers; changes are told in the order in which they are made."""

    def __init__(self, *, tells_at_once: bool = True) -> None:
        self.tells_at_once = tells_at_once
        self.names: dict[UserId, str] = {}
        self.roles: dict[ProjectId, dict[UserId, Role]] = {}
        self.boxes: dict[ProjectId, dict[UUID, UserId | None]] = {}
        self.failure: AppError | None = None
        self.reads = 0
        self._listeners: list[BookListener] = []

    def add_user(self, user: int, name: str, **roles: Role) -> None:
        """Add a user with roles in projects: `p7=Role.EDITOR`."""
        self.names[UserId(user)] = name
        for key, role in roles.items():
            self.roles.setdefault(ProjectId(int(key[1:])), {})[UserId(user)] = role

    async def standing(self, project_id: ProjectId, user_id: UserId) -> Standing:
        await self._answer()
        if project_id not in self.roles:
            raise NotFoundError(f"There is no project {project_id}.")
        if user_id not in self.names:
            raise NotFoundError(f"There is no user {user_id}.")
        return Standing(self.names[user_id], self.roles[project_id].get(user_id))

    async def claim(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:
        await self._answer()
        holder = self.boxes.setdefault(project_id, {}).get(box_uuid)
        if holder is not None and holder != user_id:
            return Held((holder,))
        if holder == user_id:
            return Done(changed=False)
        self.set(project_id, box_uuid, user_id, told=self.tells_at_once)
        return Done(changed=True)

    async def release(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:
        await self._answer()
        holder = self.boxes.setdefault(project_id, {}).get(box_uuid)
        if holder is None:
            return Done(changed=False)
        if holder != user_id:
            return Held((holder,))
        self.set(project_id, box_uuid, None, told=self.tells_at_once)
        return Done(changed=True)

    async def holdings(self, project_id: ProjectId) -> Mapping[UUID, UserId | None]:
        await self._answer()
        self.reads += 1
        if project_id not in self.roles:
            raise NotFoundError(f"There is no project {project_id}.")
        return dict(self.boxes.get(project_id, {}))

    def subscribe(self, listener: BookListener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def set(self, project_id: ProjectId, box: UUID, owner: UserId | None, *, told: bool = True) -> None:
        """Change the table as another service does; `told` is whether it is noticed at once."""
        boxes = self.boxes.setdefault(project_id, {})
        before, boxes[box] = boxes.get(box), owner
        if told:
            self.tell(BoxChanged(project_id, box, owner, before, datetime.now(UTC)))

    def go_away(self) -> None:
        """Have every call fail, as while the database restarts."""
        self.failure = ConnectionLostError("The connection to the server was lost.")

    def come_back(self) -> None:
        """Answer again, and say that something may have been missed."""
        self.failure = None
        self.tell(ReadAgain(None, after_gap=True))

    def tell(self, event: BookEvent) -> None:
        """Tell every server in its loop, a moment later as a database does."""
        for listener in list(self._listeners):
            asyncio.get_running_loop().call_soon(listener, [event])

    def tell_now(self, *events: BookEvent) -> None:
        """Tell every server before this returns."""
        for listener in list(self._listeners):
            listener(events)

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure


class InMemoryExchange:
    """Carries texts between the servers that share it, as a channel of the database does."""

    longest = 1000

    def __init__(self) -> None:
        self._listeners: list[Callable[[str], None]] = []

    def publish(self, text: str) -> None:
        assert len(text.encode()) <= self.longest
        for listener in list(self._listeners):
            asyncio.get_running_loop().call_soon(listener, text)

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
