"""What a check finds, in the words of the view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncsphere_desktop.domain.bundle_use import BundleUse
from syncsphere_desktop.domain.humane import counted, number, size, time_left
from syncsphere_desktop.studio.integrity.findings import CheckPhase, CheckProgress, FindingKind
from syncsphere_desktop.ui.tables.column import Tone


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind of finding: its name, its colour, and what it means in a sentence."""

    name: str
    tone: Tone
    meaning: str


KINDS = {
    FindingKind.MISSING: KindWords(
        "Missing",
        Tone.DANGER,
        "The row is there without its file: whoever opens the project hears nothing there.",
    ),
    FindingKind.TRUNCATED: KindWords("Cut short", Tone.DANGER, "A part of the file is lost."),
    FindingKind.CHANGED: KindWords(
        "Changed", Tone.WARNING, "Somebody wrote to the file, or the disk damaged it."
    ),
    FindingKind.UNDECODABLE: KindWords(
        "Damaged", Tone.DANGER, "The file is there, but no player can decode it."
    ),
    FindingKind.UNREADABLE: KindWords(
        "Unreadable", Tone.DANGER, "The storage has the file and refuses to read it."
    ),
    FindingKind.OUTSIDE: KindWords(
        "Outside storage", Tone.WARNING, "The row's path leads out of the storage, or is no path."
    ),
    FindingKind.MISDESCRIBED: KindWords(
        "Described wrongly",
        Tone.WARNING,
        "The file is sound; its row tells another length, rate or number of channels.",
    ),
    FindingKind.NO_PROJECT: KindWords("Without project", Tone.NEUTRAL, "The row belongs to no project."),
    FindingKind.ORPHAN: KindWords(
        "Without row",
        Tone.NEUTRAL,
        "Nobody finds this file in the library; a stored version may still use it.",
    ),
    FindingKind.LEFTOVER: KindWords(
        "Unfinished", Tone.NEUTRAL, "A part of a file that was never stored whole. Nothing uses it."
    ),
}

_PHASES = {
    CheckPhase.GUARDING: "Making sure that this is the right storage",
    CheckPhase.ORPHANS: "Looking for files without a row",
    CheckPhase.USES: "Asking which versions still use what was found",
    CheckPhase.DONE: "Finishing",
}


def uses_words(uses: Sequence[BundleUse]) -> str:
    """Return how many versions name a file, as in `3 versions`; nothing for none."""
    return counted(len(uses), "version") if uses else ""


def use_lines(uses: Sequence[BundleUse], projects: Mapping[int, str]) -> list[str]:
    """Return a line for each project that uses a file: `Night Drive: versions 4, 7 and 9`."""
    versions: dict[int | None, set[int | None]] = {}
    for use in uses:
        versions.setdefault(use.project_id, set()).add(use.version)
    lines = []
    for project_id, numbers in versions.items():
        told = [str(number) for number in sorted(number for number in numbers if number is not None)]
        told += ["one without a number"] if None in numbers else []
        word = "version" if len(numbers) == 1 else "versions"
        project = "No project" if project_id is None else f"Project {project_id}"
        lines.append(f"{projects.get(project_id or 0, project)}: {word} {listed(told)}")
    return lines


def listed(words: Sequence[str], most: int = 12) -> str:
    """Return words as in `a, b and c`, or `a, b and 40 more`."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {number(len(words) - most)} more"
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part) if words else ""


def progress_words(progress: CheckProgress) -> str:
    """Return how far a check is: `312 of 1 204 files · 1.20 of 4.10 GB · 84 MB/s · 35 s left`."""
    parts = [_PHASES[progress.phase]] if progress.phase in _PHASES else []
    if progress.phase is CheckPhase.ROWS:
        parts.append(f"{number(progress.files_done)} of {counted(progress.files, 'file')}")
        parts.append(f"{size(progress.bytes_done)} of {size(progress.bytes)}")
        if progress.rate > 0:
            parts.append(f"{size(round(progress.rate))}/s")
        if progress.seconds_left is not None:
            parts.append(f"{time_left(progress.seconds_left)} left")
    elif progress.phase is CheckPhase.ORPHANS:
        parts.append(counted(progress.files_done, "file"))
    if progress.found:
        parts.append(f"{number(progress.found)} found")
    return " · ".join(parts)


def share_of(progress: CheckProgress) -> float | None:
    """Return how much of a check is done, 0 to 1; None where it can't be said."""
    if progress.phase is CheckPhase.DONE:
        return 1.0
    if progress.phase is not CheckPhase.ROWS:
        return None
    if progress.bytes:
        return min(1.0, progress.bytes_done / progress.bytes)
    return min(1.0, progress.files_done / progress.files) if progress.files else None
