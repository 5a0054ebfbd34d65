"""Reads a box graph as music: which units there are, how they are called, what stands on their tracks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from syncsphere_desktop.odb.contents import (
    Contents,
    Region,
    Sample,
    TimeBase,
    Track,
    TrackKind,
    Unit,
    UnitType,
)
from syncsphere_desktop.odb.graph import Box, Graph
from syncsphere_desktop.odb.values import Fields

UNIT, TRACK = "AudioUnitBox", "TrackBox"

_KINDS = (TrackKind.UNDEFINED, TrackKind.NOTES, TrackKind.AUDIO, TrackKind.AUTOMATION)
_DRIVEN = {12: "volume", 13: "panning", 14: "mute", 15: "solo"}
_DEVICE_FIELD = 22
_LAST = 1 << 31

# Boxes by the thousand, none of which is the instrument of a unit.
_NO_DEVICES = ("EventBox", "RegionBox", TRACK, "ClipBox", "CollectionBox", "FileBox")

# The class of a region, what it holds, and the key of its label.
_REGIONS = (
    ("AudioRegionBox", TrackKind.AUDIO, 15),
    ("NoteRegionBox", TrackKind.NOTES, 16),
    ("ValueRegionBox", TrackKind.AUTOMATION, None),
)

# Each for one and for several.
_UNREADABLE = ("1 box has fields that can't be read.", "{:,} boxes have fields that can't be read.")
_STRAY_TRACK = ("1 track belongs to no unit.", "{:,} tracks belong to no unit.")
_STRAY_REGION = ("1 region belongs to no track.", "{:,} regions belong to no track.")
_NO_FILE = ("1 audio region has no audio file.", "{:,} audio regions have no audio file.")


class MusicReader:
    """Reads one graph. `warnings` are complete once `contents` has returned."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._told: Counter[tuple[str, str]] = Counter()
        self._devices = self._find_devices()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is odd about the graph, a sentence each."""
        return tuple(
            one if times == 1 else several.format(times)
            for (one, several), times in self._told.items()
            if times
        )

    def contents(self) -> Contents:
        """Return all of it, the samples as the graph names them. Never fails: what is missing is left out."""
        tempo, signature = self._timeline()
        return Contents(
            units=self._units(),
            regions=tuple(self._regions()),
            samples=tuple(self._samples()),
            tempo=tempo,
            signature=signature,
        )

    def _find_devices(self) -> dict[UUID, Box]:
        """Return each unit's instrument or bus by the unit's UUID; looks at the fields of every box."""
        found: dict[UUID, Box] = {}
        unreadable = 0
        for name in self._graph.class_names:
            key = 2 if name == "AudioBusBox" else 1
            may_be_device = not name.endswith(_NO_DEVICES)
            for box in self._graph.of(name):
                fields = box.fields
                unreadable += fields.damaged
                pointer = fields.pointer(key) if may_be_device else None
                if pointer is not None and pointer.keys == (_DEVICE_FIELD,):
                    found.setdefault(pointer.uuid, box)
        self._told[_UNREADABLE] = unreadable
        return found

    def _units(self) -> tuple[Unit, ...]:
        lanes = self._lanes()
        units: list[Unit] = []
        row = 0
        for box, fields in _in_order(self._graph.of(UNIT), 11):
            built = self._unit(box, fields, lanes[box.uuid], row)
            row += len(built.tracks)
            units.append(built)
        return tuple(units)

    def _lanes(self) -> dict[UUID, list[Box]]:
        lanes: dict[UUID, list[Box]] = defaultdict(list)
        for box in self._graph.of(TRACK):
            unit = self._graph.target(box.fields.pointer(1))
            if unit is None or unit.name != UNIT:
                self._told[_STRAY_TRACK] += 1
            else:
                lanes[unit.uuid].append(box)
        return lanes

    def _unit(self, box: Box, fields: Fields, lanes: list[Box], first_row: int) -> Unit:
        device = self._devices.get(box.uuid)
        type_ = _unit_type(fields.text(1))
        name = self._unit_name(type_, device)
        details = None if device is None else device.fields
        is_bus = device is not None and device.name == "AudioBusBox"
        return Unit(
            uuid=box.uuid,
            type=type_,
            name=name,
            index=fields.integer(11) or 0,
            tracks=tuple(
                self._track(lane, of_lane, name, first_row + number)
                for number, (lane, of_lane) in enumerate(_in_order(lanes, 10))
            ),
            volume=fields.number(12),
            panning=fields.number(13),
            mute=bool(fields.flag(14)),
            solo=bool(fields.flag(15)),
            device=None if device is None else device_name(device),
            icon=(details.text(5 if is_bus else 3) or None) if details else None,
            colour=(details.text(7) or None) if details and is_bus else None,
        )

    def _unit_name(self, type_: UnitType, device: Box | None) -> str:
        if device is None:
            return type_.value.capitalize()
        return device.fields.text(6 if device.name == "AudioBusBox" else 2) or device_name(device)

    def _track(self, box: Box, fields: Fields, unit: str, row: int) -> Track:
        kind = _track_kind(fields.integer(11))
        drives = self._driven(fields) if kind is TrackKind.AUTOMATION else None
        return Track(
            uuid=box.uuid,
            name=f"{unit}: {drives}" if drives else unit,
            kind=kind,
            index=fields.integer(10) or 0,
            row=row,
            enabled=fields.flag(20) is not False,
            drives=drives,
        )

    def _driven(self, fields: Fields) -> str | None:
        """Return what an automation lane moves: a knob of the mixer, or something of a device."""
        pointer = fields.pointer(2)
        target = self._graph.target(pointer)
        if pointer is None or target is None:
            return None
        if target.name == UNIT:
            return _DRIVEN.get(pointer.keys[0]) if pointer.keys else None
        if not target.name.endswith("DeviceBox"):
            return device_name(target)
        inner = target.fields
        # An instrument has its label where an effect has its place in the chain.
        return inner.text(2) or inner.text(3) or device_name(target)

    def _regions(self) -> Iterator[Region]:
        for name, kind, label_key in _REGIONS:
            for box in self._graph.of(name):
                fields = box.fields
                track = self._graph.target(fields.pointer(1))
                if track is None or track.name != TRACK:
                    self._told[_STRAY_REGION] += 1
                    track = None
                yield Region(
                    uuid=box.uuid,
                    kind=kind,
                    track=None if track is None else track.uuid,
                    position=fields.number(10) or 0,
                    duration=fields.number(11) or 0,
                    time_base=TimeBase.SECONDS if fields.text(4) == "seconds" else TimeBase.MUSICAL,
                    label=(fields.text(label_key) or None) if label_key else None,
                    sample=self._sample_of(fields) if kind is TrackKind.AUDIO else None,
                )

    def _sample_of(self, fields: Fields) -> UUID | None:
        file = self._graph.target(fields.pointer(2))
        if file is None or file.name != "AudioFileBox":
            self._told[_NO_FILE] += 1
            return None
        return file.uuid

    def _samples(self) -> Iterator[Sample]:
        for box in self._graph.of("AudioFileBox"):
            fields = box.fields
            start, end = fields.number(1), fields.number(2)
            length = None if start is None or end is None else end - start
            yield Sample(
                uuid=box.uuid,
                name=fields.text(3) or "",
                duration=length if length is not None and length > 0 else None,
            )

    def _timeline(self) -> tuple[float | None, tuple[int, int] | None]:
        for box in self._graph.of("TimelineBox"):
            fields = box.fields
            group = fields.group(10)
            beats, unit = (group.integer(1), group.integer(2)) if group else (None, None)
            signature = (beats, unit) if beats and unit and beats > 0 and unit > 0 else None
            return fields.number(31), signature
        return None, None


def device_name(box: Box) -> str:
    """Return the class of a device as people know it: `Vaporisateur` for a `VaporisateurDeviceBox`."""
    return box.name.removesuffix("Box").removesuffix("Device") or box.name


def _in_order(boxes: Iterator[Box] | list[Box], key: int) -> list[tuple[Box, Fields]]:
    """Return boxes with their fields, by the index that they have at `key`; equals as they were made."""

    def place(pair: tuple[Box, Fields]) -> tuple[int, int]:
        index = pair[1].integer(key)
        return (_LAST if index is None else index, pair[0].index)

    return sorted(((box, box.fields) for box in boxes), key=place)


def _unit_type(text: str | None) -> UnitType:
    return UnitType(text) if text in set(UnitType) else UnitType.UNKNOWN


def _track_kind(number: int | None) -> TrackKind:
    return _KINDS[number] if number is not None and 0 <= number < len(_KINDS) else TrackKind.UNDEFINED
