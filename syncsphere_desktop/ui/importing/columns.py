"""What the lists of a planned and of a finished import show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from syncsphere_desktop.domain.humane import size
from syncsphere_desktop.studio.audio_import.plan import PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.report import ImportedFile, ImportStatus
from syncsphere_desktop.ui.importing.file_list import FileKind
from syncsphere_desktop.ui.library.words import (
    channel_words,
    exact_length,
    format_words,
    length_words,
    rate_words,
)
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide, RowT, Tone

PLANNED_KINDS = (
    FileKind(Verdict.NEW.value, "New", Tone.SUCCESS),
    FileKind(Verdict.DUPLICATE.value, "Here already", Tone.NEUTRAL),
    FileKind(Verdict.NOT_AUDIO.value, "Not audio", Tone.WARNING),
    FileKind(Verdict.UNREADABLE.value, "Unreadable", Tone.DANGER),
    FileKind(Verdict.SKIPPED.value, "Left out", Tone.NEUTRAL),
)
IMPORTED_KINDS = (
    FileKind(ImportStatus.REJECTED.value, "Not imported", Tone.DANGER),
    FileKind(ImportStatus.CANCELLED.value, "Not come to", Tone.WARNING),
    FileKind(ImportStatus.DUPLICATE.value, "Here already", Tone.NEUTRAL),
    FileKind(ImportStatus.IMPORTED.value, "Imported", Tone.SUCCESS),
)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A planned file in a list; `id` is its place in the plan, from 1."""

    id: int
    file: PlannedFile

    @property
    def kind(self) -> str:
        """Return what will become of it."""
        return self.file.verdict.value


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What became of a file, in a list; `id` is its place in the report, from 1."""

    id: int
    file: ImportedFile

    @property
    def kind(self) -> str:
        """Return what became of it."""
        return self.file.status.value


def planned_columns() -> tuple[Column[PlannedRow], ...]:
    """Return the columns of the preview."""
    return (
        _path(lambda row: row.file.relative),
        _kind(PLANNED_KINDS, lambda row: row.kind),
        _why(lambda row: row.file.reason),
        _length(lambda row: None if row.file.facts is None else row.file.facts.duration),
        Column(
            "Format",
            lambda row: None if row.file.facts is None else row.file.facts.format.value,
            sort_key="format",
            format=lambda value: format_words(str(value)),
            tooltip=lambda row: "" if row.file.facts is None else row.file.facts.codec,
            width=68,
        ),
        _rate(lambda row: None if row.file.facts is None else row.file.facts.sample_rate),
        _channels(lambda row: None if row.file.facts is None else row.file.facts.channels),
        _size(lambda row: row.file.size),
    )


def imported_columns() -> tuple[Column[ImportedRow], ...]:
    """Return the columns of the report."""
    return (
        _path(lambda row: row.file.path),
        _kind(IMPORTED_KINDS, lambda row: row.kind),
        _why(lambda row: row.file.reason),
        _length(lambda row: row.file.duration),
        Column(
            "Format",
            lambda row: None if row.file.format is None else row.file.format.value,
            sort_key="format",
            format=lambda value: format_words(str(value)),
            width=68,
        ),
        _rate(lambda row: row.file.sample_rate),
        _channels(lambda row: row.file.channels),
        _size(lambda row: row.file.size),
        Column("Row", lambda row: row.file.id, sort_key="id", kind=ColumnKind.NUMBER, width=72, hidden=True),
    )


def _path(value: Callable[[RowT], str]) -> Column[RowT]:
    return Column("File", value, sort_key="path", elide=Elide.MIDDLE, width=272)


def _kind(kinds: tuple[FileKind, ...], value: Callable[[RowT], str]) -> Column[RowT]:
    by_name = {kind.name: kind for kind in kinds}
    order = {kind.name: place for place, kind in enumerate(kinds)}
    return Column(
        "State",
        lambda row: by_name[value(row)].word,
        sort_key="kind",
        kind=ColumnKind.STATUS,
        tone=lambda row: by_name[value(row)].tone,
        tooltip=lambda row: by_name[value(row)].word if value(row) in order else "",
        width=124,
    )


def _why(value: Callable[[RowT], str | None]) -> Column[RowT]:
    return Column("Why", value, sort_key="why", width=232)


def _length(value: Callable[[RowT], float | None]) -> Column[RowT]:
    def tooltip(row: RowT) -> str:
        seconds = value(row)
        return "" if seconds is None else exact_length(seconds)

    return Column(
        "Length",
        value,
        sort_key="length",
        kind=ColumnKind.NUMBER,
        format=lambda seconds: length_words(seconds) if isinstance(seconds, float | int) else "",
        tooltip=tooltip,
        width=76,
    )


def _rate(value: Callable[[RowT], int | None]) -> Column[RowT]:
    return Column(
        "Rate",
        value,
        sort_key="rate",
        kind=ColumnKind.NUMBER,
        format=lambda hertz: rate_words(hertz) if isinstance(hertz, int) else "",
        width=80,
    )


def _channels(value: Callable[[RowT], int | None]) -> Column[RowT]:
    return Column(
        "Channels",
        value,
        sort_key="channels",
        format=lambda count: channel_words(count) if isinstance(count, int) else "",
        width=84,
    )


def _size(value: Callable[[RowT], int | None]) -> Column[RowT]:
    return Column(
        "Size",
        value,
        sort_key="size",
        kind=ColumnKind.NUMBER,
        format=lambda count: size(count) if isinstance(count, int) else "",
        width=80,
    )


def name_of(path: PurePath) -> str:
    """Return the last part of a path as it can be shown: what is no UTF-8 in it as question marks."""
    name = path.name or str(path)
    return name.encode("utf-8", "replace").decode("utf-8")
