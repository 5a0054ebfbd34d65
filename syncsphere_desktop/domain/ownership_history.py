"""What happened to the ownership of tracks: events, who held what when, and how much went on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import Holding


class EventKind(StrEnum):
    """What happened to a row of `box_ownership`."""

    CLAIMED = "claimed"
    """It got an owner and had none, a new row with an owner included."""
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    """It got another owner."""
    ADDED = "added"
    """A row without an owner came."""
    REMOVED = "removed"
    """The row went, also with its project; `previous_owner_id` is who held it."""


@dataclass(frozen=True, slots=True)
class OwnershipEvent:
    """One row of the history. `at` has a zone.

    `database_role`, `application` and `origin` say who wrote, as the database saw them: `origin` is that of
    this app's connections, None for other services. Names are None where the row they stand in is gone.
    """

    id: int
    at: datetime
    project_id: ProjectId | None
    box_uuid: UUID
    kind: EventKind
    owner_id: UserId | None
    previous_owner_id: UserId | None
    database_role: str
    application: str
    origin: str | None
    row_id: OwnershipId | None = None
    project_name: str | None = None
    owner_name: str | None = None
    previous_owner_name: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryState:
    """Whether the history can be read, whether changes are recorded now, and how far back it goes.

    `reason` is a sentence where something of it is missing.
    """

    readable: bool
    recording: bool
    since: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody held a box from `start` to `end`; an `end` of None is still so at the end of the window.

    `start` is None where it began before the history does.
    """

    owner_id: UserId
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Lane:
    """Who held one box over a window of time, in the order of time; overlaps where it had several rows."""

    box_uuid: UUID
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """How many events a project had in each of equal parts of a window of time."""

    project_id: ProjectId | None
    project_name: str | None
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return the events of the whole window."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class RowEvent:
    """What lanes are made of: one event of one row, without who wrote it."""

    row_id: OwnershipId
    box_uuid: UUID
    at: datetime
    owner_id: UserId | None
    previous_owner_id: UserId | None


def lanes_of(
    start: Sequence[Holding], events: Iterable[RowEvent], *, window_start: datetime
) -> tuple[Lane, ...]:
    """Return each box's spans from what was held at `window_start` and the events after it, by time.

    A span that had begun before the window keeps its own start where that is known.
    """
    spans: dict[UUID, list[Span]] = {holding.box_uuid: [] for holding in start}
    open_: dict[OwnershipId, tuple[UUID, UserId, datetime | None]] = {}
    for holding in start:
        for row in holding.rows:
            if row.owner_id is not None:
                open_[row.id] = (holding.box_uuid, row.owner_id, holding.since)
    seen = {row.id for holding in start for row in holding.rows}
    for event in events:
        before = open_.pop(event.row_id, None)
        if before is None and event.row_id not in seen and event.previous_owner_id is not None:
            before = (event.box_uuid, event.previous_owner_id, None)
        seen.add(event.row_id)
        spans.setdefault(event.box_uuid, [])
        if before is not None:
            box, owner, began = before
            spans.setdefault(box, []).append(Span(owner, began, event.at))
        if event.owner_id is not None:
            open_[event.row_id] = (event.box_uuid, event.owner_id, event.at)
    for box, owner, began in open_.values():
        spans.setdefault(box, []).append(Span(owner, began, None))
    return tuple(
        Lane(box, tuple(sorted(found, key=lambda span: span.start or window_start)))
        for box, found in spans.items()
    )
