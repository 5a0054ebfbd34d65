"""An audio file of a project, as its row describes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, RowVersion, UserId


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A row of `audio_files`. `file_size` in bytes, `duration` in seconds, `sample_rate` in Hz."""

    id: AudioFileId
    project_id: ProjectId | None
    project_name: str | None
    filename: str
    file_path: str
    file_size: int | None
    duration: float | None
    sample_rate: int | None
    channels: int | None
    format: str | None
    uploaded_by: UserId | None
    uploader_name: str | None
    created_at: datetime | None
    row_version: RowVersion


@dataclass(frozen=True, slots=True)
class AudioFileDraft:
    """What a new row of `audio_files` is made of."""

    project_id: ProjectId
    filename: str
    file_path: str
    file_size: int | None = None
    duration: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    format: str | None = None
    uploaded_by: UserId | None = None
