"""The history of ownership in memory, made of the events that a studio in memory recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId
from syncsphere_desktop.domain.ownership import Holding
from syncsphere_desktop.domain.ownership_history import (
    HeatRow,
    HistoryState,
    Lane,
    OwnershipEvent,
    RowEvent,
    lanes_of,
)
from tests.fakes.rows import Gate, Rows


class InMemoryPast:
    """Looks back at events; `state_now` is what it tells of itself."""

    def __init__(self, events: Rows[OwnershipEvent], gate: Gate) -> None:
        self._events = events
        self._gate = gate
        self.state_now = HistoryState(readable=True, recording=True)

    async def state(self) -> HistoryState:
        await self._gate()
        oldest = min((event.at for event in self._events), default=None)
        return replace(self.state_now, since=oldest)

    async def newest_id(self) -> int:
        await self._gate()
        return max((event.id for event in self._all()), default=0)

    async def at(self, project_id: ProjectId, moment: datetime) -> tuple[Holding, ...]:
        await self._gate()
        last: dict[OwnershipId, OwnershipEvent] = {}
        for event in self._all():
            if event.project_id == project_id and event.at <= moment and event.row_id is not None:
                last[event.row_id] = event
        return tuple(
            Holding(
                event.box_uuid,
                () if event.owner_id is None else (event.owner_id,),
                event.at,
                (row,),
                None,
                project_id,
                (event.owner_id,),
            )
            for row, event in last.items()
        )

    async def lanes(self, project_id: ProjectId, start: datetime, end: datetime) -> tuple[Lane, ...]:
        holdings = await self.at(project_id, start)
        events = [
            RowEvent(one.row_id, one.box_uuid, one.at, one.owner_id, one.previous_owner_id)
            for one in self._all()
            if one.project_id == project_id and one.row_id is not None and start < one.at <= end
        ]
        return lanes_of(holdings, events, window_start=start)

    async def heat(self, start: datetime, end: datetime, buckets: int) -> tuple[HeatRow, ...]:
        await self._gate()
        found: dict[ProjectId | None, list[int]] = {}
        names: dict[ProjectId | None, str | None] = {}
        for event in self._all():
            if start <= event.at < end:
                counts = found.setdefault(event.project_id, [0] * buckets)
                counts[int((event.at - start) / (end - start) * buckets)] += 1
                names[event.project_id] = event.project_name
        return tuple(HeatRow(one, names[one], tuple(counts)) for one, counts in found.items())

    def _all(self) -> list[OwnershipEvent]:
        return sorted(self._events, key=lambda event: event.id)
