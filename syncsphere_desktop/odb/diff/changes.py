"""What differs between two bundles, as values: nothing here says how it was found or how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from syncsphere_desktop.odb.contents import Region, Sample, Track, TrackKind, Unit

T = TypeVar("T")

Plain = str | int | float | bool | tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs. `field` is a word such as `volume` or `position`."""

    field: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """A thing that is in both, with what differs."""

    before: T
    after: T
    fields: tuple[FieldChange, ...]

    def field(self, name: str) -> FieldChange | None:
        """Return the change of one field, or None."""
        return next((change for change in self.fields if change.field == name), None)


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    """What became of all things of one kind."""

    added: tuple[T, ...] = ()
    removed: tuple[T, ...] = ()
    changed: tuple[Changed[T], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class UnitTrack:
    """A track with the unit that it belongs to."""

    track: Track
    unit: Unit


@dataclass(frozen=True, slots=True)
class TrackRegion:
    """A region with its track and unit, None where it stands on none."""

    region: Region
    track: Track | None
    unit: Unit | None


@dataclass(frozen=True, slots=True)
class Device:
    """An instrument or an effect. `unit` is the UUID of the unit that it belongs to, None where unknown."""

    uuid: UUID
    name: str
    label: str
    unit: UUID | None


@dataclass(frozen=True, slots=True)
class EventChanges:
    """How many notes, or points of automation, differ on one track.

    `track` and `unit` are of the bundle that has them, the later one where both do; None for events that
    stand on no track, such as those of the tempo.
    """

    kind: TrackKind
    track: Track | None
    unit: Unit | None
    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many boxes of a class were added, removed, changed."""

    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class BundleDiff:
    """All that differs. `mixer` has the units whose volume, panning, mute or solo differ.

    `names` are all units by their UUIDs, those of the later bundle first; `beats` is its time signature.
    `anew` says that the UUIDs were made anew, so that things were told to be the same by their content.
    `other` counts, by class, the boxes that differ and that no word of music stands for; it is empty where
    UUIDs were made anew.
    """

    units: Changes[Unit] = field(default_factory=Changes)
    tracks: Changes[UnitTrack] = field(default_factory=Changes)
    regions: Changes[TrackRegion] = field(default_factory=Changes)
    samples: Changes[Sample] = field(default_factory=Changes)
    devices: Changes[Device] = field(default_factory=Changes)
    mixer: tuple[Changed[Unit], ...] = ()
    notes: tuple[EventChanges, ...] = ()
    automation: tuple[EventChanges, ...] = ()
    tempo: FieldChange | None = None
    signature: FieldChange | None = None
    meta: tuple[FieldChange, ...] = ()
    other: Mapping[str, Counts] = field(default_factory=dict)
    anew: bool = False
    names: Mapping[UUID, Unit] = field(default_factory=dict, repr=False)
    beats: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        """Whether anything differs."""
        parts = (self.units, self.tracks, self.regions, self.samples, self.devices, self.mixer, self.notes)
        rest = (self.automation, self.tempo, self.signature, self.meta, self.other)
        return any(parts) or any(rest)
