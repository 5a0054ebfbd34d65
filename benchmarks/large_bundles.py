"""Bundles that are large in one way: many boxes, or much audio. Made here, byte by byte."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path
from uuid import UUID

BOXES = 50_000
UNITS, REGIONS = 100, 4_000
_NAMES = {"unit": 1, "track": 2, "device": 3, "region": 4, "notes": 5, "note": 6}
_BLOCK = 1 << 20
_TICKS = 960


def large_graph(boxes: int = BOXES, *, changed: bool = False) -> bytes:
    """Return a `project.od` of so many boxes; the changed one differs in half of its notes and regions."""
    units, regions = boxes * UNITS // BOXES, boxes * REGIONS // BOXES
    made = [_timeline(122.0 if changed else 118.0)]
    for number in range(units):
        made += _unit(number, changed=changed)
    for number in range(regions):
        made += _region(number, units, changed=changed)
    made += [_note(number, regions, changed=changed) for number in range(boxes - len(made))]
    parts = [struct.pack(">i", len(made))]
    for index, box in enumerate(made):
        parts.append(struct.pack(">ii", len(box) + 4, index) + box)
    chunk = b"".join(parts)
    return b"OPEN" + struct.pack(">ii", 2, len(chunk)) + chunk


def bundle_of(graph: bytes) -> bytes:
    """Return a bundle with this project in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _write_project(archive, graph)
    return target.getvalue()


def write_audio_bundle(path: Path, size: int, samples: int = 10) -> None:
    """Write a bundle of about `size` bytes, all but a project of 2,000 boxes audio that can't be packed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        _write_project(archive, large_graph(2_000))
        for number in range(samples):
            name = f"samples/{_uuid('audio', number)}/audio.wav"
            with archive.open(name, "w", force_zip64=True) as entry:
                for _ in range(size // samples // _BLOCK):
                    entry.write(os.urandom(_BLOCK))


def _write_project(archive: zipfile.ZipFile, graph: bytes) -> None:
    archive.writestr("version", b"1")
    archive.writestr("uuid", UUID(int=7).bytes)
    archive.writestr("project.od", graph, zipfile.ZIP_DEFLATED)
    archive.writestr("meta.json", b'{"name": "Large"}')


def _uuid(kind: str, number: int) -> UUID:
    return UUID(int=_NAMES.get(kind, 9) << 64 | number)


def _unit(number: int, *, changed: bool) -> list[bytes]:
    volume = -3.0 if changed and number % 2 else 0.0
    unit, track = _uuid("unit", number), _uuid("track", number)
    name = f"Unit {number}{' again' if changed and number % 10 == 0 else ''}"
    return [
        _box("AudioUnitBox", unit, {1: "instrument", 11: number, 12: volume, 13: 0.0, 14: False, 15: False}),
        _box("VaporisateurDeviceBox", _uuid("device", number), {1: (unit, 22), 2: name}),
        _box("TrackBox", track, {1: (unit, 20), 10: 0, 11: 1, 20: True}),
    ]


def _region(number: int, units: int, *, changed: bool) -> list[bytes]:
    place = number // units * 4 * _TICKS + (_TICKS if changed and number % 2 else 0)
    region, notes = _uuid("region", number), _uuid("notes", number)
    track = _uuid("track", number % units)
    label = f"Part {number}"
    values = {1: (track, 3), 2: (notes, 1), 10: place, 11: 4 * _TICKS, 16: label}
    return [_box("NoteRegionBox", region, values), _box("NoteEventCollectionBox", notes, {})]


def _note(number: int, regions: int, *, changed: bool) -> bytes:
    pitch = 60 + number % 12 + (changed and number % 2)
    values = {1: (_uuid("notes", number % regions), 1), 10: number, 11: _TICKS, 20: pitch, 21: 0.8}
    return _box("NoteEventBox", _uuid("note", number), values)


def _timeline(tempo: float) -> bytes:
    return _box("TimelineBox", UUID(int=1), {31: tempo})


def _box(name: str, uuid: UUID, values: dict[int, object]) -> bytes:
    fields = [struct.pack(">4sh", b"FLDS", len(values))]
    for key, value in values.items():
        payload = _payload(value)
        fields.append(struct.pack(">hi", key, len(payload)) + payload)
    return _text(name) + uuid.bytes + b"".join(fields)


def _payload(value: object) -> bytes:
    if isinstance(value, bool):
        return b"\1" if value else b"\0"
    if isinstance(value, int):
        return struct.pack(">i", value)
    if isinstance(value, float):
        return struct.pack(">f", value)
    if isinstance(value, tuple):
        uuid: UUID
        uuid, key = value
        return b"\1" + uuid.bytes + struct.pack(">bh", 1, key)
    return _text(str(value))


def _text(value: str) -> bytes:
    return struct.pack(">i", len(value)) + value.encode("utf-16-be")
