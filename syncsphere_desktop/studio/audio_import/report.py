"""What an import did, file by file, and how that is saved."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.domain import humane
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.sound import AudioFormat

COLUMNS = (
    "path",
    "status",
    "reason",
    "id",
    "duration",
    "sample_rate",
    "channels",
    "format",
    "sha256",
    "size",
)
"""What the saved forms say of each file; scripts hang on these names."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ImportStatus(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    """The import ended before it came to this file."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of a file. `id` is the row it has, or for a duplicate the row that has the same content.

    `reason` is a sentence where it was not imported; `size` in bytes, `duration` in seconds.
    """

    path: str
    status: ImportStatus
    reason: str | None = None
    id: AudioFileId | None = None
    duration: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    format: AudioFormat | None = None
    sha256: str | None = None
    size: int | None = None

    def document(self) -> dict[str, object]:
        """Return what the saved forms say of it."""
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in the order of its plan. `problem` says why it ended early, where it did.

    `remembered` is False where the database has no place for imports: such a one can't be undone as a whole.
    `hidden` counts files of desktops, such as `.DS_Store`, which are passed over and not among `files`.
    The files are counted once, when the report is made: of many on a thread.
    """

    import_id: UUID
    project_id: ProjectId
    project_name: str
    files: tuple[ImportedFile, ...]
    seconds: float
    cancelled: bool = False
    problem: str | None = None
    remembered: bool = True
    hidden: int = 0
    _counts: Counter[ImportStatus] = field(init=False, repr=False, compare=False)
    _repeats: int = field(init=False, repr=False, compare=False)
    _bytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        imported = [file for file in self.files if file.status is ImportStatus.IMPORTED]
        new = {file.id for file in imported}
        repeats = sum(
            file.status is ImportStatus.DUPLICATE and (file.id is None or file.id in new)
            for file in self.files
        )
        object.__setattr__(self, "_counts", Counter(file.status for file in self.files))
        object.__setattr__(self, "_repeats", repeats)
        object.__setattr__(self, "_bytes", sum(file.size or 0 for file in imported))

    @property
    def imported(self) -> int:
        """Return how many files were imported."""
        return self._counts[ImportStatus.IMPORTED]

    @property
    def duplicates(self) -> int:
        """Return how many files the project had already, or has by another file of the import."""
        return self._counts[ImportStatus.DUPLICATE]

    @property
    def repeats(self) -> int:
        """Return how many of the duplicates have the content of another file of the same import."""
        return self._repeats

    @property
    def rejected(self) -> int:
        """Return how many files could not be imported."""
        return self._counts[ImportStatus.REJECTED]

    @property
    def left_out(self) -> int:
        """Return how many files the import did not come to."""
        return self._counts[ImportStatus.CANCELLED]

    @property
    def bytes(self) -> int:
        """Return how many bytes were imported."""
        return self._bytes

    @property
    def is_complete(self) -> bool:
        """Whether every file was come to."""
        return not self.cancelled and self.problem is None

    def document(self) -> dict[str, object]:
        """Return all of it, ready for JSON."""
        return {
            "import_id": str(self.import_id),
            "project_id": self.project_id,
            "imported": self.imported,
            "duplicates": self.duplicates,
            "repeats": self.repeats,
            "rejected": self.rejected,
            "skipped": self.hidden,
            "cancelled": self.left_out,
            "bytes": self.bytes,
            "problem": self.problem,
            "files": [file.document() for file in self.files],
        }

    def as_json(self) -> str:
        """Return all of it as JSON text."""
        return json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n"

    def as_csv(self) -> str:
        """Return a line a file, with a heading, as spreadsheets read it."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for file in self.files:
            writer.writerow([_cell(getattr(file, name)) for name in COLUMNS])
        return text.getvalue()

    def as_text(self) -> str:
        """Return the summary and what was not imported, for people."""
        lines = [self.summary()]
        for status, title in (
            (ImportStatus.REJECTED, "Not imported"),
            (ImportStatus.DUPLICATE, "Here already"),
            (ImportStatus.CANCELLED, "Not come to"),
            (ImportStatus.IMPORTED, "Imported"),
        ):
            files = [file for file in self.files if file.status is status]
            if files:
                lines += ["", f"{title} ({humane.number(len(files))})"]
                lines += [f"  {file.path}" + (f": {file.reason}" if file.reason else "") for file in files]
        return "\n".join(lines) + "\n"

    def summary(self) -> str:
        """Return the outcome in one or two sentences."""
        size, seconds = humane.size(self.bytes), humane.duration(self.seconds)
        parts = [
            f"Imported {humane.counted(self.imported, 'file')} ({size}) into {self.project_name} in {seconds}"
        ]
        if here := self.duplicates - self.repeats:
            parts.append(f"{humane.number(here)} here already")
        if self.repeats:
            parts.append(f"{humane.number(self.repeats)} the same as another of them")
        if self.rejected:
            parts.append(f"{humane.number(self.rejected)} not imported")
        if self.left_out:
            parts.append(f"{humane.number(self.left_out)} not come to")
        if self.hidden:
            parts.append(f"{humane.counted(self.hidden, 'hidden file')} of desktops passed over")
        sentence = ", ".join(parts) + "."
        return f"{sentence} {self.problem}" if self.problem else sentence


def _cell(value: object) -> object:
    """Return a value as a cell: a name that a spreadsheet would take for a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
