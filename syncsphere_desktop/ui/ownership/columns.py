"""The columns of the flat list: who holds which track, over all projects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership import BoxOwnership, GridTrackKind, HoldingState, unknown_track_name
from syncsphere_desktop.domain.ownership_box import Box
from syncsphere_desktop.domain.presence import Presence
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.known_names import KnownNames
from syncsphere_desktop.ui.ownership.parts import Watch
from syncsphere_desktop.ui.ownership.track_names import KIND_WORDS
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide, Tone
from syncsphere_desktop.ui.tables.times import time_column

_TONES = {
    "Held": Tone.SUCCESS,
    "Unowned": Tone.NEUTRAL,
    "Stale": Tone.WARNING,
    "Contested": Tone.DANGER,
    "Claiming…": Tone.ACCENT,
}


class RowFacts:
    """What is known of a row of the table beside what it says itself."""

    def __init__(self, names: KnownNames, watch: Watch, clock: GridClock) -> None:
        self._names = names
        self._watch = watch
        self._clock = clock

    def track(self, row: BoxOwnership) -> str:
        """Return the track's name, or what stands for it; blank while it is being read."""
        track = self._names.find(row.project_id, row.box_uuid)
        if track is not None:
            return track.name
        return unknown_track_name(row.box_uuid) if self._names.is_known(row.project_id) else ""

    def unit(self, row: BoxOwnership) -> str | None:
        """Return the unit that a track is in, or what else the box is."""
        track = self._names.find(row.project_id, row.box_uuid)
        if track is None or not track.in_bundle:
            return None
        is_unit = track.kind in (GridTrackKind.UNIT, GridTrackKind.BUS)
        return KIND_WORDS[track.kind] if is_unit or track.unit is None else track.unit

    def state(self, row: BoxOwnership) -> str:
        """Return whether the box is held, unowned, contested, stale, or about to change."""
        box = self._box(row)
        if box is not None and not box.is_confirmed:
            return "Claiming…"
        if box is not None and box.state is HoldingState.CONTESTED:
            return "Contested"
        if row.owner_id is None:
            return "Unowned"
        return "Stale" if self.is_stale(row, row.owner_id) else "Held"

    def is_stale(self, row: BoxOwnership, owner: UserId) -> bool:
        """Return whether the row's holder is away for long."""
        return self._presence(row).is_stale((owner,), self._clock.utc())

    def _box(self, row: BoxOwnership) -> Box | None:
        return None if row.project_id is None else self._watch.picture(row.project_id).boxes.get(row.box_uuid)

    def _presence(self, row: BoxOwnership) -> Presence:
        return Presence() if row.project_id is None else self._watch.presence(row.project_id)


def holding_columns(facts: RowFacts, now: Callable[[], datetime]) -> tuple[Column[BoxOwnership], ...]:
    """Return the columns; `now` is the server's clock, for relative times."""
    return (
        Column("Track", facts.track, key="track", width=170),
        Column("Unit", facts.unit, key="unit", width=100),
        Column("Project", lambda row: row.project_name, sort_key="project", width=130),
        Column(
            "Held by",
            lambda row: row.owner_name,
            sort_key="owner",
            kind=ColumnKind.PERSON,
            person=lambda row: row.owner_id,
            width=140,
        ),
        Column(
            "State",
            facts.state,
            key="state",
            kind=ColumnKind.STATUS,
            tone=lambda row: _TONES[facts.state(row)],
            width=104,
        ),
        time_column("Since", lambda row: row.updated_at or row.created_at, "updated_at", now),
        Column(
            "Box",
            lambda row: row.box_uuid,
            key="box",
            kind=ColumnKind.MONO,
            elide=Elide.MIDDLE,
            width=120,
            hidden=True,
        ),
        Column("Row", lambda row: row.id, sort_key="id", kind=ColumnKind.NUMBER, width=64, hidden=True),
    )
