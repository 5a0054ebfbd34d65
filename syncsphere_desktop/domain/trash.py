"""What lies in quarantine: files taken out of the library that can still be brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId

TrashId = NewType("TrashId", int)


class TrashState(StrEnum):
    """Where a quarantined thing is; those that end in -ing are passed through, or left by a crash."""

    MOVING = "moving"
    HELD = "held"
    RESTORING = "restoring"
    RESTORED = "restored"
    EMPTYING = "emptying"
    EMPTIED = "emptied"


UNSETTLED = (TrashState.MOVING, TrashState.RESTORING, TrashState.EMPTYING)
"""The states that nothing rests in."""


@dataclass(frozen=True, slots=True)
class TrashDraft:
    """What goes into quarantine: a row with its file, or with `file` None a file that no row names.

    `original_path` is the row's path as it stands there, or an orphan's path in the store. `trash_path` is
    where the file goes; None where there is no file to move, as it is missing or another row names it too.
    `former_of` is a row that is about to name another file: restored, the file gets a row like it again.
    """

    original_path: str
    trash_path: str | None
    reason: str
    file: AudioFile | None = None
    size: int | None = None
    sha256: str | None = None
    former_of: AudioFileId | None = None


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """One thing in quarantine, or that was. `filename` is the row's, or the last part of an orphan's path.

    `file_id` is the id that the row had, and gets back; None for an orphan, and for the former file of a row
    that goes on with another one.
    """

    id: TrashId
    at: datetime
    actor: str
    reason: str
    state: TrashState
    file_id: AudioFileId | None
    filename: str
    project_id: ProjectId | None
    original_path: str
    trash_path: str | None
    size: int | None
    sha256: str | None
    expires_at: datetime
    ended_at: datetime | None
    due: bool = False
    """Whether its time is over by the server's clock."""
