"""What a project holds, in the words of music: units with their tracks, regions, samples, tempo."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class UnitType(StrEnum):
    """What a mixer channel is for, by the words of the file."""

    INSTRUMENT = "instrument"
    BUS = "bus"
    AUX = "aux"
    OUTPUT = "output"
    UNKNOWN = "unknown"


class TrackKind(StrEnum):
    """What a lane of the timeline holds."""

    UNDEFINED = "undefined"
    NOTES = "notes"
    AUDIO = "audio"
    AUTOMATION = "automation"


class TimeBase(StrEnum):
    """What the duration of a region is counted in: ticks, 960 a quarter note, or seconds."""

    MUSICAL = "musical"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Track:
    """A lane. `name` is its unit's, with what it drives where it is automation: `Bass: volume`.

    `row` is its place among all the lanes of the project, from 0; `index` restarts in each unit.
    """

    uuid: UUID
    name: str
    kind: TrackKind
    index: int
    row: int
    enabled: bool
    drives: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A mixer channel with its lanes. `volume` in dB, `panning` from -1 to 1; None where the file has none.

    `device` is the class of its instrument or bus, without the word DeviceBox or Box.
    """

    uuid: UUID
    type: UnitType
    name: str
    index: int
    tracks: tuple[Track, ...]
    volume: float | None = None
    panning: float | None = None
    mute: bool = False
    solo: bool = False
    device: str | None = None
    icon: str | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """What stands on a lane. `position` in ticks, 960 a quarter note; `duration` in its `time_base`.

    `track` is None where it leads nowhere; `sample` is an audio region's.
    """

    uuid: UUID
    kind: TrackKind
    track: UUID | None
    position: float
    duration: float
    time_base: TimeBase = TimeBase.MUSICAL
    label: str | None = None
    sample: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """An audio file that the project names, that the bundle holds, or both.

    `bytes` is the size of its audio in the bundle, unpacked, and `crc32` its checksum, both as the bundle's
    directory claims; None where the bundle does not hold it. `duration` in seconds. `in_project` says whether
    a box names it.
    """

    uuid: UUID
    name: str
    bytes: int | None = None
    crc32: int | None = None
    duration: float | None = None
    in_project: bool = True

    @property
    def in_bundle(self) -> bool:
        """Whether the bundle holds the audio itself."""
        return self.bytes is not None


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything of a project that is named in words of music. `tempo` in beats a minute.

    `soundfonts` maps the UUIDs of those in the bundle to their sizes in bytes.
    """

    units: tuple[Unit, ...] = ()
    regions: tuple[Region, ...] = ()
    samples: tuple[Sample, ...] = ()
    tempo: float | None = None
    signature: tuple[int, int] | None = None
    soundfonts: dict[UUID, int] = field(default_factory=dict)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Return all the lanes, in the order of the timeline."""
        return tuple(track for unit in self.units for track in unit.tracks)
