"""What a client's frame leads to: joins, claims, releases, the state of a project, and frames passed on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import AppError, FeedRefusedError
from syncsphere_desktop.feed.messages import (
    Malformed,
    OwnershipClaimed,
    OwnershipReleased,
    ProjectNotice,
    ServerRefused,
    StateSynced,
    SyncRequested,
    Unknown,
    UserJoined,
    UserLeft,
    UserRef,
)
from syncsphere_desktop.feed.server.client import Client, Member
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import BoxChanged, Done, Held, OwnershipBook
from syncsphere_desktop.feed.server.presence import Presence
from syncsphere_desktop.feed.server.room import Room
from syncsphere_desktop.feed.server.rooms import Rooms
from syncsphere_desktop.feed.wire import encode, parse

_STANDING_SECONDS = 10.0
"""For so long a role is believed before it is read again."""


class Desk:
    """Answers frames. A refusal is an ERROR frame to the one who asked, never an end of the connection."""

    def __init__(self, book: OwnershipBook, rooms: Rooms, presence: Presence, limits: Limits) -> None:
        self._book = book
        self._rooms = rooms
        self._presence = presence
        self._limits = limits

    async def handle(self, client: Client, frame: str | bytes) -> None:
        """Do what a frame asks for, and answer it."""
        message = parse(frame)
        project = None if isinstance(message, Malformed) else message.project_id
        try:
            match message:
                case UserJoined():
                    await self._join(client, message)
                case UserLeft():
                    self._leave(client, message.project_id, message.user)
                case SyncRequested():
                    await self._sync(client, message)
                case OwnershipClaimed():
                    await self._claim(client, message)
                case OwnershipReleased():
                    await self._release(client, message)
                case ProjectNotice():
                    self._announce(client, message.project_id, frame)
                case Unknown():
                    self._pass_on(client, message, frame)
                case Malformed():
                    raise FeedRefusedError(f"The frame can't be understood: {message.reason}.")
                case _:
                    raise FeedRefusedError("Only a server sends frames of this type.")
        except AppError as error:
            client.tell(encode(ServerRefused(error.message, project_id=project)))

    def leave_everything(self, client: Client) -> None:
        """Take a client that is gone out of every project."""
        for project in [*client.members, *client.observes]:
            self._take_out(client, project, "disconnect")

    async def _join(self, client: Client, message: UserJoined) -> None:
        project, user = message.project_id, _numbered(message.user)
        standing = await self._book.standing(project, user)
        if standing.role is None:
            raise FeedRefusedError(f"“{standing.username}” does not take part in the project {project}.")
        async with self._rooms.entering(project) as room:
            if not client.is_open:
                return
            before = client.members.get(project)
            if before is None:
                self._refuse_too_many(client)
            self._let_in(client, room)
            client.members[project] = Member(user, standing)
            if before is None or before.user != user:
                self._presence.enter(project, user, standing.username)
            if before is not None and before.user != user:
                self._presence.leave(project, before.user, "disconnect")
            client.tell(self._state(room, observing=False))

    async def _sync(self, client: Client, message: SyncRequested) -> None:
        project = message.project_id
        async with self._rooms.entering(project) as room:
            if not client.is_open:
                return
            if message.observe and project not in client.observes:
                self._refuse_too_many(client)
                self._let_in(client, room)
                client.observes.add(project)
            client.tell(self._state(room, observing=project in client.observes))

    def _let_in(self, client: Client, room: Room) -> None:
        room.flush()  # what is older than the state that the client gets now is not for it
        room.clients.add(client)

    def _refuse_too_many(self, client: Client) -> None:
        most = self._limits.projects_a_client
        if len(client.members) + len(client.observes) >= most:
            raise FeedRefusedError(f"One connection can follow {most} projects at most.")

    def _leave(self, client: Client, project: ProjectId, user: UserRef) -> None:
        member = client.members.get(project)
        if member is None or member.user != user:
            raise FeedRefusedError("Nobody of that name has joined this project on this connection.")
        self._take_out(client, project, "left")

    def _take_out(self, client: Client, project: ProjectId, reason: str) -> None:
        member = client.members.pop(project, None)
        is_gone = reason == "disconnect"
        if is_gone:
            client.observes.discard(project)
        if project not in client.observes:
            self._rooms.take_out(client, project)
        if member is not None:
            self._presence.leave(project, member.user, reason)

    async def _claim(self, client: Client, message: OwnershipClaimed) -> None:
        project, box = message.project_id, message.box_uuid
        user = await self._entitled(client, message, message.owner)
        with self._rooms.awaiting(project, box):
            outcome = await self._book.claim(project, box, user)
            if isinstance(outcome, Held):
                self._tell_truth(client, project, box, outcome)
            elif not outcome.changed:
                client.tell(encode(OwnershipClaimed(project, box, user, user)))
        self._settle(outcome, BoxChanged(project, box, user, None, datetime.now(UTC)))

    async def _release(self, client: Client, message: OwnershipReleased) -> None:
        project, box = message.project_id, message.box_uuid
        user = await self._entitled(client, message, message.owner)
        with self._rooms.awaiting(project, box):
            outcome = await self._book.release(project, box, user)
            if isinstance(outcome, Held):
                self._tell_truth(client, project, box, outcome)
            elif not outcome.changed:
                client.tell(encode(OwnershipReleased(project, box, user, user)))
        self._settle(outcome, BoxChanged(project, box, None, user, datetime.now(UTC)))

    def _settle(self, outcome: Done | Held, change: BoxChanged) -> None:
        """Have a change told here where the table won't tell it, or stop waiting for what it won't tell."""
        if isinstance(outcome, Done) and outcome.changed:
            if not self._book.tells_at_once:
                self._rooms.apply(change)
        else:
            self._rooms.confirm(change.project_id, change.box_uuid)

    async def _entitled(
        self, client: Client, message: OwnershipClaimed | OwnershipReleased, owner: UserRef | None
    ) -> UserId:
        member = client.members.get(message.project_id)
        if member is None or message.user not in (None, member.user):
            raise FeedRefusedError(
                "Boxes are claimed and released by who has joined the project on the same connection."
            )
        if owner is not None and owner != member.user:
            raise FeedRefusedError("Everybody claims and releases boxes for themselves alone.")
        if time.monotonic() > member.checked_at + _STANDING_SECONDS:
            member.standing = await self._book.standing(message.project_id, member.user)
            member.checked_at = time.monotonic()
        if not member.standing.may_claim:
            raise FeedRefusedError(
                f"“{member.standing.username}” may watch this project, not hold its boxes."
            )
        return member.user

    def _tell_truth(self, client: Client, project: ProjectId, box: UUID, held: Held) -> None:
        """Refuse, and say who holds the box in truth: the client may have shown itself as its owner."""
        names = " and ".join(f"user {user}" for user in held.by)
        client.tell(encode(ServerRefused(f"The box {box} is held by {names}.", project_id=project)))
        for user in reversed(held.by):
            client.tell(encode(OwnershipClaimed(project, box, user, user)))

    def _pass_on(self, client: Client, message: Unknown, frame: str | bytes) -> None:
        if message.size > self._limits.relayed_bytes:
            raise self._too_long()
        member = None if message.project_id is None else client.members.get(message.project_id)
        if message.project_id is None or member is None or message.user not in (None, member.user):
            raise FeedRefusedError("Frames are passed on for who has joined the project they name.")
        self._relay(message.project_id, frame)

    def _announce(self, client: Client, project: ProjectId, frame: str | bytes) -> None:
        """Pass on words for the people of a project; an admin who only observes it has some, too."""
        if project not in client.members and project not in client.observes:
            raise FeedRefusedError("Only who has joined or observes a project can tell its people something.")
        if len(frame) > self._limits.relayed_bytes:
            raise self._too_long()
        self._relay(project, frame)

    def _relay(self, project: ProjectId, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode()
        self._rooms.tell(project, text)
        self._presence.relay(project, text)

    def _too_long(self) -> FeedRefusedError:
        most = self._limits.relayed_bytes
        return FeedRefusedError(f"Frames of more than {most:,} characters are not passed on.")

    def _state(self, room: Room, *, observing: bool) -> str:
        active = self._presence.active(room.project_id)
        return encode(
            StateSynced(room.project_id, room.state(), frozenset[UserRef](active), observing=observing)
        )


def _numbered(user: UserRef) -> UserId:
    if isinstance(user, str):
        raise FeedRefusedError("Users are named by their number in the studio.")
    return user
