"""Collecting findings: counted all, held up to a limit, each with the versions that name its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from syncsphere_desktop.domain.audio_check import OrphanFile, RowToCheck
from syncsphere_desktop.domain.sound import ContentState, SoundFacts
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.integrity.findings import MOST_FINDINGS, Finding, FindingKind
from syncsphere_desktop.studio.integrity.inspection import Inspection, wrongly_described
from syncsphere_desktop.studio.integrity.library import path_in
from syncsphere_desktop.studio.integrity.ports import SampleUses

_SOUND = (ContentState.SOUND, ContentState.UNCHECKED)
_PATHS_AT_A_TIME = 500


class Tally:
    """Takes findings and tells each to `listener`."""

    def __init__(self, listener: Callable[[Finding], None]) -> None:
        self._listener = listener
        self._counts: Counter[FindingKind] = Counter()
        self.findings: list[Finding] = []

    @property
    def counts(self) -> Mapping[FindingKind, int]:
        """Return how many there are of each kind that there are."""
        return {kind: self._counts[kind] for kind in FindingKind if self._counts[kind]}

    @property
    def total(self) -> int:
        """Return how many there are in all."""
        return self._counts.total()

    def add(self, finding: Finding) -> None:
        """Take a finding."""
        self._counts[finding.kind] += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
            self._listener(finding)

    async def with_uses(self, store: AudioStore, uses: SampleUses | None) -> tuple[Finding, ...]:
        """Return the findings with the bundle versions that still name their files."""
        if uses is None:
            return tuple(self.findings)
        told: list[Finding] = []
        for start in range(0, len(self.findings), _PATHS_AT_A_TIME):
            chunk = self.findings[start : start + _PATHS_AT_A_TIME]
            paths = [path_in(store, finding.path) for finding in chunk]
            named = await uses.uses_of_files({path for path in paths if path is not None})
            told += [
                replace(finding, uses=named.get(path, ())) if path is not None else finding
                for finding, path in zip(chunk, paths, strict=True)
            ]
        return tuple(told)


def findings_of(seen: Inspection) -> list[Finding]:
    """Return what is wrong with a row that was looked at."""
    return row_findings(seen.row, seen.state, seen.details, seen.size, seen.facts)


def row_findings(
    row: RowToCheck, state: ContentState, details: str, size: int | None, facts: SoundFacts | None = None
) -> list[Finding]:
    """Return what is wrong with a row whose file is in this state; `facts` where it was decoded."""
    found: list[Finding] = []
    if state not in _SOUND:
        found.append(_of_row(row, FindingKind(state.value), details, size))
    elif (differs := wrongly_described(row, facts)) is not None:
        found.append(_of_row(row, FindingKind.MISDESCRIBED, differs, size))
    if row.project_id is None:
        found.append(_of_row(row, FindingKind.NO_PROJECT, "The row belongs to no project.", size))
    return found


def recorded_orphan(file: OrphanFile) -> Finding:
    """Return the finding of an orphan that an earlier check saw."""
    return Finding(
        FindingKind.ORPHAN,
        None,
        file.path,
        "No row names this file.",
        filename=file.path.rpartition("/")[2],
        size=file.size,
        modified=file.modified,
        sha256=file.sha256,
    )


def _of_row(row: RowToCheck, kind: FindingKind, details: str, size: int | None) -> Finding:
    return Finding(
        kind,
        row.id,
        row.file_path,
        details,
        filename=row.filename,
        project_id=row.project_id,
        size=size,
        sha256=None if row.content is None else row.content.sha256,
    )
