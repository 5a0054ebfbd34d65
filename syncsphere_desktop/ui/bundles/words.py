"""What the parts of bundles are called, and how their numbers are told."""

from __future__ import annotations

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import counted, number, size
from syncsphere_desktop.odb import BundleKind, TrackKind, UnitType
from syncsphere_desktop.odb.summary import Summary

MINUS = "−"

KIND_WORDS = {
    BundleKind.BUNDLE: "Bundle",
    BundleKind.JSON_BUNDLE: "Bundle with a JSON project",
    BundleKind.GRAPH: "Project without samples",
    BundleKind.JSON_GRAPH: "JSON project without samples",
    BundleKind.NEWER: "Of a newer version",
    BundleKind.DAMAGED: "Damaged",
    BundleKind.EMPTY: "Empty",
    BundleKind.FOREIGN: "No bundle",
}
UNIT_ICONS = {
    UnitType.INSTRUMENT: "instrument",
    UnitType.BUS: "bus",
    UnitType.AUX: "bus",
    UnitType.OUTPUT: "output",
    UnitType.UNKNOWN: "track",
}
UNIT_WORDS = {
    UnitType.INSTRUMENT: "Instrument",
    UnitType.BUS: "Bus",
    UnitType.AUX: "Aux",
    UnitType.OUTPUT: "Output",
    UnitType.UNKNOWN: "Unit",
}
TRACK_ICONS = {
    TrackKind.NOTES: "notes",
    TrackKind.AUDIO: "audio",
    TrackKind.AUTOMATION: "automation",
    TrackKind.UNDEFINED: "track",
}
TRACK_WORDS = {
    TrackKind.NOTES: "Notes",
    TrackKind.AUDIO: "Audio",
    TrackKind.AUTOMATION: "Automation",
    TrackKind.UNDEFINED: "Track",
}


def version_name(version: BundleVersion) -> str:
    """Return what a version is called: `Version 12`, or its id where it has no number."""
    return version.title


def version_of_project(version: BundleVersion) -> str:
    """Return what a version is called among those of other projects."""
    name = version_name(version)
    return f"{name} of {version.project_name}" if version.project_name else name


def size_change(delta: int) -> str:
    """Return a difference in bytes as in `+12.4 kB`, or `same`."""
    return "same" if delta == 0 else f"{'+' if delta > 0 else MINUS}{size(abs(delta))}"


def number_change(delta: int) -> str:
    """Return a difference as in `+12`, or `same`."""
    return "same" if delta == 0 else f"{'+' if delta > 0 else MINUS}{number(abs(delta))}"


def tempo_words(tempo: float | None) -> str:
    """Return a tempo as in `118 bpm`, or nothing."""
    return "" if tempo is None else f"{tempo:.2f}".rstrip("0").rstrip(".") + " bpm"


def signature_words(signature: tuple[int, int] | None) -> str:
    """Return a time signature as in `4/4`, or nothing."""
    return "" if signature is None else f"{signature[0]}/{signature[1]}"


def decibels(value: float) -> str:
    """Return a level as in `−3.0 dB`."""
    rounded = f"{abs(value):.1f}"
    return f"{MINUS if value < 0 and rounded != '0.0' else ''}{rounded} dB"


def in_short(bundle: Summary) -> str:
    """Return what a bundle holds in one line, as in `5 units · 4 tracks · 2 regions`."""
    parts = (
        counted(bundle.units, "unit"),
        counted(bundle.tracks, "track"),
        counted(bundle.regions, "region"),
    )
    return " · ".join(parts)
