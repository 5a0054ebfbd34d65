"""Bundles and their differences as plain documents, for JSON. The keys are stable: scripts hang on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from syncsphere_desktop.odb.bundle import Bundle
from syncsphere_desktop.odb.contents import Sample, Unit
from syncsphere_desktop.odb.diff.changes import (
    BundleDiff,
    Changes,
    Device,
    EventChanges,
    FieldChange,
    TrackRegion,
    UnitTrack,
)

T = TypeVar("T")
Document = dict[str, object]


def bundle_document(bundle: Bundle) -> Document:
    """Return what a bundle is and holds: every box, the units with their tracks, the samples."""
    contents = bundle.contents
    return {
        "kind": bundle.kind.value,
        "version": bundle.version,
        "uuid": None if bundle.uuid is None else str(bundle.uuid),
        "meta": None if bundle.meta is None else asdict(bundle.meta),
        "size": bundle.size,
        "problem": bundle.problem,
        "boxes": [
            {"uuid": str(box.uuid), "name": box.name, "index": box.index} for box in bundle.graph.boxes
        ],
        "units": [_unit_with_tracks(unit) for unit in contents.units],
        "regions": len(contents.regions),
        "samples": [_sample(sample) for sample in contents.samples],
        "tempo": contents.tempo,
        "signature": None if contents.signature is None else list(contents.signature),
        "warnings": list(bundle.warnings),
    }


def diff_document(difference: BundleDiff) -> Document:
    """Return what differs, each kind of thing with `added`, `removed` and `changed`."""
    return {
        "units": _changes(difference.units, _unit),
        "tracks": _changes(difference.tracks, _track),
        "regions": _changes(difference.regions, _region),
        "samples": _changes(difference.samples, _sample),
        "tempo": _values(difference.tempo, difference.signature),
        "mixer": {
            "added": [],
            "removed": [],
            "changed": [
                {**_unit(change.after), "changes": _fields(change.fields)} for change in difference.mixer
            ],
        },
        "devices": _changes(difference.devices, _device),
        "notes": [_events(change) for change in difference.notes],
        "automation": [_events(change) for change in difference.automation],
        "meta": _fields(difference.meta),
        "other": {name: asdict(counts) for name, counts in difference.other.items()},
        "anew": difference.anew,
    }


def _changes(changes: Changes[T], document: Callable[[T], Document]) -> Document:
    return {
        "added": [document(thing) for thing in changes.added],
        "removed": [document(thing) for thing in changes.removed],
        "changed": [
            {**document(change.after), "changes": _fields(change.fields)} for change in changes.changed
        ],
    }


def _values(*changes: FieldChange | None) -> Document:
    """Return values that come, go or change, and are no things of their own."""
    told: dict[str, list[Document]] = {"added": [], "removed": [], "changed": []}
    for change in changes:
        if change is None:
            continue
        kind = "added" if change.before is None else "removed" if change.after is None else "changed"
        told[kind].extend(_fields((change,)))
    return {**told}


def _fields(changes: tuple[FieldChange, ...]) -> list[Document]:
    return [{"field": change.field, "before": change.before, "after": change.after} for change in changes]


def _unit(unit: Unit) -> Document:
    return {"uuid": str(unit.uuid), "type": unit.type.value, "name": unit.name, "index": unit.index}


def _unit_with_tracks(unit: Unit) -> Document:
    tracks = [
        {"uuid": str(track.uuid), "name": track.name, "kind": track.kind.value, "index": track.index}
        for track in unit.tracks
    ]
    return {**_unit(unit), "tracks": tracks}


def _track(place: UnitTrack) -> Document:
    track = place.track
    return {
        "uuid": str(track.uuid),
        "name": track.name,
        "kind": track.kind.value,
        "index": track.index,
        "unit": place.unit.name,
    }


def _region(place: TrackRegion) -> Document:
    region = place.region
    return {
        "uuid": str(region.uuid),
        "kind": region.kind.value,
        "label": region.label,
        "position": region.position,
        "duration": region.duration,
        "track": None if place.track is None else place.track.name,
    }


def _sample(sample: Sample) -> Document:
    return {"uuid": str(sample.uuid), "name": sample.name, "bytes": sample.bytes}


def _device(device: Device) -> Document:
    return {"uuid": str(device.uuid), "name": device.name, "label": device.label}


def _events(change: EventChanges) -> Document:
    return {
        "track": None if change.track is None else change.track.name,
        "unit": None if change.unit is None else change.unit.name,
        "added": change.added,
        "removed": change.removed,
        "changed": change.changed,
    }
