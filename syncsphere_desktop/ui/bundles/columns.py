"""What the timeline of versions shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.bundle import BundleVersion, checked_label
from syncsphere_desktop.domain.bundle_check import CheckState
from syncsphere_desktop.domain.humane import number, size
from syncsphere_desktop.ui.bundles.words import number_change, size_change
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Tone
from syncsphere_desktop.ui.tables.times import time_column

PROJECT_COLUMN = "project"


def version_columns(now: Callable[[], datetime], *, editable: bool) -> tuple[Column[BundleVersion], ...]:
    """Return the columns; `now` is the server's clock, for relative times."""
    return (
        Column(
            "Version",
            lambda version: version.version,
            sort_key="version",
            kind=ColumnKind.NUMBER,
            tooltip=_version_tip,
            width=60,
        ),
        Column("Project", lambda version: version.project_name, sort_key="project", width=112),
        time_column("Saved", lambda version: version.created_at, "created_at", now),
        Column(
            "By",
            lambda version: version.creator_name,
            sort_key="creator",
            kind=ColumnKind.PERSON,
            person=lambda version: version.created_by,
            width=124,
        ),
        *_number_columns(),
        Column(
            "State",
            state_words,
            key="state",
            kind=ColumnKind.STATUS,
            tone=_state_tone,
            tooltip=_state_tip,
            width=108,
        ),
        Column(
            "Label",
            lambda version: version.label,
            sort_key="label",
            editable=editable,
            validate=lambda text: checked_label(text) or "",
            width=80,
        ),
        Column(
            "Id", lambda version: version.id, sort_key="id", kind=ColumnKind.NUMBER, width=64, hidden=True
        ),
    )


def _number_columns() -> tuple[Column[BundleVersion], ...]:
    return (
        Column(
            "Size",
            lambda version: version.size,
            sort_key="size",
            kind=ColumnKind.NUMBER,
            format=lambda value: size(int(str(value))),
            tooltip=lambda version: f"{number(version.size)} bytes",
            width=68,
        ),
        Column(
            "± size",
            lambda version: version.size_delta,
            key="size_delta",
            kind=ColumnKind.NUMBER,
            format=lambda value: size_change(int(str(value))),
            tooltip=lambda version: _delta_tip(version.size_delta, "bytes"),
            width=72,
        ),
        Column(
            "Boxes",
            lambda version: version.boxes,
            sort_key="boxes",
            kind=ColumnKind.NUMBER,
            format=lambda value: number(int(str(value))),
            width=56,
        ),
        Column(
            "± boxes",
            lambda version: version.boxes_delta,
            key="boxes_delta",
            kind=ColumnKind.NUMBER,
            format=lambda value: number_change(int(str(value))),
            tooltip=lambda version: _delta_tip(version.boxes_delta, "boxes"),
            width=72,
        ),
    )


def state_words(version: BundleVersion) -> str | None:
    """Return the one thing to know about a version; None where there is nothing."""
    if version.check is CheckState.DAMAGED:
        return "Damaged"
    if version.collapsed:
        return "Boxes lost"
    if version.twin:
        return "Number twice"
    if version.pinned:
        return "Pinned"
    return "Not read yet" if version.boxes is None else None


def _state_tone(version: BundleVersion) -> Tone:
    if version.check is CheckState.DAMAGED:
        return Tone.DANGER
    if version.collapsed or version.twin:
        return Tone.WARNING
    return Tone.ACCENT if version.pinned else Tone.NEUTRAL


def warnings_of(version: BundleVersion) -> list[str]:
    """Return what is to be warned of, a sentence each."""
    told = []
    if version.check is CheckState.DAMAGED:
        told.append("It could not be decoded whole when it was verified.")
    if version.collapsed and version.boxes is not None and version.boxes_delta is not None:
        before = version.boxes - version.boxes_delta
        told.append(f"It has {number(version.boxes)} boxes where the version before has {number(before)}.")
    if version.twin:
        told.append("Another version of the project has the same number.")
    return told


def _state_tip(version: BundleVersion) -> str:
    told = warnings_of(version)
    if version.pinned:
        told.append("It's pinned: retention never removes it.")
    if version.boxes is None:
        told.append("What it holds is read in the background.")
    return "\n".join(told)


def _version_tip(version: BundleVersion) -> str:
    twin = ": another version has this number too" if version.twin else ""
    return "Without a number" if version.version is None else f"Version {number(version.version)}{twin}"


def _delta_tip(delta: int | None, unit: str) -> str:
    if delta is None:
        return "There is nothing before it to compare with."
    return f"{number_change(delta)} {unit} against the version before" if delta else "As the version before"
