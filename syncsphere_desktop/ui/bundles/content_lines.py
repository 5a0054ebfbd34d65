"""The contents of a bundle as lines: units with their tracks, and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from syncsphere_desktop.domain.humane import counted, number, size
from syncsphere_desktop.odb import Sample, Track, TrackKind, Unit, UnitType
from syncsphere_desktop.odb.summary import Summary
from syncsphere_desktop.studio.bundle_contents import InLibrary
from syncsphere_desktop.ui.bundles.line_list import Line
from syncsphere_desktop.ui.bundles.words import TRACK_ICONS, TRACK_WORDS, UNIT_ICONS, UNIT_WORDS, decibels

_AUDIBLE = 0.05
"""Decibels from which a level is worth a word."""
_LIBRARY = {
    InLibrary.SAME: (
        "check",
        "success",
        "in the library",
        "The audio library has a file with the same bytes: their hashes are equal.",
    ),
    InLibrary.LIKELY: (
        "help",
        "text-muted",
        "likely in the library",
        "The audio library has a file of the same name and size; their contents were not compared.",
    ),
    InLibrary.PERHAPS: (
        "help",
        "text-muted",
        "perhaps in the library",
        "The audio library has a file of the same size under another name; their contents were not compared.",
    ),
    InLibrary.NO: (
        "minus",
        "text-muted",
        "not in the library",
        "No file of the audio library has these bytes.",
    ),
    InLibrary.UNKNOWN: ("warning", "warning", "not in the bundle", "The bundle names it without holding it."),
}


def unit_lines(bundle: Summary) -> tuple[Line, ...]:
    """Return a line for each unit with its tracks below it, in the order of the mixer."""
    lines = [line for unit in bundle.named for line in _unit_lines(unit, bundle.regions_on)]
    unnamed = bundle.units - len(bundle.named)
    more = (Line(f"and {counted(unnamed, 'more unit')}", "track"),) if unnamed else ()
    return (*lines, *more)


def _unit_lines(unit: Unit, regions: Mapping[UUID, int]) -> Iterator[Line]:
    facts = [] if unit.volume is None or abs(unit.volume) < _AUDIBLE else [decibels(unit.volume)]
    facts += ["muted"] if unit.mute else []
    facts += ["solo"] if unit.solo else []
    kind = UNIT_WORDS[unit.type] if unit.type is not UnitType.INSTRUMENT else unit.device or "Instrument"
    yield Line(
        unit.name or "Without a name",
        UNIT_ICONS[unit.type],
        " · ".join((kind, *facts)),
        tone="text",
        tip=f"{unit.name}\n{UNIT_WORDS[unit.type]}{f': {unit.device}' if unit.device else ''}\n{unit.uuid}",
    )
    for track in unit.tracks:
        yield _track_line(track, regions.get(track.uuid, 0))


def _track_line(track: Track, regions: int) -> Line:
    word = TRACK_WORDS[track.kind]
    text = f"{word}: {track.drives}" if track.kind is TrackKind.AUTOMATION and track.drives else word
    return Line(
        text if track.enabled else f"{text} (off)",
        TRACK_ICONS[track.kind],
        counted(regions, "region") if regions else "",
        level=1,
        tip=f"{track.name}\nTrack {number(track.row + 1)} of the project\n{track.uuid}",
        muted=not track.enabled,
    )


def sample_lines(samples: tuple[Sample, ...], matches: Mapping[UUID, InLibrary] | None) -> tuple[Line, ...]:
    """Return a line for each sample; whether the library has it is told where it was asked."""
    return tuple(_sample_line(sample, matches) for sample in samples)


def _sample_line(sample: Sample, matches: Mapping[UUID, InLibrary] | None) -> Line:
    found = None if matches is None else matches.get(sample.uuid)
    if found is None and not sample.in_bundle:
        found = InLibrary.UNKNOWN
    icon, tone, word, tip = _LIBRARY[found] if found is not None else ("audio", "text-muted", "", "")
    held = "" if sample.bytes is None else size(sample.bytes)
    name = sample.name or str(sample.uuid)
    unused = "" if sample.in_project else "\nNo region or device of the project uses it."
    return Line(
        name,
        icon,
        " · ".join(part for part in (held, word) if part),
        tone=tone,
        tip=f"{name}\n{tip}{unused}\n{sample.uuid}".replace("\n\n", "\n"),
        muted=not sample.in_project,
    )
