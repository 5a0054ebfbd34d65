"""What the boxes of a project are called: as its newest version that can be read names them.

A version is read once, without its samples. Boxes that stand in the table and in no version come last.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.ownership import GridTrack, GridTrackKind, unknown_track_name
from syncsphere_desktop.errors import NotFoundError, QueryError
from syncsphere_desktop.odb import TrackKind, Unit, UnitType, open_bundle

_VERSIONS_TRIED = 5
_VERSIONS_KEPT = 200

_KINDS = {
    TrackKind.NOTES: GridTrackKind.NOTES,
    TrackKind.AUDIO: GridTrackKind.AUDIO,
    TrackKind.AUTOMATION: GridTrackKind.AUTOMATION,
    TrackKind.UNDEFINED: GridTrackKind.UNKNOWN,
}
_BUSES = frozenset({UnitType.BUS, UnitType.AUX, UnitType.OUTPUT})


class TrackNames:
    """Names the boxes of projects; keeps what the versions read last told."""

    def __init__(self, database: Database) -> None:
        self._claims = OwnershipClaims(database)
        self._versions = BundleRepository(database, "")
        self._streams = BundleStreams(database)
        self._kept: OrderedDict[tuple[BundleId, RowVersion], tuple[GridTrack, ...] | None] = OrderedDict()

    async def tracks(self, project_id: ProjectId) -> tuple[GridTrack, ...]:
        """Return every box of a project in the order of the timeline. Raises AppError.

        Each unit is followed by its tracks. A project that is gone has none.
        """
        known = await self._named(project_id)
        names = {track.box_uuid for track in known}
        strange = (box for box in await self._claims.boxes(project_id) if box not in names)
        return (
            *known,
            *(
                GridTrack(box, number, unknown_track_name(box), None, GridTrackKind.UNKNOWN, in_bundle=False)
                for number, box in enumerate(strange, start=len(known))
            ),
        )

    def forget(self, project_id: ProjectId | None = None) -> None:
        """Read the versions anew when they are asked for next; they are looked up by themselves anyway."""
        del project_id  # a version is known by its row, whatever project that names
        self._kept.clear()

    async def _named(self, project_id: ProjectId) -> tuple[GridTrack, ...]:
        newest_first = ListQuery(Sort("version", descending=True), filters={"project_id": project_id})
        page, _count = await self._versions.rows.first_page(newest_first, _VERSIONS_TRIED)
        for version in page.rows:
            named = None if version is None else await self._tracks_of(version)
            if named is not None:
                return named
        return ()

    async def _tracks_of(self, version: BundleVersion) -> tuple[GridTrack, ...] | None:
        """Return what a version names; None where it can't be read."""
        key = (version.id, version.row_version)
        if key not in self._kept:
            try:
                self._kept[key] = await self._streams.read(version.id, _read)
            except NotFoundError:  # deleted at this moment
                return None
            except QueryError:  # the server can't give the bytes: its own storage is damaged
                self._kept[key] = None
            while len(self._kept) > _VERSIONS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def grid_tracks(units: Iterable[Unit]) -> tuple[GridTrack, ...]:
    """Return the rows of the grid for units in their order, tracks of one name in one unit numbered."""
    return tuple(_rows(units))


def _rows(units: Iterable[Unit]) -> Iterator[GridTrack]:
    position = 0
    for unit in units:
        kind = GridTrackKind.BUS if unit.type in _BUSES else GridTrackKind.UNIT
        yield GridTrack(unit.uuid, position, unit.name, unit.name, kind, unit_uuid=unit.uuid, icon=unit.icon)
        position += 1
        of_a_name = Counter(track.name for track in unit.tracks)
        numbers: Counter[str] = Counter()
        for track in unit.tracks:
            numbers[track.name] += 1
            name = f"{track.name} {numbers[track.name]}" if of_a_name[track.name] > 1 else track.name
            yield GridTrack(
                track.uuid,
                position,
                name,
                unit.name,
                _KINDS[track.kind],
                unit_uuid=unit.uuid,
                icon=unit.icon,
            )
            position += 1


def _read(file: BinaryIO) -> tuple[GridTrack, ...] | None:
    bundle = open_bundle(file)
    units = bundle.contents.units
    return None if bundle.problem and not units else grid_tracks(units)
