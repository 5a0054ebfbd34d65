"""What a check of the audio library reads and writes in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.sound import Content, ContentState, SoundFacts


@dataclass(frozen=True, slots=True)
class RowToCheck:
    """A row as a check needs it. `content` and `state` are what was recorded for this very `file_path`.

    A record that was made of another path counts as none: `content` is None and `state` UNCHECKED then.
    `duration` is as another service may have stored it: NaN, infinite, below 0.
    """

    id: AudioFileId
    project_id: ProjectId | None
    filename: str
    file_path: str
    file_size: int | None
    duration: float | None
    sample_rate: int | None
    channels: int | None
    format: str | None
    content: Content | None
    state: ContentState
    state_details: str | None


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """What a look at a row's file is to leave in `audio_content`.

    `content` and `facts` that are None leave what was recorded before.
    """

    file_id: AudioFileId
    file_path: str
    state: ContentState
    details: str | None = None
    content: Content | None = None
    facts: SoundFacts | None = None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One run of a check. `cursor` is the highest row id that is done; `finished_at` None while it is not.

    `project_id` None means all rows and the files without one. `counts` are by names of finding kinds, and
    `files` and `bytes`.
    """

    id: int
    project_id: ProjectId | None
    store_id: str | None
    deep: bool
    started_at: datetime
    finished_at: datetime | None
    cursor: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OrphanFile:
    """A file of the store that no row names, as the last check saw it. `modified` in seconds since 1970."""

    path: str
    size: int
    modified: float
    sha256: str | None = None
