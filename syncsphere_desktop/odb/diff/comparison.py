"""Compares two bundles: which units, tracks, regions and samples differ, and in what."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from syncsphere_desktop.odb.bundle import Bundle
from syncsphere_desktop.odb.contents import Contents, Sample, TrackKind, Unit
from syncsphere_desktop.odb.diff.changes import (
    BundleDiff,
    Changed,
    Changes,
    Counts,
    Device,
    EventChanges,
    FieldChange,
    Plain,
    TrackRegion,
    UnitTrack,
)
from syncsphere_desktop.odb.diff.events import NOTE, POINT, Events, Place, count_changes
from syncsphere_desktop.odb.diff.matching import Keys, Matching, both, match, moved
from syncsphere_desktop.odb.graph import Box, Graph
from syncsphere_desktop.odb.reading import device_name

T = TypeVar("T")

_ANEW_BELOW = 0.25
"""Two projects that share less than this of their units and tracks had their UUIDs made anew."""

_MIXER = ("volume", "panning", "mute", "solo")
_TOLERANCE = 1e-5
_LABEL_KEYS = (2, 3)
_TOLD_ELSEWHERE = frozenset(
    {"AudioUnitBox", "TrackBox", "AudioFileBox", "TimelineBox", NOTE, POINT, "ProjectMetaBox", "AudioBusBox"}
    | {"AudioRegionBox", "NoteRegionBox", "ValueRegionBox"}
)


def compare(before: Bundle, after: Bundle) -> BundleDiff:
    """Return what differs between two bundles. Both may be damaged: what could be read is compared."""
    return _Comparison(before, after).diff()


class _Comparison:
    """One comparison; each step builds on the pairs that the one before it found."""

    def __init__(self, before: Bundle, after: Bundle) -> None:
        self._before, self._after = before, after
        self._anew = _were_made_anew(before.contents, after.contents)
        self._units = self._match_units()
        self._unit_now = {old.uuid: new.uuid for old, new in self._units.pairs}
        self._tracks = self._match_tracks()
        self._track_now = {old.track.uuid: new.track.uuid for old, new in self._tracks.pairs}
        self._samples = self._match_samples()
        self._sample_now = {old.uuid: new.uuid for old, new in self._samples.pairs}

    def diff(self) -> BundleDiff:
        before, after = self._before.contents, self._after.contents
        earlier, later = Events(self._before.graph), Events(self._after.graph)
        return BundleDiff(
            units=self._unit_changes(),
            tracks=self._track_changes(),
            regions=self._region_changes(),
            samples=_changes(self._samples, _sample_fields),
            devices=self._device_changes(),
            mixer=_changes(self._units, _mixer_fields).changed,
            notes=self._event_changes(TrackKind.NOTES, earlier.notes, later.notes),
            automation=self._event_changes(TrackKind.AUTOMATION, earlier.points, later.points),
            tempo=_differing("tempo", before.tempo, after.tempo),
            signature=_differing("signature", before.signature, after.signature),
            meta=tuple(_meta_fields(self._before, self._after)),
            other={} if self._anew else _other_boxes(self._before.graph, self._after.graph),
            anew=self._anew,
            names={unit.uuid: unit for unit in (*before.units, *after.units)},
            beats=after.signature,
        )

    def _match_units(self) -> Matching[Unit]:
        keys: list[Keys[Unit]] = [both(lambda unit: unit.uuid)]
        if self._anew:
            keys.append(both(lambda unit: (unit.type, unit.name)))
            keys.append(both(lambda unit: (unit.type, unit.device, unit.index)))
        return match(self._before.contents.units, self._after.contents.units, *keys)

    def _unit_changes(self) -> Changes[Unit]:
        former = {unit.uuid: place for place, unit in enumerate(self._before.contents.units)}
        places = moved([former[old.uuid] for old, _ in self._units.pairs])
        orders = {
            new.uuid: FieldChange("position", former[old.uuid], place)
            for place, (old, new) in enumerate(self._units.pairs)
            if place in places
        }

        def fields(old: Unit, new: Unit) -> Iterator[FieldChange | None]:
            yield _differing("name", old.name, new.name)
            yield orders.get(new.uuid)
            yield _differing("type", old.type.value, new.type.value)
            yield _differing("device", old.device, new.device)
            yield _differing("colour", old.colour, new.colour)

        return _changes(self._units, fields)

    def _match_tracks(self) -> Matching[UnitTrack]:
        keys: list[Keys[UnitTrack]] = [both(lambda place: place.track.uuid)]
        if self._anew:
            keys.append(
                (
                    lambda place: (
                        self._unit_now.get(place.unit.uuid, place.unit.uuid),
                        place.track.kind,
                        place.track.drives,
                    ),
                    lambda place: (place.unit.uuid, place.track.kind, place.track.drives),
                )
            )
        return match(_unit_tracks(self._before.contents), _unit_tracks(self._after.contents), *keys)

    def _track_changes(self) -> Changes[UnitTrack]:
        orders = dict(self._track_orders())

        def fields(old: UnitTrack, new: UnitTrack) -> Iterator[FieldChange | None]:
            if self._unit_now.get(old.unit.uuid, old.unit.uuid) != new.unit.uuid:
                yield FieldChange("unit", old.unit.name, new.unit.name)
            yield orders.get(new.track.uuid)
            yield _differing("kind", old.track.kind.value, new.track.kind.value)
            yield _differing("drives", old.track.drives, new.track.drives)
            yield _differing("enabled", old.track.enabled, new.track.enabled)

        return _changes(self._tracks, fields)

    def _track_orders(self) -> Iterator[tuple[UUID, FieldChange]]:
        """Yield tracks that left the order of their unit."""
        of_unit: dict[UUID, list[tuple[UnitTrack, UnitTrack]]] = {}
        for old, new in self._tracks.pairs:
            if self._unit_now.get(old.unit.uuid, old.unit.uuid) == new.unit.uuid:
                of_unit.setdefault(new.unit.uuid, []).append((old, new))
        for pairs in of_unit.values():
            for position in moved([old.track.row for old, _ in pairs]):
                old, new = pairs[position]
                yield new.track.uuid, FieldChange("position", old.track.index, new.track.index)

    def _match_samples(self) -> Matching[Sample]:
        keys: list[Keys[Sample]] = [both(lambda sample: sample.uuid)]
        if self._anew:
            keys.append(both(lambda sample: (sample.name, sample.crc32, sample.bytes)))
            keys.append(both(lambda sample: sample.name or None))
        return match(self._before.contents.samples, self._after.contents.samples, *keys)

    def _region_changes(self) -> Changes[TrackRegion]:
        found = match(
            _track_regions(self._before.contents), _track_regions(self._after.contents), *self._region_keys()
        )

        def fields(old: TrackRegion, new: TrackRegion) -> Iterator[FieldChange | None]:
            if self._track_key(old) != self._uuid_of_track(new):
                yield FieldChange("track", _track_name(old), _track_name(new))
            yield _differing("position", old.region.position, new.region.position)
            yield _differing("duration", old.region.duration, new.region.duration)
            yield _differing("label", old.region.label, new.region.label)
            sample = old.region.sample
            if (None if sample is None else self._sample_now.get(sample, sample)) != new.region.sample:
                names = (_sample_name(self._before, sample), _sample_name(self._after, new.region.sample))
                yield FieldChange("sample", *names)

        return _changes(found, fields)

    def _region_keys(self) -> list[Keys[TrackRegion]]:
        keys: list[Keys[TrackRegion]] = [both(lambda place: place.region.uuid)]
        if self._anew:
            tracks = (self._track_key, self._uuid_of_track)
            for content in (_whole_content, _label):
                before, after = (_on_track(track, content) for track in tracks)
                keys.append((before, after))
        return keys

    def _track_key(self, place: TrackRegion) -> Place:
        """Return the UUID that the region's track has in the later bundle."""
        track = self._uuid_of_track(place)
        return None if track is None else self._track_now.get(track, track)

    @staticmethod
    def _uuid_of_track(place: TrackRegion) -> Place:
        return None if place.track is None else place.track.uuid

    def _device_changes(self) -> Changes[Device]:
        before, after = _devices(self._before), _devices(self._after)
        keys: list[Keys[tuple[Device, Box]]] = [both(lambda pair: pair[0].uuid)]
        if self._anew:
            keys.append(
                (
                    lambda pair: (self._unit_now.get(pair[0].unit or pair[0].uuid), pair[0].name),
                    lambda pair: (pair[0].unit, pair[0].name),
                )
            )
        found = match(before, after, *keys)
        changed = []
        for (old, old_box), (new, new_box) in found.pairs:
            fields = [change for change in [_differing("label", old.label, new.label)] if change]
            if not fields and not self._anew and not old_box.has_the_fields_of(new_box):
                fields.append(FieldChange("settings", None, None))
            if fields:
                changed.append(Changed(old, new, tuple(fields)))
        return Changes(
            added=tuple(device for device, _ in found.added),
            removed=tuple(device for device, _ in found.removed),
            changed=tuple(changed),
        )

    def _event_changes(
        self, kind: TrackKind, before: Mapping[Place, list[Box]], after: Mapping[Place, list[Box]]
    ) -> tuple[EventChanges, ...]:
        counts = count_changes(before, after, self._track_now, anew=self._anew)
        places = {
            place.track.uuid: place
            for contents in (self._before.contents, self._after.contents)
            for place in _unit_tracks(contents)
        }
        found = []
        for uuid, numbers in counts.items():
            place = None if uuid is None else places.get(uuid)
            track, unit = (None, None) if place is None else (place.track, place.unit)
            found.append(EventChanges(kind, track, unit, *numbers))
        return tuple(sorted(found, key=lambda change: change.track.row if change.track else -1))


