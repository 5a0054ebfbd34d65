"""What became of each file of a plan, gathered while an import runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import Content, SoundFacts
from syncsphere_desktop.studio.audio_import.naming import whole
from syncsphere_desktop.studio.audio_import.plan import ImportPlan, PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.report import ImportedFile, ImportStatus
from syncsphere_desktop.studio.audio_import.staging import Entry

CANCELLED = "The import was cancelled before it came to this file."
STOPPED = "The import stopped before it came to this file."


class Outcomes:
    """Knows what became of files by their places in the plan; what it was not told of was not come to."""

    def __init__(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._told: dict[int, ImportedFile] = {}
        self._rows: dict[str, AudioFileId] = {}
        self._stored: dict[AudioFileId, Entry] = {}

    def has(self, sha256: str) -> bool:
        """Whether a file with this content was imported."""
        return sha256 in self._rows

    def imported(self, entry: Entry, row: AudioFileId) -> None:
        """Learn that a file has its row."""
        assert entry.staged is not None
        entry.decide(ImportStatus.IMPORTED)
        self._rows[entry.staged.content.sha256] = row
        self._stored[row] = entry
        self._told[entry.index] = _described(entry, row)

    def stored_for(self, rows: Iterable[AudioFileId]) -> list[Entry]:
        """Return the files that were stored for these rows; a row that was there before has none."""
        return [self._stored[row] for row in rows if row in self._stored]

    def refused(self, entries: Iterable[Entry]) -> None:
        """Learn which of these files were refused; those that were cancelled count as not come to."""
        for entry in entries:
            if entry.status in (ImportStatus.DUPLICATE, ImportStatus.REJECTED):
                self._told[entry.index] = _described(entry, entry.twin)

    def all(self, *, cancelled: bool) -> tuple[ImportedFile, ...]:
        """Return what became of every file but the hidden ones of desktops, in the order of the plan."""
        left_out = CANCELLED if cancelled else STOPPED
        return tuple(
            self._of(index, file, left_out)
            for index, file in enumerate(self._plan.files)
            if file.verdict is not Verdict.HIDDEN
        )

    def _of(self, index: int, planned: PlannedFile, left_out: str) -> ImportedFile:
        told = self._told.get(index) or _planned(planned, left_out)
        if told.status is ImportStatus.DUPLICATE and told.id is None and told.sha256 is not None:
            return replace(told, id=self._rows.get(told.sha256))
        return told


def _described(entry: Entry, row: AudioFileId | None) -> ImportedFile:
    assert entry.status is not None
    facts = None if entry.status is ImportStatus.REJECTED else entry.facts
    content = entry.staged.content if entry.staged is not None else Content(entry.planned.size, "")
    return _file(entry.planned, entry.status, entry.reason, facts, row, content)


def _planned(planned: PlannedFile, left_out: str) -> ImportedFile:
    """Return what the plan decided, or that the file was not come to."""
    status, reason = {
        Verdict.NEW: (ImportStatus.CANCELLED, left_out),
        Verdict.DUPLICATE: (ImportStatus.DUPLICATE, planned.reason),
    }.get(planned.verdict, (ImportStatus.REJECTED, planned.reason))
    content = Content(planned.size, planned.sha256 or "")
    return _file(planned, status, reason, planned.facts, planned.duplicate_of, content)


def _file(
    planned: PlannedFile,
    status: ImportStatus,
    reason: str | None,
    facts: SoundFacts | None,
    row: AudioFileId | None,
    content: Content,
) -> ImportedFile:
    return ImportedFile(
        path=whole(str(planned.source)),
        status=status,
        reason=reason,
        id=row,
        duration=facts.duration if facts else None,
        sample_rate=facts.sample_rate if facts else None,
        channels=facts.channels if facts else None,
        format=facts.format if facts else None,
        sha256=content.sha256 or None,
        size=content.size,
    )
