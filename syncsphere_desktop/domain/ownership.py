"""Who holds which track of a project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
