"""What the list of audio files shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.audio import AudioFile, checked_audio_changes
from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.ui.library.words import (
    STATE_SENTENCES,
    STATE_WORDS,
    channel_words,
    exact_length,
    format_words,
    length_words,
    rate_words,
    short_channel_words,
    state_tone,
)
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide
from syncsphere_desktop.ui.tables.times import time_column


def audio_columns(now: Callable[[], datetime], *, editable: bool) -> tuple[Column[AudioFile], ...]:
    """Return the columns; `now` is the server's clock, for relative times."""
    return (
        Column(
            "File",
            lambda file: file.filename,
            sort_key="filename",
            editable=editable,
            validate=checked_filename,
            width=184,
        ),
        Column("Project", lambda file: file.project_name, sort_key="project", width=120),
        *_sound_columns(),
        Column(
            "State",
            lambda file: STATE_WORDS[file.state],
            sort_key="state",
            kind=ColumnKind.STATUS,
            tone=lambda file: state_tone(file.state),
            tooltip=state_tip,
            width=112,
        ),
        Column(
            "Used by",
            lambda file: file.used_by,
            sort_key="used_by",
            kind=ColumnKind.NUMBER,
            tooltip=use_tip,
            width=72,
        ),
        Column(
            "Uploader",
            lambda file: file.uploader_name,
            sort_key="uploader",
            kind=ColumnKind.PERSON,
            person=lambda file: file.uploaded_by,
            width=132,
        ),
        time_column("Added", lambda file: file.created_at, "created_at", now),
        *_technical_columns(),
    )


def _sound_columns() -> tuple[Column[AudioFile], ...]:
    return (
        Column(
            "Length",
            lambda file: file.duration,
            sort_key="duration",
            kind=ColumnKind.NUMBER,
            format=lambda value: length_words(float(str(value))),
            tooltip=lambda file: "" if file.duration is None else exact_length(file.duration),
            width=72,
        ),
        Column(
            "Format",
            lambda file: file.format,
            sort_key="format",
            format=lambda value: format_words(str(value)),
            tooltip=lambda file: file.codec or "",
            width=64,
        ),
        Column(
            "Rate",
            lambda file: file.sample_rate,
            sort_key="sample_rate",
            kind=ColumnKind.NUMBER,
            format=lambda value: rate_words(int(str(value))),
            width=80,
        ),
        Column(
            "Channels",
            lambda file: file.channels,
            sort_key="channels",
            format=lambda value: short_channel_words(int(str(value))),
            tooltip=lambda file: "" if file.channels is None else channel_words(file.channels),
            width=88,
        ),
        Column(
            "Size",
            lambda file: file.file_size,
            sort_key="file_size",
            kind=ColumnKind.NUMBER,
            format=lambda value: size(int(str(value))),
            width=72,
        ),
    )


def _technical_columns() -> tuple[Column[AudioFile], ...]:
    return (
        Column(
            "Copies",
            lambda file: file.copies if file.copies > 1 else None,
            key="copies",
            kind=ColumnKind.NUMBER,
            tooltip=lambda file: counted(file.copies, "row") + " with this content",
            width=72,
            hidden=True,
        ),
        Column(
            "Path",
            lambda file: file.file_path,
            sort_key="file_path",
            kind=ColumnKind.MONO,
            elide=Elide.MIDDLE,
            width=240,
            hidden=True,
        ),
        Column(
            "SHA-256",
            lambda file: file.sha256,
            sort_key="sha256",
            kind=ColumnKind.MONO,
            width=140,
            hidden=True,
        ),
        Column("Id", lambda file: file.id, sort_key="id", kind=ColumnKind.NUMBER, width=72),
    )


def checked_filename(text: str) -> str:
    """Return the file name as it will be stored; raises InputError."""
    return str(checked_audio_changes({"filename": text})["filename"])


def state_tip(file: AudioFile) -> str:
    """Return what the last check found, in a sentence, with what it said more."""
    sentence = STATE_SENTENCES[file.state]
    return f"{sentence} {file.state_details}" if file.state_details else sentence


def use_tip(file: AudioFile) -> str:
    """Return how many versions name the file."""
    if file.used_by is None:
        return "The bundle versions were not read yet."
    return f"Named by {use_words(file.used_by)}"


def use_words(versions: int) -> str:
    """Return how many versions name a file, as in `3 bundle versions`."""
    return counted(versions, "bundle version") if versions else "no bundle version"
