"""What an audio file sounds like on paper: its format, length and shape, and what became of its content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AudioFormat(StrEnum):
    """The formats the library takes, by the value of `audio_files.format`."""

    WAV = "wav"
    AIFF = "aiff"
    FLAC = "flac"
    OGG = "ogg"
    OPUS = "opus"
    MP3 = "mp3"
    M4A = "m4a"
    AAC = "aac"


FORMATS_IN_WORDS = "WAV, AIFF, FLAC, Ogg Vorbis, Opus, MP3, M4A and AAC"
"""The formats the library takes, for sentences."""


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """What probing found out. `duration` in seconds, `sample_rate` in Hz; `codec` in words ("PCM 24 bit")."""

    format: AudioFormat
    codec: str
    duration: float
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Waveform:
    """The lowest and highest sample of each stretch of a whole file, for drawing at any width.

    `peaks` holds signed bytes: for each of `buckets` stretches, for each channel, minimum then maximum,
    full scale being -127 and 127; `channels` is 1 or 2 (what has more is drawn as its first two).
    """

    buckets: int
    channels: int
    peaks: bytes


@dataclass(frozen=True, slots=True)
class NoWaveform:
    """Why a file has no waveform: drawing it was tried, and is not tried again for the same file."""

    reason: str


class ContentState(StrEnum):
    """What the last check of a row's file found, as `audio_content.state` has it."""

    UNCHECKED = "unchecked"
    SOUND = "sound"
    MISSING = "missing"
    TRUNCATED = "truncated"
    CHANGED = "changed"
    UNDECODABLE = "undecodable"
    UNREADABLE = "unreadable"
    OUTSIDE = "outside"
    """The row's path leaves the storage root, or can't be a path at all."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of the bytes behind a row. `sha256` in lower-case hex; `size` in bytes."""

    size: int
    sha256: str
