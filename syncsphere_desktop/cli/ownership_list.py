"""`ownership list`: who holds which track now, by the names of the newest version."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.listing import DEFAULT_LIMIT, tell_rows, whole_number
from syncsphere_desktop.cli.people import found_project, found_user, iso
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.ids import OwnershipId, ProjectId
    from syncsphere_desktop.domain.ownership import GridTrack, Holding
    from syncsphere_desktop.domain.ownership_acts import HeldBox

_STATES = ("held", "unowned", "contested")
_COLUMNS = ("project", "position", "track", "kind", "state", "owner", "since", "box_uuid")

Row = dict[str, object]


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("list", parents=[connection], help="list tracks and who holds them")
    parser.add_argument("--project", metavar="PROJECT", help="tracks of this project, by id or name")
    parser.add_argument("--person", metavar="USER", help="tracks that this user holds, also beside others")
    parser.add_argument("--state", choices=_STATES, help="tracks with one owner, none, or several")
    parser.add_argument(
        "--all",
        action="store_true",
        help="of a project also the tracks that nobody ever held, which are in its newest version alone",
    )
    parser.add_argument(
        "--limit",
        type=whole_number,
        default=DEFAULT_LIMIT,
        metavar="N",
        help="at most N tracks; 0 for all (default: %(default)s)",
    )
    parser.set_defaults(command=_list)


def _list(namespace: argparse.Namespace) -> int:
    narrowed = namespace.person is not None or namespace.state not in {None, "unowned"}
    if namespace.all and (namespace.project is None or narrowed):
        raise UsageError("Give --all with --project, and at most with --state unowned.")
    rows, total = with_database(namespace, lambda database: _rows(database, namespace))
    tell_rows(namespace, rows, total, document=dict, columns=_COLUMNS)
    return 0


async def _rows(database: Database, namespace: argparse.Namespace) -> tuple[list[Row], int]:
    """Return the rows that are wanted, by project in the order of its timeline, and how many there are."""
    from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
    from syncsphere_desktop.studio.actor import current_actor

    project, title, holdings = await _holdings(database, namespace)
    named = await OwnershipRepository(database, current_actor()).boxes_of(project_id=project)
    names = {held.row.id: held for held in named if held.row is not None}
    by_project: dict[ProjectId | None, list[Holding]] = {}
    for holding in sorted(holdings, key=lambda one: _number(one.project_id)):
        by_project.setdefault(holding.project_id, []).append(holding)
    rows: list[Row] = []
    total = 0
    for at, held in by_project.items() or {project: []}.items():
        # Versions are read for what is shown alone.
        wanted = not namespace.limit or len(rows) < namespace.limit
        tracks = await _tracks(database, at) if wanted or namespace.all else {}
        if namespace.all and project is not None:
            there = {one.box_uuid for one in await _all_of(database, project)}
            held.extend(_never_held(project, track) for box, track in tracks.items() if box not in there)
        total += len(held)
        if wanted:
            told = [_row(one, names, tracks.get(one.box_uuid), title) for one in held]
            rows.extend(sorted(told, key=lambda row: _number(row["position"])))
    return rows[: namespace.limit] if namespace.limit else rows, total


async def _holdings(
    database: Database, namespace: argparse.Namespace
) -> tuple[ProjectId | None, str | None, list[Holding]]:
    from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor

    project = title = person = None
    if namespace.project is not None:
        found = await found_project(ProjectRepository(database, current_actor()), namespace.project)
        project, title = found.id, found.name
    if namespace.person is not None:
        users = UserRepository(database, current_actor())
        person = (await found_user(users, namespace.person)).id
    claims = OwnershipClaims(database)
    holdings = await (claims.all_holdings() if project is None else claims.holdings(project))
    kept = [
        one
        for one in holdings
        if (person is None or person in one.owners)
        and (namespace.state is None or one.state.value == namespace.state)
    ]
    return project, title, kept


async def _all_of(database: Database, project: ProjectId) -> tuple[Holding, ...]:
    from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims

    return await OwnershipClaims(database).holdings(project)


async def _tracks(database: Database, project: ProjectId | None) -> Mapping[UUID, GridTrack]:
    from syncsphere_desktop.studio.ownership.naming import TrackNames

    if project is None:
        return {}
    return {track.box_uuid: track for track in await TrackNames(database).tracks(project)}


def _never_held(project: ProjectId, track: GridTrack) -> Holding:
    from syncsphere_desktop.domain.ownership import Holding

    return Holding(track.box_uuid, (), project_id=project)


def _row(
    holding: Holding, names: Mapping[OwnershipId, HeldBox], track: GridTrack | None, title: str | None
) -> Row:
    rows = [names[row] for row in holding.row_ids if row in names]
    people = {row.row.owner_id: row.owner_name for row in rows if row.row is not None}
    project = next((row.project_name for row in rows), title)
    owners: list[Mapping[str, object]] = [
        {"id": owner, "name": people.get(owner)} for owner in holding.owners
    ]
    return {
        "project_id": holding.project_id,
        "project": project,
        "box_uuid": str(holding.box_uuid),
        "track": None if track is None else track.name,
        "unit": None if track is None else track.unit,
        "kind": None if track is None else track.kind.value,
        "position": None if track is None else track.position,
        "in_bundle": track is not None and track.in_bundle,
        "state": holding.state.value,
        "owner_id": holding.owner,
        "owner": ", ".join(str(one["name"] or one["id"]) for one in owners) or None,
        "owners": owners,
        "since": iso(holding.since),
        "row_ids": list(holding.row_ids),
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 1 << 62
