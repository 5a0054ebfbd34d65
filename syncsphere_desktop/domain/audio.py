"""An audio file of a project, as its row describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.sound import Content, ContentState, SoundFacts
from syncsphere_desktop.domain.text import checked_text, without_directions
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
    """A row of `audio_files`. `file_size` in bytes, `duration` in seconds, `sample_rate` in Hz.

    What follows `row_version` is known from looking at the file, and holds for this very `file_path`: a row
    that another service pointed elsewhere is unchecked again. `sha256` is lower-case hex. `copies` counts the
    rows with the same content, this one too. `used_by` counts the bundle versions that name the file, up to
    `MOST_USES`, which stands for as many or more; None where that is not known.
    """

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
    state: ContentState = ContentState.UNCHECKED
    state_details: str | None = None
    sha256: str | None = None
    codec: str | None = None
    verified_at: datetime | None = None
    import_id: UUID | None = None
    copies: int = 1
    used_by: int | None = None


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


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """A file that is whole in the store, and the row that it shall have.

    What `draft` leaves out of size, duration, rate, channels and format is taken from `content` and `facts`.
    """

    draft: AudioFileDraft
    content: Content
    facts: SoundFacts

    def columns(self) -> dict[str, object]:
        """Return the columns of the row, checked; raises InputError naming the field."""
        draft, facts = self.draft, self.facts
        return checked_audio_changes(
            {
                "project_id": draft.project_id,
                "filename": draft.filename,
                "file_path": draft.file_path,
                "file_size": self.content.size if draft.file_size is None else draft.file_size,
                "duration": facts.duration if draft.duration is None else draft.duration,
                "sample_rate": facts.sample_rate if draft.sample_rate is None else draft.sample_rate,
                "channels": facts.channels if draft.channels is None else draft.channels,
                "format": facts.format.value if draft.format is None else draft.format,
                "uploaded_by": draft.uploaded_by,
            }
        )


@dataclass(frozen=True, slots=True)
class AddedAudio:
    """What became of a file that was to get a row: `id` is the row that has its content in its project.

    Where it is not new, the project got the same content meanwhile, and the file has no row.
    """

    id: AudioFileId
    is_new: bool


def checked_audio_changes(changes: Mapping[str, object]) -> dict[str, object]:
    """Return the columns as they will be stored; raises InputError naming the field.

    A name that is no editable column is a bug of the caller: ValueError.
    """
    checked: dict[str, object] = {}
    for name, value in changes.items():
        if name in _TEXTS:
            label, maximum = _TEXTS[name]
            optional = name == "format"
            given = "" if value is None else str(value)
            text = checked_text(
                without_directions(given) if name == "filename" else given,
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
