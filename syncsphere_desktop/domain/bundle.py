"""A stored version of a project, without its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion, UserId


@dataclass(frozen=True, slots=True)
class BundleVersion:
    """A row of `project_bundles`; `size` is in bytes, which stay on the server."""

    id: BundleId
    project_id: ProjectId | None
    project_name: str | None
    version: int | None
    size: int
    created_by: UserId | None
    creator_name: str | None
    created_at: datetime | None
    row_version: RowVersion
