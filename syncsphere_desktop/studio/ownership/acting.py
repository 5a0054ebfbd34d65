"""Releasing tracks, handing them over, claiming them for somebody: told before, done after a while, audited.

An act is planned first, which reads whose tracks it is about and says so in a sentence. Carrying it out tells
the owners through the live feed where there is one, lets a grace time pass in which it can be called off by
cancelling, and then changes what is still as it was planned. Others read in the table what became of it, and
are told through the feed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import ChangeSource, OwnershipChange
from syncsphere_desktop.domain.ownership_acts import Assignment, HeldBox, checked_reason
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import ConflictError, InputError

_NAMED = 3
"""So many owners are named in a sentence; of more, how many they are."""


class OwnershipStore(Protocol):
    """What acting needs of the table; met by the database's repository."""

    async def boxes_of(
        self,
        *,
        project_id: ProjectId | None = None,
        owner_id: UserId | None = None,
        boxes: Collection[UUID] | None = None,
        row_ids: Collection[OwnershipId] | None = None,
        held_only: bool = False,
    ) -> tuple[HeldBox, ...]: ...
    async def assign(self, boxes: Sequence[HeldBox], to: UserId | None, reason: str) -> Assignment: ...


class OwnerTelling(Protocol):
    """Tells people of an act through the live feed; what can't be told is not an error."""

    async def announce(self, plan: ActPlan, grace: float) -> int:
        """Tell the owners that their tracks change hands in `grace` seconds; return how many were told."""
        ...

    async def done(self, changes: Sequence[OwnershipChange]) -> None:
        """Tell everybody of boxes that changed hands; the table has it already."""
        ...


@dataclass(frozen=True, slots=True)
class ActScope:
    """Which tracks an act is about: those that all that is given narrows down.

    `boxes` are of `project_id`; those without a row can be claimed for somebody.
    """

    project_id: ProjectId | None = None
    owner_id: UserId | None = None
    boxes: tuple[UUID, ...] | None = None
    row_ids: tuple[OwnershipId, ...] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing narrows it down."""
        return (self.project_id, self.owner_id, self.boxes, self.row_ids) == (None, None, None, None)


@dataclass(frozen=True, slots=True)
class ActPlan:
    """An act that was looked at and not yet done. `to` is None for a release."""

    boxes: tuple[HeldBox, ...]
    to: User | None
    reason: str

    @property
    def owners(self) -> tuple[UserId, ...]:
        """Return everybody who loses a track by it."""
        held = (box.row.owner_id for box in self.boxes if box.row is not None)
        return tuple(dict.fromkeys(owner for owner in held if owner is not None))

    @property
    def sentence(self) -> str:
        """Return what it will touch, such as `Releases 7 tracks of ada in “Song”.`."""
        tracks = counted(len({(box.project_id, box.box_uuid) for box in self.boxes}), "track")
        names = Counter(_owner_name(box) for box in self.boxes if _owner_name(box) is not None)
        whose = [str(name) for name, _count in names.most_common()]
        if any(_owner_name(box) is None for box in self.boxes):
            whose.append("nobody")
        of = f" of {_listed(whose, 'people')}" if names else ""
        projects = list(dict.fromkeys(_project_name(box) for box in self.boxes))
        where = f" in {_listed(projects, 'projects')}" if projects else ""
        if self.to is None:
            return f"Releases {tracks}{of}{where}."
        if not names:
            return f"Claims {tracks}{where} for {self.to.username}."
        return f"Hands {tracks}{of}{where} over to {self.to.username}."


@dataclass(frozen=True, slots=True)
class ActReport:
    """What became of an act; `told` counts the owners who could be told before."""

    assignment: Assignment
    told: int
    sentence: str


Tick = Callable[[float], None]
"""Hears how many seconds of grace are left."""


class OwnershipActs:
    """Plans and carries out what an admin does with tracks."""

    def __init__(self, store: OwnershipStore, telling: OwnerTelling | None = None) -> None:
        self._store = store
        self._telling = telling

    async def plan(self, scope: ActScope, to: User | None, reason: str) -> ActPlan:
        """Look at which tracks an act would be about; those that `to` holds alone already are left out.

        Raises InputError (field `reason`; `scope` where nothing narrows it down), AppError.
        """
        words = checked_reason(reason)
        if scope.is_everything:
            raise InputError("Say whose tracks, or those of which project.", field="scope")
        found = await self._store.boxes_of(
            project_id=scope.project_id,
            owner_id=scope.owner_id,
            boxes=scope.boxes,
            row_ids=scope.row_ids,
            held_only=to is None,
        )
        wanted = None if to is None else to.id
        due = tuple(box for box in found if box.row is None or box.row.owner_id != wanted)
        return ActPlan(due, to, words)

    async def carry_out(self, plan: ActPlan, grace: float = 0.0, on_tick: Tick | None = None) -> ActReport:
        """Tell the owners, wait `grace` seconds, and do it in one transaction.

        Cancelling before the end of the grace changes nothing. Raises ConflictError where all the tracks
        changed hands meanwhile; where some did, those stay as they are and the report says so.
        """
        told = await self._announce(plan, grace)
        await _wait(grace, on_tick)
        assignment = await self._store.assign(
            plan.boxes, None if plan.to is None else plan.to.id, plan.reason
        )
        if assignment.conflicts and not assignment.changed:
            raise _conflict(plan, assignment)
        if self._telling is not None and assignment.changed:
            await self._telling.done(_changes(assignment))
        return ActReport(assignment, told, _outcome(plan, assignment))

    async def _announce(self, plan: ActPlan, grace: float) -> int:
        if self._telling is None or not plan.owners:
            return 0
        return await self._telling.announce(plan, grace)


async def _wait(seconds: float, on_tick: Tick | None) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        if on_tick is not None:
            on_tick(left)
        await asyncio.sleep(min(left, left % 1 or 1.0))


def _changes(assignment: Assignment) -> tuple[OwnershipChange, ...]:
    now = datetime.now(UTC)
    return tuple(
        OwnershipChange(
            now,
            row.project_id,
            row.box_uuid,
            row.owner_id,
            row.previous_owner_id,
            ChangeSource.OWN,
            row.row_id,
        )
        for row in assignment.changed
        if row.project_id is not None
    )


def _outcome(plan: ActPlan, assignment: Assignment) -> str:
    tracks = counted(len(assignment.changed), "track")
    done = f"Released {tracks}." if plan.to is None else f"{plan.to.username} holds {tracks} now."
    stayed = len(assignment.conflicts)
    if not stayed:
        return done
    return f"{done} {counted(stayed, 'track')} changed hands meanwhile and stayed."


def _conflict(plan: ActPlan, assignment: Assignment) -> ConflictError:
    first = assignment.conflicts[0]
    many = len(assignment.conflicts) > 1
    what = f"All {counted(len(assignment.conflicts), 'track')}" if many else "The track"
    return ConflictError(
        f"{what} changed hands meanwhile; nothing was done.",
        base={"owner_id": first.expected},
        theirs={"owner_id": first.found},
        mine={"owner_id": None if plan.to is None else plan.to.id},
        their_version=0,
    )


def _owner_name(box: HeldBox) -> str | None:
    if box.row is None or box.row.owner_id is None:
        return None
    return box.owner_name or f"the user {box.row.owner_id}"


def _project_name(box: HeldBox) -> str:
    return f"“{box.project_name}”" if box.project_name is not None else "no project"


def _listed(names: Sequence[str], plural: str) -> str:
    if len(names) > _NAMED:
        return f"{len(names):,} {plural}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
