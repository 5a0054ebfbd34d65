"""What the lists of a planned and of a finished import show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePath

from syncsphere_desktop.domain.humane import size
from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.studio.audio_import.plan import PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.report import ImportedFile, ImportStatus
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.importing.file_list import FileKind, FileList
from syncsphere_desktop.ui.importing.words import names_of
from syncsphere_desktop.ui.library.words import (
    channel_words,
    exact_length,
    format_words,
    length_words,
    rate_words,
)
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide, RowT, Tone

_AT_ONCE = 500

_ANY = frozenset(AudioFormat)
_FORMATS_OF = {
    ".wav": {AudioFormat.WAV},
    ".wave": {AudioFormat.WAV},
    ".bwf": {AudioFormat.WAV},
    ".aif": {AudioFormat.AIFF},
    ".aiff": {AudioFormat.AIFF},
    ".aifc": {AudioFormat.AIFF},
    ".flac": {AudioFormat.FLAC},
    ".ogg": {AudioFormat.OGG, AudioFormat.OPUS, AudioFormat.FLAC},
    ".oga": {AudioFormat.OGG, AudioFormat.OPUS, AudioFormat.FLAC},
    ".opus": {AudioFormat.OPUS},
    ".mp3": {AudioFormat.MP3},
    ".m4a": {AudioFormat.M4A, AudioFormat.AAC},
    ".mp4": {AudioFormat.M4A, AudioFormat.AAC},
    ".aac": {AudioFormat.AAC, AudioFormat.M4A},
}
"""What may be in files of these names; of other names nobody expects anything."""

PLANNED_KINDS = (
    FileKind(Verdict.NEW.value, "New", Tone.SUCCESS),
    FileKind(Verdict.DUPLICATE.value, "Here already", Tone.NEUTRAL),
    FileKind(Verdict.NOT_AUDIO.value, "Not audio", Tone.WARNING),
    FileKind(Verdict.OTHER_FORMAT.value, "Other format", Tone.WARNING),
    FileKind(Verdict.UNREADABLE.value, "Unreadable", Tone.DANGER),
    FileKind(Verdict.SKIPPED.value, "Left out", Tone.NEUTRAL),
    FileKind(Verdict.HIDDEN.value, "Hidden", Tone.NEUTRAL),
)
IMPORTED_KINDS = (
    FileKind(ImportStatus.REJECTED.value, "Not imported", Tone.DANGER),
    FileKind(ImportStatus.CANCELLED.value, "Not come to", Tone.WARNING),
    FileKind(ImportStatus.DUPLICATE.value, "Here already", Tone.NEUTRAL),
    FileKind(ImportStatus.IMPORTED.value, "Imported", Tone.SUCCESS),
)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A planned file in a list; `id` is its place in the plan from 1, `folder` without what all share."""

    id: int
    file: PlannedFile
    folder: str
    name: str

    @property
    def kind(self) -> str:
        """Return what will become of it."""
        return self.file.verdict.value

    @property
    def why(self) -> str | None:
        """Return the reason, or a hint at a name that tells of another format than there is inside."""
        return self.file.reason or misnamed(self.file)


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What became of a file, in a list; `id` is its place in the report, from 1."""

    id: int
    file: ImportedFile
    folder: str
    name: str

    @property
    def kind(self) -> str:
        """Return what became of it."""
        return self.file.status.value


def misnamed(file: PlannedFile) -> str | None:
    """Return what is inside a file whose name tells of another format, as a sentence, or None."""
    if file.facts is None or file.facts.format in _FORMATS_OF.get(file.source.suffix.lower(), _ANY):
        return None
    inside = format_words(file.facts.format.value)
    return f"It's {inside} inside, not what its name says; it's imported as {inside}."


def planned_columns() -> tuple[Column[PlannedRow], ...]:
    """Return the columns of the preview."""
    return (
        _name(lambda row: row.name, lambda row: row.file.relative),
        _folder(lambda row: row.folder),
        _kind(PLANNED_KINDS, lambda row: row.kind),
        _length(lambda row: None if row.file.facts is None else row.file.facts.duration),
        _size(lambda row: row.file.size),
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
        _why(lambda row: row.why),
    )


def imported_columns() -> tuple[Column[ImportedRow], ...]:
    """Return the columns of the report."""
    return (
        _name(lambda row: row.name, lambda row: row.file.path),
        _folder(lambda row: row.folder),
        _kind(IMPORTED_KINDS, lambda row: row.kind),
        _length(lambda row: row.file.duration),
        _size(lambda row: row.file.size),
        Column(
            "Format",
            lambda row: None if row.file.format is None else row.file.format.value,
            sort_key="format",
            format=lambda value: format_words(str(value)),
            width=68,
        ),
        _rate(lambda row: row.file.sample_rate),
        _channels(lambda row: row.file.channels),
        Column("Row", lambda row: row.file.id, sort_key="id", kind=ColumnKind.NUMBER, width=72, hidden=True),
        _why(lambda row: row.file.reason),
    )


def planned_list(scope: TaskScope) -> FileList[PlannedRow]:
    """Return an empty list for a preview."""
    return FileList(
        scope,
        planned_columns(),
        PLANNED_KINDS,
        kind_of=lambda row: row.kind,
        search=lambda row: (row.file.relative, row.why or ""),
    )


def imported_list(scope: TaskScope) -> FileList[ImportedRow]:
    """Return an empty list for a report."""
    return FileList(
        scope,
        imported_columns(),
        IMPORTED_KINDS,
        kind_of=lambda row: row.kind,
        search=lambda row: (row.file.path, row.file.reason or ""),
    )


async def planned_rows(files: Sequence[PlannedFile]) -> list[PlannedRow]:
    """Return the rows of a plan; others go on meanwhile."""
    shared = _shared_folder([file.relative for file in files])
    rows: list[PlannedRow] = []
    for file in files:
        folder, name = names_of(file.relative)
        rows.append(PlannedRow(len(rows) + 1, file, folder[shared:], name))
        if len(rows) % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return rows


async def imported_rows(files: Sequence[ImportedFile]) -> list[ImportedRow]:
    """Return the rows of a report; others go on meanwhile."""
    shared = _shared_folder([file.path for file in files])
    rows: list[ImportedRow] = []
    for file in files:
        folder, name = names_of(file.path)
        rows.append(ImportedRow(len(rows) + 1, file, folder[shared:], name))
        if len(rows) % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return rows


def _shared_folder(paths: Sequence[str]) -> int:
    """Return how many characters of their folders all paths share, and so tell nobody anything."""
    if not paths:
        return 0
    # What the first and the last in the order of letters share, all between them share too.
    first, last = (names_of(path)[0].split("/") for path in (min(paths), max(paths)))
    parts = [
        one for one, _other in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    ]
    return len("/".join(parts)) + 1 if parts else 0


def _name(value: Callable[[RowT], str], whole: Callable[[RowT], str]) -> Column[RowT]:
    return Column("File", value, sort_key="name", tooltip=whole, width=188)


def _folder(value: Callable[[RowT], str]) -> Column[RowT]:
    return Column("Folder", value, sort_key="folder", elide=Elide.MIDDLE, width=128)


def _kind(kinds: tuple[FileKind, ...], value: Callable[[RowT], str]) -> Column[RowT]:
    by_name = {kind.name: kind for kind in kinds}
    return Column(
        "State",
        lambda row: by_name[value(row)].word,
        sort_key="kind",
        kind=ColumnKind.STATUS,
        tone=lambda row: by_name[value(row)].tone,
        width=124,
    )


def _why(value: Callable[[RowT], str | None]) -> Column[RowT]:
    """Return the last column, which gets what room the others leave."""
    return Column("Why", value, sort_key="why", width=188)


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
        width=72,
    )


def _rate(value: Callable[[RowT], int | None]) -> Column[RowT]:
    return Column(
        "Rate",
        value,
        sort_key="rate",
        kind=ColumnKind.NUMBER,
        format=lambda hertz: rate_words(hertz) if isinstance(hertz, int) else "",
        width=76,
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
