"""What the feed says of the projects that are shown: claims, who is present, and its own account of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership_agreement import FeedAccount
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.domain.ownership_picture import Said
from syncsphere_desktop.domain.presence import UNKNOWN_PRESENCE, PersonRef, Presence, Roster
from syncsphere_desktop.feed.messages import (
    OwnershipClaimed,
    OwnershipReleased,
    ServerRefused,
    StateSynced,
    UserJoined,
    UserLeft,
)
from syncsphere_desktop.feed.state import Connected, Disconnected, FeedEvent, Overflowed

_DROPPED = "disconnect"
"""The reason that servers give for somebody whose socket broke."""


@dataclass(slots=True)
class Heard:
    """What a batch of the feed came to.

    `claims` are what was said of boxes; `read` are projects whose
    table is to be read because the feed may have left something out; `ask` those whose state is to be asked
    for again; `present` those in which somebody came or went.
    """

    claims: defaultdict[ProjectId, list[Said]] = field(default_factory=lambda: defaultdict(list))
    read: set[ProjectId] = field(default_factory=set)
    ask: set[ProjectId] = field(default_factory=set)
    present: set[ProjectId] = field(default_factory=set)


class FeedHearing:
    """Listens for some projects and passes over the rest."""

    def __init__(self) -> None:
        self._accounts: dict[ProjectId, FeedAccount] = {}
        self._rosters: dict[ProjectId, Roster] = {}
        self._gone: dict[ProjectId, float] = {}
        self._refusal: str | None = None

    @property
    def refusal(self) -> str | None:
        """What the server said the last time that it would not tell its state; None once it did."""
        return self._refusal

    def limit_to(self, projects: Iterable[ProjectId]) -> None:
        """Listen for these projects only."""
        wanted = set(projects)
        for kept in (self._accounts, self._rosters, self._gone):
            for project_id in [project_id for project_id in kept if project_id not in wanted]:
                kept.pop(project_id)
        for project_id in wanted:
            self._accounts.setdefault(project_id, FeedAccount())
            self._rosters.setdefault(project_id, Roster())

    def account(self, project_id: ProjectId) -> FeedAccount | None:
        """Return what the feed says of a project, or None where it is not listened for."""
        return self._accounts.get(project_id)

    def presence(self, project_id: ProjectId) -> Presence:
        """Return who is in a project."""
        roster = self._rosters.get(project_id)
        return UNKNOWN_PRESENCE if roster is None else roster.presence()

    def hear(self, batch: Sequence[FeedEvent], now: Moment) -> Heard:
        """Take in a batch of the feed."""
        heard = Heard()
        for event in batch:
            match event:
                case OwnershipClaimed() | OwnershipReleased():
                    self._hear_claim(event, heard, now)
                case StateSynced():
                    self._hear_state(event, heard, now)
                case UserJoined() | UserLeft():
                    self._hear_person(event, heard, now)
                case Connected(projects=projects):
                    heard.read |= projects & self._accounts.keys()
                    for project_id in projects:
                        self._gone.pop(project_id, None)
                case Disconnected(projects=projects):
                    self._lose(projects & self._accounts.keys(), now)
                case Overflowed():
                    self._lose(self._accounts.keys(), now)
                    self._gone.clear()
                    heard.read |= self._accounts.keys()
                    heard.ask |= self._accounts.keys()
                case ServerRefused(message=message):
                    self._refusal = message
                case _:
                    pass
        return heard

    def age(self, now: Moment, forget_after: float) -> set[ProjectId]:
        """Take out who left or fell silent; returns the projects in which that changed something."""
        changed: set[ProjectId] = set()
        for project_id, roster in self._rosters.items():
            lost_at = self._gone.get(project_id)
            is_lost = lost_at is not None and now.seconds - lost_at > forget_after
            if roster.lost() if is_lost else roster.aged(now):
                changed.add(project_id)
        return changed

    def lose_all(self, now: Moment) -> None:
        """The feed is not followed any more."""
        self._lose(self._accounts.keys(), now)

    def _lose(self, projects: Iterable[ProjectId], now: Moment) -> None:
        for project_id in projects:
            self._accounts[project_id].lost()
            self._gone.setdefault(project_id, now.seconds)

    def _hear_claim(self, event: OwnershipClaimed | OwnershipReleased, heard: Heard, now: Moment) -> None:
        account = self._accounts.get(event.project_id)
        if account is None:
            return
        owner = event.owner if isinstance(event, OwnershipClaimed) else None
        account.told(event.box_uuid, owner, now)
        if event.user is not None:
            self._rosters[event.project_id].heard(event.user, now)
        self._claim(event.project_id, event.box_uuid, owner, event.at, heard)

    def _claim(
        self,
        project_id: ProjectId,
        box_uuid: UUID,
        owner: PersonRef | None,
        at: datetime | None,
        heard: Heard,
    ) -> None:
        if isinstance(owner, str):
            heard.read.add(project_id)  # nobody of the studio; the table says who it is
        else:
            heard.claims[project_id].append((box_uuid, owner, at))

    def _hear_state(self, event: StateSynced, heard: Heard, now: Moment) -> None:
        account = self._accounts.get(event.project_id)
        if account is None:
            return
        self._refusal = None
        before = None if account.synced_at is None else dict(account.owners)
        account.synced(event.ownership, now)
        if before is None:
            heard.read.add(event.project_id)
        else:
            for box_uuid in before.keys() | event.ownership.keys():
                owner = event.ownership.get(box_uuid)
                if before.get(box_uuid) != owner:
                    self._claim(event.project_id, box_uuid, owner, None, heard)
        self._gone.pop(event.project_id, None)
        if self._rosters[event.project_id].synced(event.active, now):
            heard.present.add(event.project_id)

    def _hear_person(self, event: UserJoined | UserLeft, heard: Heard, now: Moment) -> None:
        roster = self._rosters.get(event.project_id)
        if roster is None:
            return
        if isinstance(event, UserJoined):
            changed = roster.joined(event.user, now)
        else:
            changed = roster.left(event.user, now, dropped=event.reason == _DROPPED)
        if changed:
            heard.present.add(event.project_id)
