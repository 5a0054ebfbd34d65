"""What the lists of findings and of the quarantine show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from syncsphere_desktop.domain.humane import exact, size
from syncsphere_desktop.domain.trash import TrashEntry
from syncsphere_desktop.studio.integrity.findings import Finding
from syncsphere_desktop.ui.integrity.words import KINDS, uses_words
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide
from syncsphere_desktop.ui.tables.times import time_column


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in a list. The same finding of a later check has the same id."""

    id: int
    finding: Finding

    @property
    def name(self) -> str:
        """Return what the file is called: by its row, or by its path."""
        return self.finding.filename or PurePosixPath(self.finding.path).name or self.finding.path


def finding_columns(projects: Mapping[int, str]) -> tuple[Column[FindingRow], ...]:
    """Return the columns of the findings; `projects` are the names that are known by now."""
    return (
        Column(
            "Finding",
            lambda row: KINDS[row.finding.kind].name,
            sort_key="kind",
            kind=ColumnKind.STATUS,
            tone=lambda row: KINDS[row.finding.kind].tone,
            tooltip=lambda row: KINDS[row.finding.kind].meaning,
            width=120,
        ),
        Column("File", lambda row: row.name, sort_key="name", width=148),
        Column("Project", lambda row: project_words(row.finding, projects), sort_key="project", width=108),
        Column(
            "Used by",
            lambda row: len(row.finding.uses) or None,
            sort_key="uses",
            format=lambda count: f"{count} versions" if count != 1 else "1 version",
            tooltip=lambda row: uses_words(row.finding.uses),
            width=76,
        ),
        Column("Details", lambda row: row.finding.details or None, sort_key="details", width=180),
        Column(
            "Size",
            lambda row: row.finding.size,
            sort_key="size",
            kind=ColumnKind.NUMBER,
            format=lambda count: size(count) if isinstance(count, int) else "",
            width=72,
        ),
        Column(
            "Path",
            lambda row: row.finding.path,
            sort_key="path",
            elide=Elide.MIDDLE,
            width=200,
            least=160,
        ),
        Column(
            "Id",
            lambda row: row.finding.file_id,
            sort_key="file_id",
            kind=ColumnKind.NUMBER,
            width=72,
            hidden=True,
        ),
    )


def project_words(finding: Finding, projects: Mapping[int, str]) -> str | None:
    """Return what the finding's project is called, by its id until its name is known."""
    project = finding.project_id
    return None if project is None else projects.get(project, f"Project {project}")


def held_columns(now: Callable[[], datetime]) -> tuple[Column[TrashEntry], ...]:
    """Return the columns of the quarantine; `now` is the server's clock."""
    return (
        Column("File", lambda entry: entry.filename, sort_key="name", width=180),
        Column("Why", lambda entry: entry.reason or None, sort_key="reason", width=160),
        time_column("Put here", lambda entry: entry.at, "at", now),
        Column("By", lambda entry: entry.actor, sort_key="actor", width=104),
        Column(
            "Kept",
            lambda entry: entry.expires_at,
            sort_key="expires",
            kind=ColumnKind.TIME,
            format=lambda moment: kept_words(moment, now()) if isinstance(moment, datetime) else "",
            tooltip=lambda entry: f"Until {exact(entry.expires_at)}",
            width=92,
        ),
        Column(
            "Size",
            lambda entry: entry.size,
            sort_key="size",
            kind=ColumnKind.NUMBER,
            format=lambda count: size(count) if isinstance(count, int) else "",
            width=84,
        ),
        Column("Was at", lambda entry: entry.original_path, sort_key="path", elide=Elide.MIDDLE, width=160),
    )


def kept_words(until: datetime, now: datetime) -> str:
    """Return how long something is kept yet: `12 days`, `5 h`, or `time is over`."""
    seconds = (until - now).total_seconds()
    if seconds <= 0:
        return "time is over"
    days = round(seconds / 86400)
    if days >= 2:
        return f"{days} days"
    return f"{max(1, round(seconds / 3600))} h"
