"""Whether the live feed and the table say the same of who holds what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.domain.ownership_picture import Picture
from syncsphere_desktop.domain.presence import PersonRef

SETTLE_SECONDS = 2.0
"""How long both must have said the same thing of a box before it counts as a difference."""
DIFFERENCES_SHOWN = 500
_BOXES_KEPT = 100_000
"""Of one project by the feed; a server that names more is not compared."""


class AgreementState(StrEnum):
    """What is known of feed and table together."""

    AGREE = "agree"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """A box of which feed and table say different things, both at rest. None and () stand for nobody."""

    project_id: ProjectId
    box_uuid: UUID
    feed_owner: PersonRef | None
    table_owners: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The outcome of comparing feed and table.

    `total` counts the differences, of which `differences` holds the first ones. `reason` says in a sentence
    why it is unknown. `checked_at` has a zone.
    """

    state: AgreementState = AgreementState.UNKNOWN
    differences: tuple[Difference, ...] = ()
    total: int = 0
    checked_at: datetime | None = None
    reason: str = "Feed and table were not compared yet."


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs in one project, and the seconds until something can be said of boxes that just moved."""

    differences: tuple[Difference, ...] = ()
    settles_in: float | None = None


class FeedAccount:
    """What the feed says of one project: its answer to a request for the state, and the frames since."""

    def __init__(self) -> None:
        self._owners: dict[UUID, PersonRef] = {}
        self._moved: dict[UUID, float] = {}
        self._synced_at: Moment | None = None

    @property
    def synced_at(self) -> Moment | None:
        """When the server last told the whole state; None where it has not, or the connection broke since."""
        return self._synced_at

    @property
    def owners(self) -> Mapping[UUID, PersonRef]:
        """Who holds what by the feed; boxes that are not named are free."""
        return self._owners

    def synced(self, ownership: Mapping[UUID, PersonRef], now: Moment) -> None:
        """The server told the whole state."""
        if len(ownership) > _BOXES_KEPT:
            self.lost()
            return
        old = self._owners
        moved = (
            {uuid for uuid in {*old, *ownership} if old.get(uuid) != ownership.get(uuid)}
            if self._synced_at is not None
            else set()
        )
        self._owners = dict(ownership)
        self._moved.update(dict.fromkeys(moved, now.seconds))
        self._synced_at = now
        self._forget_rest(now)

    def told(self, box_uuid: UUID, owner: PersonRef | None, now: Moment) -> None:
        """A frame told of a box; before the first whole state it says nothing of the rest."""
        if self._synced_at is None:
            return
        if owner is None:
            self._owners.pop(box_uuid, None)
        elif len(self._owners) < _BOXES_KEPT or box_uuid in self._owners:
            self._owners[box_uuid] = owner
        self._moved[box_uuid] = now.seconds
        if len(self._moved) > _BOXES_KEPT:
            self._forget_rest(now)

    def lost(self) -> None:
        """The connection broke: what was told meanwhile is not known."""
        self._owners = {}
        self._moved = {}
        self._synced_at = None

    def compare(self, picture: Picture, now: Moment) -> Comparison:
        """Return what differs from the table's word; boxes that moved a moment ago are left for later."""
        table = picture.owners()
        found: list[Difference] = []
        latest: float | None = None
        for uuid in {*table, *self._owners}:
            owners = table.get(uuid, ())
            owner = self._owners.get(uuid)
            if owner in owners if owner is not None else not owners:
                continue
            moved = self._moved.get(uuid, float("-inf"))
            box = picture.boxes.get(uuid)
            if box is not None:
                moved = max(moved, box.learnt.seconds if box.past else moved, box.noticed)
                if box.claim is not None:
                    moved = max(moved, box.claim.heard)
            if now.seconds - moved < SETTLE_SECONDS:
                latest = moved if latest is None else max(latest, moved)
            else:
                found.append(Difference(picture.project_id, uuid, owner, owners))
        found.sort(key=lambda difference: difference.box_uuid)
        return Comparison(tuple(found), None if latest is None else latest + SETTLE_SECONDS - now.seconds)

    def _forget_rest(self, now: Moment) -> None:
        self._moved = {
            uuid: moved for uuid, moved in self._moved.items() if now.seconds - moved < SETTLE_SECONDS
        }
