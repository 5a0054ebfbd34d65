"""Looking at the file of one row. Blocks; any thread may do it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from syncsphere_desktop.domain.audio_check import ContentRecord, RowToCheck
from syncsphere_desktop.domain.humane import duration as humane_duration
from syncsphere_desktop.domain.humane import size as humane_size
from syncsphere_desktop.domain.sound import Content, ContentState, SoundFacts
from syncsphere_desktop.errors import (
    FileError,
    NotAudioError,
    PathOutsideStoreError,
    ProbeLimitError,
    StoredFileMissingError,
    StoreUnavailableError,
)
from syncsphere_desktop.storage.base import AudioStore, StoredFile
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.paths import StorePath, stored_path
from syncsphere_desktop.studio.integrity.hashing import hashed

_DURATION_SLACK = 0.1
"""Seconds by which a row's length may differ from the file's: other services round, or guess at MP3s."""
_DURATION_SLACK_SHARE = 0.005
_MISSING = "The storage has no such file."


class Prober(Protocol):
    """Reads audio in limited child processes."""

    def probe(self, path: Path | HeldFile, *, decode: bool = False) -> SoundFacts: ...


@dataclass(frozen=True, slots=True)
class Depth:
    """How closely to look: `deep` reads every byte, `decode` also decodes what was found sound before."""

    deep: bool = True
    decode: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen of a row's file. `path` None leads outside; `size` None when there is no file.

    `facts` are there when it was decoded, and `content` when it was read.
    """

    row: RowToCheck
    path: StorePath | None
    state: ContentState
    details: str = ""
    size: int | None = None
    content: Content | None = None
    facts: SoundFacts | None = None

    def record(self) -> ContentRecord | None:
        """Return what the database is to remember of it, or None where nothing new is known."""
        if self.state is ContentState.UNCHECKED and self.row.state is ContentState.UNCHECKED:
            return None
        kept = self.content if self.state is ContentState.SOUND or self.row.content is None else None
        return ContentRecord(
            self.row.id, self.row.file_path, self.state, self.details or None, kept, self.facts
        )


class Inspector:
    """Looks at files. `on_bytes` is told what was read; `check` is called between blocks and may raise."""

    def __init__(
        self,
        store: AudioStore,
        prober: Prober,
        depth: Depth,
        *,
        on_bytes: Callable[[int], None],
        check: Callable[[], None],
    ) -> None:
        self._store = store
        self._prober = prober
        self._depth = depth
        self._on_bytes = on_bytes
        self._check = check

    def inspect(self, row: RowToCheck) -> Inspection:
        """Return what the row's file is like; raises StoreUnavailableError when the store went away."""
        try:
            path = stored_path(row.file_path, self._store.root)
        except PathOutsideStoreError as error:
            return Inspection(row, None, ContentState.OUTSIDE, error.message)
        try:
            if self._depth.deep and not self._is_to_be_decoded(row):
                with self._store.open(path) as stream:
                    return self._read(row, path, stream)
            stored = self._store.stat(path)
            if stored is None:
                return Inspection(row, path, ContentState.MISSING, _MISSING)
            return self._inspect(row, path, stored)
        except StoredFileMissingError:
            return Inspection(row, path, ContentState.MISSING, _MISSING)
        except PathOutsideStoreError as error:
            return Inspection(row, None, ContentState.OUTSIDE, error.message)
        except (StoreUnavailableError, FileError, OSError) as error:
            self._store.check()  # raises when it is not this file alone
            reason = error.message if isinstance(error, StoreUnavailableError | FileError) else str(error)
            return Inspection(row, path, ContentState.UNREADABLE, f"It can't be read: {reason}")

    def _inspect(self, row: RowToCheck, path: StorePath, stored: StoredFile) -> Inspection:
        expected = row.content.size if row.content is not None else row.file_size
        if expected is not None and stored.size != expected:
            return _of_another_size(row, path, stored.size, expected)
        if not self._depth.deep:
            state = ContentState.SOUND if row.state is ContentState.SOUND else ContentState.UNCHECKED
            return Inspection(row, path, state, size=stored.size)
        with self._store.as_file(path, check=self._check) as local, local.open() as stream:
            found = self._read(row, path, stream)
            return found if found.state is not ContentState.SOUND else self._decode(found, local)

    def _is_to_be_decoded(self, row: RowToCheck) -> bool:
        """Whether its bytes alone can't tell: equal bytes were decoded when they were found sound."""
        return self._depth.decode or row.content is None or row.state is not ContentState.SOUND

    def _read(self, row: RowToCheck, path: StorePath, stream: BinaryIO) -> Inspection:
        content = hashed(stream, on_bytes=self._on_bytes, check=self._check)
        if row.content is not None and content.size != row.content.size:
            return _of_another_size(row, path, content.size, row.content.size)
        if row.content is not None and content != row.content:
            return Inspection(
                row,
                path,
                ContentState.CHANGED,
                "Its bytes are not those that were stored.",
                content.size,
                content,
            )
        return Inspection(row, path, ContentState.SOUND, "", content.size, content)

    def _decode(self, found: Inspection, local: HeldFile) -> Inspection:
        self._check()
        try:
            facts = self._prober.probe(local, decode=True)
        except (NotAudioError, ProbeLimitError) as error:
            return Inspection(
                found.row, found.path, ContentState.UNDECODABLE, error.reason, found.size, found.content
            )
        return Inspection(
            found.row,
            found.path,
            ContentState.SOUND,
            "",
            found.size,
            found.content,
            facts,
        )


def wrongly_described(row: RowToCheck, facts: SoundFacts | None) -> str | None:
    """Return in which way a row contradicts its sound file, or None; what a row leaves open is none.

    Without `facts`, as the file was not decoded, only what can't be right whatever is in the file.
    """
    told: list[str] = []
    if row.file_size is not None and row.content is not None and row.file_size != row.content.size:
        told.append(f"{row.file_size:,} bytes instead of {row.content.size:,}")
    if row.duration is not None and not 0 <= row.duration < math.inf:
        has = "" if facts is None else f" instead of {humane_duration(facts.duration)}"
        told.append(f"a length of {row.duration:g} s{has}")
    return _sentence(told if facts is None else told + _contradictions(row, facts))


def _contradictions(row: RowToCheck, facts: SoundFacts) -> list[str]:
    told: list[str] = []
    if row.duration is not None and 0 <= row.duration < math.inf:
        slack = max(_DURATION_SLACK, facts.duration * _DURATION_SLACK_SHARE)
        if abs(row.duration - facts.duration) > slack:
            says, has = humane_duration(row.duration), humane_duration(facts.duration)
            told.append(f"a length of {says} instead of {has}")
    if row.sample_rate is not None and row.sample_rate != facts.sample_rate:
        told.append(f"{row.sample_rate} Hz instead of {facts.sample_rate} Hz")
    if row.channels is not None and row.channels != facts.channels:
        told.append(f"{row.channels} instead of {facts.channels} channels")
    return told


def _sentence(told: list[str]) -> str | None:
    return f"The row tells {', '.join(told)}." if told else None


def _of_another_size(row: RowToCheck, path: StorePath, size: int, expected: int) -> Inspection:
    if size < expected:
        details = f"It has {humane_size(size)} of {humane_size(expected)}."
        if humane_size(size) == humane_size(expected):
            details = f"It has {size:,} of {expected:,} bytes."
        return Inspection(row, path, ContentState.TRUNCATED, details, size)
    details = f"It has {size:,} bytes, {size - expected:,} more than were stored."
    return Inspection(row, path, ContentState.CHANGED, details, size)
