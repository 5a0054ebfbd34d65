"""What restoring a version would change, and whose tracks those are, told before it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.odb.diff import Paragraph, ParagraphKind
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, OwnProcess
from syncsphere_desktop.studio.bundles.child.jobs import tell_difference
from syncsphere_desktop.studio.bundles.opening import BundleOpener


class Presence(Protocol):
    """Tells who has a project open at this moment, by name: the live feed."""

    def active(self, project_id: ProjectId) -> Collection[str] | None:
        """Return the names, or None while it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class UnitImpact:
    """What becomes of one unit. `owners` are who holds it or one of its tracks now, by name."""

    paragraph: Paragraph
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreImpact:
    """What restoring `version` would change in what `newest` is now.

    `newest` is None where the project has no other version to compare with. `is_compared` is False where
    there is none, or one of both can't be read whole; `problems` says why. `units` are those that differ.
    `online` is who has the project open, None where that is not known.
    """

    version: BundleVersion
    newest: BundleVersion | None
    is_compared: bool = False
    units: tuple[UnitImpact, ...] = ()
    problems: tuple[str, ...] = ()
    online: tuple[str, ...] | None = None

    @property
    def owners(self) -> tuple[str, ...]:
        """Return everybody whose tracks would change, by name."""
        return tuple(sorted({owner for unit in self.units for owner in unit.owners}))


async def restore_impact(
    database: Database,
    bundle_id: BundleId,
    *,
    worker: BundleWorker | None = None,
    presence: Presence | None = None,
) -> RestoreImpact:
    """Compare a version with its project's newest one; changes nothing.

    `worker` compares, this process itself where none is given. Raises NotFoundError, AppError.
    """
    bundles = BundleRepository(database, "")
    version = await bundles.get(bundle_id)
    if version.project_id is None:
        return RestoreImpact(version, None, problems=("The version belongs to no project.",))
    impact = RestoreImpact(
        version, await bundles.newest(version.project_id), online=_online(presence, version.project_id)
    )
    if impact.newest is None or impact.newest.id == version.id:
        return impact
    opener = BundleOpener(BundleStreams(database), worker or OwnProcess())
    opened = [(one, (await opener.open(one)).summary) for one in (impact.newest, version)]
    problems = tuple(f"{one.title}: {told.problem}" for one, told in opened if told.problem)
    holders = await _holders(database, version.project_id)
    owners = {str(uuid): ", ".join(sorted(held)) for uuid, held in holders.items()}
    pieces = await opener.about(
        {"before": impact.newest, "after": version}, tell_difference, {"owners": owners}
    )
    units = tuple(_impact(row, holders) for rows in pieces for row in rows)
    return replace(impact, is_compared=not problems, units=units, problems=problems)


def _online(presence: Presence | None, project_id: ProjectId) -> tuple[str, ...] | None:
    names = None if presence is None else presence.active(project_id)
    return None if names is None else tuple(sorted(set(names)))


def _impact(row: list[Any], holders: Mapping[UUID, frozenset[str]]) -> UnitImpact:
    kind, subject, unit, parts, details, owners_before, boxes = row
    owners = frozenset[str]().union(*(holders.get(UUID(box), frozenset()) for box in boxes))
    paragraph = Paragraph(
        ParagraphKind(kind),
        subject,
        None if unit is None else UUID(unit),
        tuple(parts),
        tuple(details),
        tuple(owners_before),
        tuple(owners_before),
    )
    # UUIDs that were made anew: the matching knows whose it was.
    return UnitImpact(paragraph, tuple(sorted(owners or owners_before)))


async def _holders(database: Database, project_id: ProjectId) -> dict[UUID, frozenset[str]]:
    """Return who holds each box; several rows may name one box."""
    held: dict[UUID, frozenset[str]] = {}
    rows = OwnershipRepository(database, "").rows
    async for box in rows.all(ListQuery(Sort("id"), filters={"project_id": project_id})):
        if box.owner_name is not None:
            held[box.box_uuid] = held.get(box.box_uuid, frozenset()) | {box.owner_name}
    return held
