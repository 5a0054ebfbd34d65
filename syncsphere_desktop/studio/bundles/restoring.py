"""What restoring a version would change, and whose tracks those are, told before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.odb import Bundle, Unit, open_bundle
from syncsphere_desktop.odb.diff import BundleDiff, Paragraph, compare, describe


@dataclass(frozen=True, slots=True)
class UnitImpact:
    """What becomes of one unit. `owners` are who holds it or one of its tracks now, by name."""

    paragraph: Paragraph
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreImpact:
    """What restoring `version` would change in what `newest` is now.

    `newest` is None where the project has no other version to compare with. `difference` is None where one
    of both can't be read whole; `problems` says why. `units` are those that differ.
    """

    version: BundleVersion
    newest: BundleVersion | None
    difference: BundleDiff | None = None
    units: tuple[UnitImpact, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def owners(self) -> tuple[str, ...]:
        """Return everybody whose tracks would change, by name."""
        return tuple(sorted({owner for unit in self.units for owner in unit.owners}))


async def restore_impact(database: Database, bundle_id: BundleId) -> RestoreImpact:
    """Compare a version with its project's newest one; changes nothing.

    Raises NotFoundError, AppError.
    """
    bundles, streams = BundleRepository(database, ""), BundleStreams(database)
    version = await bundles.get(bundle_id)
    if version.project_id is None:
        return RestoreImpact(version, None, problems=("The version belongs to no project.",))
    newest = await bundles.newest(version.project_id)
    if newest is None or newest.id == version.id:
        return RestoreImpact(version, newest)
    now, then = await streams.read(newest.id, open_bundle), await streams.read(version.id, open_bundle)
    problems = tuple(
        f"Version {one.version}: {bundle.problem}"
        for one, bundle in ((newest, now), (version, then))
        if bundle.problem
    )
    difference = compare(now, then)
    holders = await _holders(database, version.project_id)
    units = _impacts(difference, holders, now, then)
    return RestoreImpact(version, newest, difference if not problems else None, units, problems)


def _impacts(
    difference: BundleDiff, holders: Mapping[UUID, frozenset[str]], now: Bundle, then: Bundle
) -> tuple[UnitImpact, ...]:
    units = {unit.uuid: unit for unit in (*then.contents.units, *now.contents.units)}
    names = {uuid: ", ".join(sorted(held)) for uuid, held in holders.items()}
    impacts = []
    for paragraph in describe(difference, owners_before=names, owners_after=names):
        unit = None if paragraph.unit is None else units.get(paragraph.unit)
        owners = frozenset[str]() if unit is None else _owners(unit, holders)
        if not owners:  # UUIDs that were made anew: the matching knows whose it was
            owners = frozenset(paragraph.owners_before)
        impacts.append(UnitImpact(paragraph, tuple(sorted(owners))))
    return tuple(impacts)


def _owners(unit: Unit, holders: Mapping[UUID, frozenset[str]]) -> frozenset[str]:
    boxes = (unit.uuid, *(track.uuid for track in unit.tracks))
    return frozenset[str]().union(*(holders.get(box, frozenset()) for box in boxes))


async def _holders(database: Database, project_id: ProjectId) -> dict[UUID, frozenset[str]]:
    """Return who holds each box; several rows may name one box."""
    held: dict[UUID, frozenset[str]] = {}
    rows = OwnershipRepository(database, "").rows
    async for box in rows.all(ListQuery(Sort("id"), filters={"project_id": project_id})):
        if box.owner_name is not None:
            held[box.box_uuid] = held.get(box.box_uuid, frozenset()) | {box.owner_name}
    return held
