"""The values that the past is shown by: windows of time, lanes of tracks, pictures of moments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership import GridTrack, Holding
from syncsphere_desktop.domain.ownership_history import HeatRow, HistoryState, Lane
from syncsphere_desktop.ui.ownership.track_names import shown_track, unknown_track
from syncsphere_desktop.ui.ownership.values import Held, Track


class Past(Protocol):
    """Reads what was recorded; met by `OwnershipHistory`. Raises AppError; SchemaError without a history."""

    async def state(self) -> HistoryState: ...
    async def newest_id(self) -> int: ...
    async def at(self, project_id: ProjectId, moment: datetime) -> tuple[Holding, ...]: ...
    async def lanes(self, project_id: ProjectId, start: datetime, end: datetime) -> tuple[Lane, ...]: ...
    async def heat(self, start: datetime, end: datetime, buckets: int) -> tuple[HeatRow, ...]: ...


class Reach(StrEnum):
    """How much time is looked at."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def seconds(self) -> int:
        """Return how long it is."""
        return _SECONDS[self]

    @property
    def part(self) -> int:
        """Return how many seconds a cell of the heat map stands for."""
        return _PARTS[self]


_SECONDS = {Reach.HOUR: 3600, Reach.DAY: 86400, Reach.WEEK: 7 * 86400, Reach.MONTH: 30 * 86400}
_PARTS = {Reach.HOUR: 300, Reach.DAY: 3600, Reach.WEEK: 4 * 3600, Reach.MONTH: 86400}
REACH_WORDS = {Reach.HOUR: "Hour", Reach.DAY: "Day", Reach.WEEK: "Week", Reach.MONTH: "Month"}
PART_WORDS = {Reach.HOUR: "5 minutes", Reach.DAY: "hour", Reach.WEEK: "4 hours", Reach.MONTH: "day"}


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, in seconds since 1970, from `start` to `end`."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return self.end - self.start

    def holds(self, moment: float) -> bool:
        """Return whether a moment lies in it."""
        return self.start <= moment <= self.end


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody held a track from `start` to `end`, within the window; the flags tell what lies outside."""

    owner: UserId
    start: float
    end: float
    began: float | None
    """When it really began, None where that is not known."""
    goes_on: bool


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A track with who held it over a window, in the order of time."""

    track: Track
    stretches: tuple[Stretch, ...]
    starts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PastWindow:
    """What happened to a project's tracks over a window; `moments` are the times of its changes, sorted."""

    window: Window
    lanes: tuple[LaneRow, ...] = ()
    moments: tuple[float, ...] = ()
    owners: frozenset[UserId] = frozenset()


def past_window(tracks: Sequence[GridTrack], lanes: Iterable[Lane], window: Window) -> PastWindow:
    """Return lanes in the order of the timeline; boxes that no bundle knows come last."""
    by_box = {lane.box_uuid: lane for lane in lanes}
    known = [shown_track(track) for track in tracks]
    boxes = {track.box_uuid for track in known}
    known += [unknown_track(box) for box in by_box if box not in boxes]
    moments: set[float] = set()
    owners: set[UserId] = set()
    rows = []
    for track in known:
        lane = by_box.get(track.box_uuid)
        stretches = () if lane is None else _stretches(lane, window, moments)
        owners.update(one.owner for one in stretches)
        rows.append(LaneRow(track, stretches, tuple(one.start for one in stretches)))
    return PastWindow(window, tuple(rows), tuple(sorted(moments)), frozenset(owners))


def _stretches(lane: Lane, window: Window, moments: set[float]) -> tuple[Stretch, ...]:
    found = []
    for span in lane.spans:
        began = None if span.start is None else span.start.timestamp()
        ended = None if span.end is None else span.end.timestamp()
        for moment in (began, ended):
            if moment is not None and window.holds(moment):
                moments.add(moment)
        start = window.start if began is None else max(began, window.start)
        end = window.end if ended is None else ended
        found.append(Stretch(span.owner_id, start, end, began, ended is None))
    return tuple(sorted(found, key=lambda one: one.start))


def held_then(holdings: Collection[Holding]) -> Mapping[UUID, Held]:
    """Return who held what, as the grid shows it."""
    return {
        one.box_uuid: Held(one.owners, None if one.since is None else one.since.timestamp())
        for one in holdings
    }


def utc(seconds: float) -> datetime:
    """Return a moment with its zone."""
    return datetime.fromtimestamp(seconds, UTC)
