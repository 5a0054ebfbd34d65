"""The rows of the grid, made of what the newest bundle and the table know."""

from __future__ import annotations

from uuid import UUID

from syncsphere_desktop.domain.ownership import GridTrack, GridTrackKind, unknown_track_name
from syncsphere_desktop.domain.ownership_box import Box
from syncsphere_desktop.ui.ownership.values import Held, Track

_ICONS = {
    GridTrackKind.NOTES: "notes",
    GridTrackKind.AUDIO: "audio",
    GridTrackKind.AUTOMATION: "automation",
    GridTrackKind.UNIT: "instrument",
    GridTrackKind.BUS: "bus",
    GridTrackKind.UNKNOWN: "track",
}
KIND_WORDS = {
    GridTrackKind.NOTES: "Notes",
    GridTrackKind.AUDIO: "Audio",
    GridTrackKind.AUTOMATION: "Automation",
    GridTrackKind.UNIT: "Unit",
    GridTrackKind.BUS: "Bus",
    GridTrackKind.UNKNOWN: "Unknown",
}


def shown_track(track: GridTrack) -> Track:
    """Return a track as a row of the grid."""
    is_unit = track.kind in (GridTrackKind.UNIT, GridTrackKind.BUS)
    return Track(
        track.box_uuid,
        track.name,
        track.unit,
        _ICONS[track.kind],
        KIND_WORDS[track.kind],
        track.in_bundle,
        is_unit,
    )


def unknown_track(box_uuid: UUID) -> Track:
    """Return a row for a box that no bundle knows."""
    return Track(
        box_uuid,
        unknown_track_name(box_uuid),
        icon=_ICONS[GridTrackKind.UNKNOWN],
        kind=KIND_WORDS[GridTrackKind.UNKNOWN],
        in_bundle=False,
    )


def held_of(box: Box) -> Held:
    """Return who holds a box, as the grid shows it."""
    since = box.since
    return Held(box.owners, None if since is None else since.timestamp(), box.is_confirmed)
