"""Users in memory, held to the contract of the database's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from syncsphere_desktop.domain.collaborator import Collaborator, Role
from syncsphere_desktop.domain.hand_over import EVERYTHING, HandOverCounts, Part, check_hand_over
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.impact import Leavings, UserImpact, refuse_removal
from syncsphere_desktop.domain.user import (
    USER_FIELDS,
    User,
    UserDraft,
    checked_email,
    checked_user_changes,
    checked_username,
)
from syncsphere_desktop.errors import DuplicateError, InputError, NotFoundError
from tests.fakes.rows import InMemoryRows, conflict_between
from tests.fakes.studio import InMemoryStudio

_RANK = {Role.OWNER: 3, Role.EDITOR: 2, Role.VIEWER: 1}


class InMemoryUsers:
    """A `UserStore` over an `InMemoryStudio`."""

    def __init__(self, studio: InMemoryStudio | None = None) -> None:
        self.studio = studio or InMemoryStudio()
        self.rows = InMemoryRows(
            self.studio.users,
            self.studio.gate,
            sort_keys={
                "username": lambda user: user.username,
                "email": lambda user: user.email,
                "id": lambda user: user.id,
                "created_at": lambda user: user.created_at,
                "updated_at": lambda user: user.updated_at,
            },
            search=lambda user: (user.username, user.email),
        )

    async def get(self, user_id: UserId) -> User:
        await self.studio.gate()
        return self.studio.user(user_id)

    async def find(self, text: str) -> User | None:
        await self.studio.gate()
        by_id = text.removeprefix("id:")
        found = [
            user
            for user in self.studio.users
            if (by_id.isascii() and by_id == str(user.id)) or text in {user.username, user.email}
        ]
        if len(found) > 1:
            raise InputError(f"“{text}” names several users.", field="user")
        return found[0] if found else None

    async def add(self, draft: UserDraft) -> User:
        await self.studio.gate()
        username, email = checked_username(draft.username), checked_email(draft.email)
        self._refuse_duplicates({"username": username, "email": email}, None)
        user = User(
            id=UserId(self.studio.users.take_id()),
            username=username,
            email=email,
            created_at=self.studio.now(),
            updated_at=self.studio.now(),
            row_version=self.studio.next_version(),
        )
        self.studio.password_hashes[user.id] = draft.password_hash
        return self.studio.users.put(user)

    async def update(self, base: User, changes: Mapping[str, object], *, undoes: int | None = None) -> User:
        await self.studio.gate()
        checked = checked_user_changes(changes)
        current = self.studio.users.get(base.id)
        if current is None:
            raise NotFoundError(f"The user “{base.username}” was deleted meanwhile.")
        if conflict := conflict_between(base, current, checked, USER_FIELDS, current.row_version):
            raise conflict
        if all(getattr(current, name) == value for name, value in checked.items()):
            return current
        self._refuse_duplicates(checked, base.id)
        return self.studio.users.put(
            replace(
                current,
                username=str(checked.get("username", current.username)),
                email=str(checked.get("email", current.email)),
                updated_at=self.studio.now(),
                row_version=self.studio.next_version(),
            )
        )

    async def set_password_hash(self, user: User, password_hash: str) -> User:
        await self.studio.gate()
        current = self.studio.users.get(user.id)
        if current is None:
            raise NotFoundError(f"The user “{user.username}” was deleted meanwhile.")
        self.studio.password_hashes[user.id] = password_hash
        return self.studio.users.put(
            replace(current, updated_at=self.studio.now(), row_version=self.studio.next_version())
        )

    async def impact(self, ids: Sequence[UserId]) -> UserImpact:
        await self.studio.gate()
        return self._impact(ids)

    async def hand_over(
        self, source: UserId, receiver: UserId, parts: Collection[Part] = EVERYTHING
    ) -> HandOverCounts:
        await self.studio.gate()
        check_hand_over(source, receiver, parts)
        self.studio.user(source)
        self.studio.user(receiver)
        return self._give(source, receiver, parts)

    async def remove(self, ids: Sequence[UserId], leavings: Leavings | None = None) -> UserImpact:
        await self.studio.gate()
        leavings = leavings or Leavings()
        for user_id in ids:
            if leavings.hand_over_to is not None:
                check_hand_over(user_id, leavings.hand_over_to, EVERYTHING)
            self.studio.user(user_id)
        impact = self._impact(ids)
        refuse_removal(impact, leavings)
        for user_id in ids:
            if leavings.hand_over_to is not None:
                self._give(user_id, leavings.hand_over_to, EVERYTHING)
            for held in (self.studio.uploads, self.studio.bundles, self.studio.boxes):
                held.pop(user_id, None)
            for row in self._memberships(user_id):
                self.studio.collaborators.drop(row.id)
            self.studio.users.drop(user_id)
        return impact

    def _give(self, source: UserId, receiver: UserId, parts: Collection[Part]) -> HandOverCounts:
        return HandOverCounts(
            projects=self._give_projects(source, receiver) if Part.PROJECTS in parts else 0,
            memberships=self._give_memberships(source, receiver) if Part.MEMBERSHIPS in parts else 0,
            audio_files=_move(self.studio.uploads, source, receiver) if Part.AUDIO in parts else 0,
            bundles=_move(self.studio.bundles, source, receiver) if Part.BUNDLES in parts else 0,
            boxes=_move(self.studio.boxes, source, receiver) if Part.BOXES in parts else 0,
        )

    def _give_projects(self, source: UserId, receiver: UserId) -> int:
        owned = [project for project in self.studio.projects if project.owner_id == source]
        for project in owned:
            self.studio.projects.put(
                replace(project, owner_id=receiver, row_version=self.studio.next_version())
            )
            self.studio.put_role(project.id, receiver, Role.OWNER)
            if self.studio.working(project.id, source) is not None:
                self.studio.put_role(project.id, source, Role.EDITOR)
        return len(owned)

    def _give_memberships(self, source: UserId, receiver: UserId) -> int:
        given = 0
        for row in self._memberships(source):
            if self.studio.project(row.project_id).owner_id == source:
                continue
            theirs = self.studio.working(row.project_id, receiver)
            if theirs is None:
                self.studio.collaborators.put(
                    replace(row, user_id=receiver, row_version=self.studio.next_version())
                )
            else:
                if _rank(row.role) > _rank(theirs.role):
                    self.studio.put_role(row.project_id, receiver, Role(str(row.role)))
                self.studio.collaborators.drop(row.id)
            given += 1
        return given

    def _impact(self, ids: Sequence[UserId]) -> UserImpact:
        return UserImpact(
            projects_owned=sum(project.owner_id in ids for project in self.studio.projects),
            collaborations=sum(row.user_id in ids for row in self.studio.collaborators),
            audio_files=sum(self.studio.uploads[user_id] for user_id in ids),
            bundles=sum(self.studio.bundles[user_id] for user_id in ids),
            boxes=sum(self.studio.boxes[user_id] for user_id in ids),
        )

    def _memberships(self, user_id: UserId) -> list[Collaborator]:
        return [row for row in self.studio.collaborators if row.user_id == user_id]

    def _refuse_duplicates(self, values: Mapping[str, object], own_id: UserId | None) -> None:
        for name, value in values.items():
            if any(getattr(user, name) == value for user in self.studio.users if user.id != own_id):
                label = "email address" if name == "email" else name
                raise DuplicateError(f"This {label} is taken already.", field=name)


def _move(held: Counter[UserId], source: UserId, receiver: UserId) -> int:
    number = held.pop(source, 0)
    held[receiver] += number
    return number


def _rank(role: str | None) -> int:
    return _RANK[Role(role)] if role in set(Role) else 0
