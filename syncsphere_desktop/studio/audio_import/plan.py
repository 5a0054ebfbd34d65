"""What an import would do, found out before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.sound import SoundFacts


class Verdict(StrEnum):
    """What will become of a file."""

    NEW = "new"
    DUPLICATE = "duplicate"
    """The project has the same content already, or another file of the same import has it."""
    UNREADABLE = "unreadable"
    """It can't be read, or is audio that is cut off or damaged."""
    OTHER_FORMAT = "other_format"
    """Audio in a format that the library doesn't take."""
    NOT_AUDIO = "not_audio"
    SKIPPED = "skipped"
    """No regular file (a device, a pipe, a link in a folder), or part of the audio storage itself."""
    HIDDEN = "hidden"
    """What desktops leave in folders, such as `.DS_Store`: nothing that anybody misses."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells whether a file is still the one that was looked at. `modified` and `changed` in ns."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that was found, and what will become of it.

    `relative` is its path for people and reports, from the folder that was chosen on; every character of it
    can be shown and stored. `reason` is a sentence where the verdict is not NEW. `sha256` is known only where
    it was needed to look for duplicates; `stamp` where it could be read.
    """

    source: Path
    relative: str
    size: int
    verdict: Verdict
    reason: str | None = None
    facts: SoundFacts | None = None
    duplicate_of: AudioFileId | None = None
    sha256: str | None = None
    stamp: FileStamp | None = None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import of `sources` into a project would do. Nothing was written for it.

    `continues` tells that an import of the same sources into the same project was cut off, and that this one
    goes on under its id. The files are counted once, when the plan is made: of many on a thread.
    """

    import_id: UUID
    project_id: ProjectId
    project_name: str
    sources: tuple[Path, ...]
    files: tuple[PlannedFile, ...]
    continues: bool = False
    _counts: Counter[Verdict] = field(init=False, repr=False, compare=False)
    _repeats: int = field(init=False, repr=False, compare=False)
    _bytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        repeats = sum(file.verdict is Verdict.DUPLICATE and file.duplicate_of is None for file in self.files)
        object.__setattr__(self, "_counts", Counter(file.verdict for file in self.files))
        object.__setattr__(self, "_repeats", repeats)
        object.__setattr__(self, "_bytes", sum(file.size for file in self.to_import))

    @property
    def new(self) -> int:
        """Return how many files would be imported."""
        return self._counts[Verdict.NEW]

    @property
    def duplicates(self) -> int:
        """Return how many files the project has already, or would have by then."""
        return self._counts[Verdict.DUPLICATE]

    @property
    def rejected(self) -> int:
        """Return how many files can't be imported, for whatever reason."""
        return len(self.files) - self.new - self.duplicates - self.hidden

    @property
    def repeats(self) -> int:
        """Return how many of the duplicates are new to the project, the import having them twice."""
        return self._repeats

    @property
    def hidden(self) -> int:
        """Return how many files of desktops are passed over."""
        return self._counts[Verdict.HIDDEN]

    @property
    def bytes(self) -> int:
        """Return how many bytes would be imported."""
        return self._bytes

    @property
    def to_import(self) -> Iterator[PlannedFile]:
        """Iterate over the files that would be imported."""
        return (file for file in self.files if file.verdict is Verdict.NEW)
