"""What a check finds, how far it is, and what it says at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from syncsphere_desktop.domain.bundle_use import BundleUse
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.studio.pace import WorkProgress


class FindingKind(StrEnum):
    """What is wrong with a row or a file. The names are what scripts read."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    CHANGED = "changed"
    UNDECODABLE = "undecodable"
    UNREADABLE = "unreadable"
    OUTSIDE = "outside"
    """The row's path leaves the storage root, or can't be a path at all."""
    MISDESCRIBED = "misdescribed"
    """The file is sound, and its row tells another length, rate or number of channels."""
    NO_PROJECT = "no_project"
    """The row belongs to no project."""
    ORPHAN = "orphan"
    """A file that no row names."""
    LEFTOVER = "leftover"
    """A part of a file that was never finished."""


_FOUND_BY_CONTENT = frozenset(
    {
        FindingKind.MISSING,
        FindingKind.TRUNCATED,
        FindingKind.CHANGED,
        FindingKind.UNDECODABLE,
        FindingKind.OUTSIDE,
    }
)
"""What may lie elsewhere in the storage, whole, where its content is known."""

READ_ANEW = (
    FindingKind.MISDESCRIBED,
    FindingKind.CHANGED,
    FindingKind.TRUNCATED,
    FindingKind.UNDECODABLE,
)
"""What is put right when the file as it is counts as the right one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `size` in bytes; `uses` are the bundle versions that still name the file.

    `file_id` is None for what has no row. A row can have two findings, such as missing and without project.
    """

    kind: FindingKind
    file_id: AudioFileId | None
    path: str
    details: str
    filename: str | None = None
    project_id: ProjectId | None = None
    size: int | None = None
    modified: float | None = None
    """When an orphan or leftover was written last, in seconds since 1970; None for rows."""
    sha256: str | None = None
    """What the bytes should be, where that is known; it is how a lost file is found again."""
    uses: tuple[BundleUse, ...] = ()

    @property
    def key(self) -> str:
        """Return what tells this finding from any other of the same check."""
        return f"{self.kind}:{self.path if self.file_id is None else self.file_id}"

    @property
    def can_be_found_again(self) -> bool:
        """Whether the file may be looked for by its content."""
        return self.kind in _FOUND_BY_CONTENT and self.sha256 is not None

    @property
    def can_be_read_anew(self) -> bool:
        """Whether the row can be described by what its file holds now."""
        return self.kind in READ_ANEW and self.file_id is not None


@dataclass(frozen=True, slots=True)
class CheckScope:
    """What is checked: one project's rows, or with None everything, files without a row too."""

    project_id: ProjectId | None = None


MOST_FINDINGS = 100_000
"""How many findings a report holds at most; all are counted, and all are in the database."""


class CheckPhase(StrEnum):
    """What a check is at."""

    GUARDING = "guarding"
    """Making sure that this is the right storage, and that it is there."""
    ROWS = "rows"
    ORPHANS = "orphans"
    USES = "uses"
    """Asking which bundle versions name what has no row."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class CheckProgress(WorkProgress):
    """How far a check is.

    `files` and `bytes` are the totals of the rows, as the database tells them; in the phase ORPHANS
    `files_done` goes on counting, over files of the store.
    """

    phase: CheckPhase
    found: int
    current: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. `complete` is False for one that was cancelled; `run` goes on with it later.

    `recorded` is False where the side tables can't be written: the findings are told here and nowhere else.
    `bytes` is what was read of the files.
    """

    scope: CheckScope
    findings: tuple[Finding, ...]
    files: int
    bytes: int
    seconds: float
    complete: bool
    recorded: bool
    resumed: bool = False
    started_at: datetime | None = None
    notes: tuple[str, ...] = ()
    """Sentences about what could not be looked at, and why."""
    counts: Mapping[FindingKind, int] = field(default_factory=dict)
    """How many there are of each kind; `findings` itself ends at `MOST_FINDINGS`."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not any(self.counts.values())

    def without(self, keys: Collection[str]) -> CheckReport:
        """Return the report without the findings of these keys, as after they were mended."""
        gone = Counter(finding.kind for finding in self.findings if finding.key in keys)
        if not gone:
            return self
        return replace(
            self,
            findings=tuple(finding for finding in self.findings if finding.key not in keys),
            counts={kind: count - gone[kind] for kind, count in self.counts.items() if count > gone[kind]},
        )

    @property
    def sentence(self) -> str:
        """Return the outcome as one sentence: `Checked 1,204 files: 2 missing, 1 orphan.`"""
        told = ", ".join(f"{number:,} {WORDS[kind]}" for kind, number in self.counts.items() if number)
        start = "Checked" if self.complete else "Stopped after"
        return f"{start} {counted(self.files, 'file')}: {told or 'nothing wrong'}."


WORDS: Mapping[FindingKind, str] = {
    FindingKind.MISSING: "missing",
    FindingKind.TRUNCATED: "cut short",
    FindingKind.CHANGED: "changed",
    FindingKind.UNDECODABLE: "not decodable",
    FindingKind.UNREADABLE: "not readable",
    FindingKind.OUTSIDE: "outside the storage",
    FindingKind.MISDESCRIBED: "described wrongly",
    FindingKind.NO_PROJECT: "without project",
    FindingKind.ORPHAN: "without a row",
    FindingKind.LEFTOVER: "never finished",
}