def _were_made_anew(before: Contents, after: Contents) -> bool:
    earlier = {unit.uuid for unit in before.units} | {track.uuid for track in before.tracks}
    later = {unit.uuid for unit in after.units} | {track.uuid for track in after.tracks}
    smaller = min(len(earlier), len(later))
    return bool(smaller) and len(earlier & later) < _ANEW_BELOW * smaller


def _changes(found: Matching[T], fields: Callable[[T, T], Iterator[FieldChange | None]]) -> Changes[T]:
    changed = []
    for old, new in found.pairs:
        differing = tuple(change for change in fields(old, new) if change is not None)
        if differing:
            changed.append(Changed(old, new, differing))
    return Changes(found.added, found.removed, tuple(changed))


def _differing(field: str, before: Plain, after: Plain) -> FieldChange | None:
    """Return the change, or None where both are equal; floats that differ by rounding alone are."""
    if before == after and isinstance(before, bool) == isinstance(after, bool):
        return None
    if (
        isinstance(before, int | float)
        and isinstance(after, int | float)
        and math.isclose(before, after, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
        and not isinstance(before, bool)
    ):
        return None
    return FieldChange(field, before, after)


def _mixer_fields(old: Unit, new: Unit) -> Iterator[FieldChange | None]:
    for name in _MIXER:
        yield _differing(name, getattr(old, name), getattr(new, name))


def _sample_fields(old: Sample, new: Sample) -> Iterator[FieldChange | None]:
    yield _differing("name", old.name, new.name)
    yield _differing("bytes", old.bytes, new.bytes)
    yield _differing("duration", old.duration, new.duration)
    if old.bytes == new.bytes and old.crc32 != new.crc32:
        yield FieldChange("content", None, None)


def _meta_fields(before: Bundle, after: Bundle) -> Iterator[FieldChange]:
    if before.meta is None or after.meta is None:
        return
    for name in ("name", "artist", "description"):
        change = _differing(name, getattr(before.meta, name), getattr(after.meta, name))
        if change is not None:
            yield change


def _on_track(
    track: Callable[[TrackRegion], Place], content: Callable[[TrackRegion], Hashable]
) -> Callable[[TrackRegion], Hashable]:
    return lambda place: (track(place), content(place))


def _label(place: TrackRegion) -> Hashable:
    return place.region.kind, place.region.label


def _whole_content(place: TrackRegion) -> Hashable:
    return (_label(place), place.region.position, place.region.duration)


def _unit_tracks(contents: Contents) -> tuple[UnitTrack, ...]:
    return tuple(UnitTrack(track, unit) for unit in contents.units for track in unit.tracks)


def _track_regions(contents: Contents) -> Sequence[TrackRegion]:
    places = {place.track.uuid: place for place in _unit_tracks(contents)}
    found = []
    for region in contents.regions:
        place = None if region.track is None else places.get(region.track)
        found.append(
            TrackRegion(region, None, None) if place is None else TrackRegion(region, place.track, place.unit)
        )
    return found


def _track_name(place: TrackRegion) -> str | None:
    return None if place.track is None else place.track.name


def _sample_name(bundle: Bundle, uuid: UUID | None) -> str | None:
    if uuid is None:
        return None
    return next((sample.name for sample in bundle.contents.samples if sample.uuid == uuid), str(uuid))


def _devices(bundle: Bundle) -> tuple[tuple[Device, Box], ...]:
    units = {unit.uuid for unit in bundle.contents.units}
    names = [name for name in bundle.graph.class_names if name.endswith("DeviceBox")]
    found = []
    for box in bundle.graph.of(*names):
        fields = box.fields
        host = fields.pointer(1)
        label = next((text for text in map(fields.text, _LABEL_KEYS) if text), "")
        unit = host.uuid if host is not None and host.uuid in units else None
        found.append((Device(box.uuid, device_name(box), label or device_name(box), unit), box))
    return tuple(found)


def _other_boxes(before: Graph, after: Graph) -> dict[str, Counts]:
    """Count boxes by class that differ and that nothing else of a diff tells of."""
    counts: dict[str, Counter[str]] = {}
    for name in dict.fromkeys((*before.class_names, *after.class_names)):
        if name in _TOLD_ELSEWHERE or name.endswith("DeviceBox"):
            continue
        former = {box.uuid: box for box in before.of(name)}
        told = counts.setdefault(name, Counter())
        for box in after.of(name):
            old = former.pop(box.uuid, None)
            told["added"] += old is None
            told["changed"] += old is not None and not old.has_the_fields_of(box)
        told["removed"] += len(former)
    return {name: replace(Counts(), **told) for name, told in counts.items() if told.total()}
