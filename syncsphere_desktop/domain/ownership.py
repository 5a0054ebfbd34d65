"""Who holds which track of a project.

Ownership hangs on boxes: a box is a track, or a whole unit with its tracks, known by its UUID. `track_index`
is what a service once wrote beside it; nothing is ever matched by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, RowVersion, UserId


@dataclass(frozen=True, slots=True)
class BoxOwnership:
    """A row of `box_ownership`. The table allows several rows for one box: that is shown, not hidden."""

    id: OwnershipId
    project_id: ProjectId | None
    project_name: str | None
    box_uuid: UUID
    track_index: int | None
    owner_id: UserId | None
    owner_name: str | None
    created_at: datetime | None
    updated_at: datetime | None
    row_version: RowVersion


class HoldingState(StrEnum):
    """Whether a box has one owner, none, or several at once."""

    HELD = "held"
    UNOWNED = "unowned"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Holding:
    """All rows of `box_ownership` for one box of one project, taken together.

    `owners` are the distinct ones in the order of their rows. `since` is when the newest of the rows was
    written, with a zone; None where it does not say. `row_owners` has the owner of each of `row_ids`.
    `project_id` is None for rows that name no project.
    """

    box_uuid: UUID
    owners: tuple[UserId, ...]
    since: datetime | None = None
    row_ids: tuple[OwnershipId, ...] = ()
    track_index: int | None = None
    project_id: ProjectId | None = None
    row_owners: tuple[UserId | None, ...] = ()

    @property
    def owner(self) -> UserId | None:
        """Return who holds the box; None where nobody does, the owner of its first row where several do."""
        return self.owners[0] if self.owners else None

    @property
    def state(self) -> HoldingState:
        """Return whether it has one owner, none or several."""
        if not self.owners:
            return HoldingState.UNOWNED
        return HoldingState.HELD if len(self.owners) == 1 else HoldingState.CONTESTED

    @property
    def rows(self) -> tuple[HeldRow, ...]:
        """Return its rows with their owners, as they are when they are given to somebody else."""
        return tuple(HeldRow(row, owner) for row, owner in zip(self.row_ids, self.row_owners, strict=True))


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row of `box_ownership` and the owner it had when it was read: it changes hands from that one only."""

    id: OwnershipId
    owner_id: UserId | None


class ChangeSource(StrEnum):
    """What told of a change: the feed, a notice of the database, reading the table, or our own doing."""

    FEED = "feed"
    NOTICE = "notice"
    TABLE = "table"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class OwnershipChange:
    """A box got another owner, or none. `at` has a zone.

    `row_id` is the row of `box_ownership` where it is known; `gone` says that the row was removed. Where a
    box has several rows one change says nothing of the others: read the project again then.
    """

    at: datetime
    project_id: ProjectId
    box_uuid: UUID
    owner_id: UserId | None
    previous_owner_id: UserId | None
    source: ChangeSource
    row_id: OwnershipId | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """More changed than was told: read this project again, or with None everything that is shown."""

    project_id: ProjectId | None = None


OwnershipNews = OwnershipChange | ReadAgain


@dataclass(frozen=True, slots=True)
class Claimed:
    """The box is the claimer's. `already` says that it was before, so that nothing changed."""

    row_id: OwnershipId
    already: bool = False


@dataclass(frozen=True, slots=True)
class HeldBy:
    """The box is held by others, the owners of its rows, and stays theirs."""

    owners: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """The box has no owner any more."""

    row_ids: tuple[OwnershipId, ...]


class GridTrackKind(StrEnum):
    """What a box of the grid is."""

    NOTES = "notes"
    AUDIO = "audio"
    AUTOMATION = "automation"
    UNIT = "unit"
    """A mixer channel as a whole, whose tracks follow it."""
    BUS = "bus"
    """A mixer channel that others run into: a bus, an aux or the output."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GridTrack:
    """A row of the grid. `position` counts from 0 through all of a project's, in the order of the timeline.

    `unit` is the name of the mixer channel and `unit_uuid` its box, those of the unit itself included; both
    are None where the box is in no bundle. `icon` is what the project's file calls the unit's picture.
    """

    box_uuid: UUID
    position: int
    name: str
    unit: str | None
    kind: GridTrackKind
    in_bundle: bool = True
    unit_uuid: UUID | None = None
    icon: str | None = None


def unknown_track_name(box_uuid: UUID) -> str:
    """Return what a box is called that no bundle knows: `Box 3f2a91c0`."""
    return f"Box {str(box_uuid)[:8]}"


def holding_of(rows: Sequence[tuple[OwnershipId, UserId | None]], box_uuid: UUID) -> Holding:
    """Return a box's holding from the ids and owners of its rows, in the order of the ids."""
    ordered = sorted(rows, key=lambda row: row[0])
    owners = tuple(dict.fromkeys(owner for _row, owner in ordered if owner is not None))
    return Holding(
        box_uuid,
        owners,
        row_ids=tuple(row for row, _owner in ordered),
        row_owners=tuple(owner for _row, owner in ordered),
    )
