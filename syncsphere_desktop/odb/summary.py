"""What is told of a bundle where its boxes and regions need not be at hand: small, and plain to hand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from syncsphere_desktop.odb.bundle import Bundle, BundleKind
from syncsphere_desktop.odb.contents import Sample, Track, TrackKind, Unit, UnitType
from syncsphere_desktop.odb.meta import ProjectMeta

MOST_TRACKS = 5_000
MOST_SAMPLES = 300_000
"""More units and tracks, or samples, are counted, and not named."""

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Summary:
    """A bundle in numbers and names. `boxes`, `tracks`, `regions` count; `named` are its units with tracks.

    `regions_on` counts them by the UUID of their track. `units` and `sample_count` count all of them, where
    `named` and `samples` have no more than `MOST_TRACKS` and `MOST_SAMPLES`.
    """

    kind: BundleKind
    size: int
    version: str | None = None
    uuid: UUID | None = None
    meta: ProjectMeta | None = None
    boxes: int = 0
    units: int = 0
    tracks: int = 0
    regions: int = 0
    sample_count: int = 0
    sample_bytes: int = 0
    samples_inside: int = 0
    tempo: float | None = None
    signature: tuple[int, int] | None = None
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    named: tuple[Unit, ...] = field(default=(), repr=False)
    samples: tuple[Sample, ...] = field(default=(), repr=False)
    regions_on: Mapping[UUID, int] = field(default_factory=dict, repr=False)


def summary_of(bundle: Bundle) -> Summary:
    """Return what is told of an opened bundle."""
    contents = bundle.contents
    inside = [sample.bytes for sample in contents.samples if sample.bytes is not None]
    named = tuple(_within(contents.units))
    tracks = {track.uuid for unit in named for track in unit.tracks}
    counted = Counter(region.track for region in contents.regions if region.track in tracks)
    return Summary(
        kind=bundle.kind,
        size=bundle.size,
        version=bundle.version,
        uuid=bundle.uuid,
        meta=bundle.meta,
        boxes=len(bundle.graph.boxes),
        units=len(contents.units),
        tracks=len(contents.tracks),
        regions=len(contents.regions),
        sample_count=len(contents.samples),
        sample_bytes=sum(inside),
        samples_inside=len(inside),
        tempo=contents.tempo,
        signature=contents.signature,
        problem=bundle.problem,
        warnings=bundle.warnings,
        named=named,
        samples=contents.samples[:MOST_SAMPLES],
        regions_on=dict(counted),
    )


def _within(units: Iterable[Unit]) -> Iterator[Unit]:
    left = MOST_TRACKS
    for unit in units:
        left -= 1 + len(unit.tracks)
        if left < 0:
            return
        yield unit


_PLAIN = (
    "size",
    "version",
    "boxes",
    "units",
    "tracks",
    "regions",
    "sample_count",
    "sample_bytes",
    "samples_inside",
    "tempo",
    "problem",
)
_META = ("name", "artist", "description", "created", "modified", "notepad")


def summary_pieces(summary: Summary) -> Iterator[dict[str, Any]]:
    """Yield a summary in pieces of what JSON has, each a few hundred values."""
    meta = summary.meta
    yield {
        **{name: getattr(summary, name) for name in _PLAIN},
        "kind": summary.kind.value,
        "uuid": None if summary.uuid is None else summary.uuid.hex,
        "meta": None
        if meta is None
        else {"tags": list(meta.tags), **{name: getattr(meta, name) for name in _META}},
        "signature": summary.signature,
        "warnings": list(summary.warnings),
    }
    for start in range(0, len(summary.named), _AT_ONCE):
        units = summary.named[start : start + _AT_ONCE]
        yield {"named": [_unit_row(unit, summary.regions_on) for unit in units]}
    for start in range(0, len(summary.samples), _AT_ONCE):
        yield {"samples": [_sample_row(sample) for sample in summary.samples[start : start + _AT_ONCE]]}


def summary_from(pieces: Iterable[Mapping[str, Any]]) -> Summary:
    """Return the summary that these pieces are of. Raises KeyError, TypeError, ValueError for others."""
    head: Mapping[str, Any] = {}
    units: list[Unit] = []
    samples: list[Sample] = []
    regions: dict[UUID, int] = {}
    for piece in pieces:
        if "named" in piece:
            units.extend(_unit(row, regions) for row in piece["named"])
        elif "samples" in piece:
            samples.extend(_sample(row) for row in piece["samples"])
        else:
            head = piece
    meta, signature = head["meta"], head["signature"]
    return Summary(
        **{name: head[name] for name in _PLAIN},
        kind=BundleKind(head["kind"]),
        uuid=None if head["uuid"] is None else UUID(head["uuid"]),
        meta=None if meta is None else ProjectMeta(**{**meta, "tags": tuple(meta["tags"])}),
        signature=None if signature is None else (signature[0], signature[1]),
        warnings=tuple(head["warnings"]),
        named=tuple(units),
        samples=tuple(samples),
        regions_on=regions,
    )


def _unit_row(unit: Unit, regions: Mapping[UUID, int]) -> list[Any]:
    tracks = [
        [
            track.uuid.hex,
            track.name,
            track.kind.value,
            track.index,
            track.row,
            track.enabled,
            track.drives,
            regions.get(track.uuid, 0),
        ]
        for track in unit.tracks
    ]
    facts = [unit.volume, unit.panning, unit.mute, unit.solo, unit.device, unit.icon, unit.colour]
    return [unit.uuid.hex, unit.type.value, unit.name, unit.index, tracks, *facts]


def _unit(row: list[Any], regions: dict[UUID, int]) -> Unit:
    uuid, kind, name, index, lanes, *facts = row
    tracks = []
    for at, title, lane, place, line, enabled, drives, on_it in lanes:
        track = Track(UUID(at), title, TrackKind(lane), place, line, enabled, drives)
        tracks.append(track)
        if on_it:
            regions[track.uuid] = on_it
    return Unit(UUID(uuid), UnitType(kind), name, index, tuple(tracks), *facts)


def _sample_row(sample: Sample) -> list[Any]:
    return [
        sample.uuid.hex,
        sample.name,
        sample.bytes,
        sample.crc32,
        sample.duration,
        sample.in_project,
    ]


def _sample(row: list[Any]) -> Sample:
    return Sample(UUID(row[0]), *row[1:])
