"""What decoding all of a stored version told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion


class CheckState(StrEnum):
    """How a version was found."""

    SOUND = "sound"
    """Every entry has the bytes that its checksum was made of, and the project in it was read whole."""
    DAMAGED = "damaged"
    UNKNOWN = "unknown"
    """Its files are whole, but it is of a version of the format that this app doesn't read."""


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """The outcome for one version; `problems` are sentences."""

    bundle_id: BundleId
    row_version: RowVersion
    state: CheckState
    problems: tuple[str, ...] = ()
    project_id: ProjectId | None = None
    project_name: str | None = None
    version: int | None = None
    size: int = 0
    checked_at: datetime | None = None
