"""An audio file of a project, as its row describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.text import checked_text
from syncsphere_desktop.errors import InputError

_TEXTS = {"filename": ("A file name", 255), "file_path": ("A path", 500), "format": ("A format", 50)}
_NUMBERS = {
    "file_size": ("A size", 2**63 - 1),
    "duration": ("A duration", 1e9),
    "sample_rate": ("A sample rate", 2**31 - 1),
    "channels": ("A number of channels", 2**31 - 1),
}
_REFERENCES = ("project_id", "uploaded_by")
AUDIO_FIELDS = (*_TEXTS, *_NUMBERS, *_REFERENCES)
"""The columns that an edit may change."""


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


def checked_audio_changes(changes: Mapping[str, object]) -> dict[str, object]:
    """Return the columns as they will be stored; raises InputError naming the field.

    A name that is no editable column is a bug of the caller: ValueError.
    """
    checked: dict[str, object] = {}
    for name, value in changes.items():
        if name in _TEXTS:
            label, maximum = _TEXTS[name]
            optional = name == "format"
            text = checked_text(
                "" if value is None else str(value),
                field=name,
                label=label,
                maximum=maximum,
                required=not optional,
            )
            checked[name] = text or None
        elif name in _NUMBERS:
            checked[name] = _checked_number(name, value)
        elif name in _REFERENCES:
            checked[name] = value
        else:
            raise ValueError(f"audio files have no editable column {name!r}")
    return checked


def _checked_number(name: str, value: object) -> int | float | None:
    label, maximum = _NUMBERS[name]
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise InputError(f"{label} is a number.", field=name)
    if not 0 <= value <= maximum:  # refuses NaN too
        raise InputError(f"{label} can't be {value}.", field=name)
    return value
