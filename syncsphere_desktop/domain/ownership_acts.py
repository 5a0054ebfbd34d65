"""Tracks that change hands by an admin: what is asked for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import HeldRow
from syncsphere_desktop.domain.text import checked_text

REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class HeldBox:
    """One row that an act is about, with the names that are said of it.

    `row` is None where `box_uuid` has no row yet: it is added for whoever gets it.
    """

    project_id: ProjectId | None
    project_name: str | None
    box_uuid: UUID
    row: HeldRow | None
    owner_name: str | None = None


@dataclass(frozen=True, slots=True)
class NotAssigned:
    """A row that did not change hands, as somebody else was faster: another owner has it, or it is gone.

    `box_uuid` is None where nobody knows any more which box it was.
    """

    row_id: OwnershipId | None
    box_uuid: UUID | None
    expected: UserId | None
    found: UserId | None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class AssignedRow:
    """A row that changed hands."""

    row_id: OwnershipId
    project_id: ProjectId | None
    box_uuid: UUID
    owner_id: UserId | None
    previous_owner_id: UserId | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """What changed hands in one transaction, and what did not.

    `entry_id` is one of its entries in the audit log, by which all of it can be taken back; None where no
    log is kept that can be read.
    """

    changed: tuple[AssignedRow, ...] = ()
    conflicts: tuple[NotAssigned, ...] = ()
    entry_id: int | None = None


def checked_reason(reason: str) -> str:
    """Return a reason as it will be stored; raises InputError (field `reason`)."""
    return checked_text(reason, field="reason", label="A reason", maximum=REASON_MAX, required=True)
