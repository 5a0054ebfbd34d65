"""An import of audio files, as it is remembered so that it can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId


@dataclass(frozen=True, slots=True)
class RemainingRows:
    """Which rows there still are of those that were asked for, and whether their project is there."""

    ids: frozenset[AudioFileId]
    has_project: bool


@dataclass(frozen=True, slots=True)
class AudioImport:
    """One import. `bytes` of the files that were imported; `finished_at` is None for one that was cut off.

    `source` says in words where the files came from, such as a folder. `project_name` is None once the
    project is gone.
    """

    id: UUID
    started_at: datetime
    finished_at: datetime | None
    actor: str
    project_id: ProjectId
    project_name: str | None
    source: str
    imported: int
    duplicates: int
    rejected: int
    bytes: int
    undone_at: datetime | None
