"""`ownership history|forget`: what happened to tracks, who held what then, and dropping old months."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.listing import add_list_options, query_of, read_rows, tell_rows
from syncsphere_desktop.cli.people import (
    add_yes_option,
    check_can_ask,
    confirmed,
    found_project,
    found_user,
    iso,
)
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.domain.ownership import unknown_track_name
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.ids import ProjectId, UserId
    from syncsphere_desktop.domain.listing import FilterValue
    from syncsphere_desktop.domain.ownership import Holding
    from syncsphere_desktop.domain.ownership_history import OwnershipEvent

_KINDS = ("claimed", "released", "handed_over", "added", "removed")
_COLUMNS = ("at", "project", "track", "kind", "owner", "previous_owner", "application", "database_role")
_THEN = ("track", "box_uuid", "state", "owner", "since")


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the commands."""
    history = commands.add_parser(
        "history",
        parents=[connection],
        help="what happened to tracks, or with --at who held what then",
    )
    add_list_options(history, default_sort="id", sort_keys=("id", "at"))
    history.add_argument("--project", metavar="PROJECT", help="events of this project, by id or name")
    history.add_argument("--person", metavar="USER", help="events that this user won or lost a track by")
    history.add_argument("--box", type=_uuid, metavar="UUID", help="events of this track")
    history.add_argument("--kind", choices=_KINDS, help="events of this kind")
    history.add_argument("--since", type=_time, metavar="TIME", help="events from then on, in ISO 8601")
    history.add_argument("--until", type=_time, metavar="TIME", help="events before then")
    history.add_argument("--at", type=_time, metavar="TIME", help="the project's grid as it was then")
    history.set_defaults(command=_history)
    forget = commands.add_parser(
        "forget",
        parents=[connection],
        help="drop old months of the history",
        description="Whole months (UTC) are dropped at once; nothing else holds what was in them.",
    )
    forget.add_argument(
        "--before", required=True, type=_month, metavar="YYYY-MM", help="the first month to keep"
    )
    forget.add_argument("--dry-run", action="store_true", help="tell what would go, and drop nothing")
    add_yes_option(forget)
    forget.set_defaults(command=_forget)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no UUID") from None


def _time(text: str) -> datetime:
    """Return a time; one without a zone is this machine's."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"“{text}” is no time such as 2026-11-22T18:30") from None


def _month(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no month such as 2026-11") from None


def _history(namespace: argparse.Namespace) -> int:
    if namespace.at is None:
        return _log(namespace)
    if namespace.project is None:
        raise UsageError("Whose grid? Give --project with --at.")
    project, tracks = with_database(namespace, lambda database: _then(database, namespace))
    if wants_json(namespace):
        document = {"project_id": project, "at": iso(namespace.at), "tracks": tracks}
        tell(document, as_json=True, text="")
    else:
        tell_rows(namespace, tracks, len(tracks), document=lambda track: track, columns=_THEN)
    return 0


async def _then(
    database: Database, namespace: argparse.Namespace
) -> tuple[ProjectId, list[dict[str, object]]]:
    from syncsphere_desktop.database.repositories.ownership_history import OwnershipHistory
    from syncsphere_desktop.studio.ownership.naming import TrackNames
    from syncsphere_desktop.studio.ownership.titles import Titles

    project = await _project(database, namespace.project)
    tracks = await TrackNames(database).tracks(project)
    places = {track.box_uuid: track.position for track in tracks}
    holdings = await OwnershipHistory(database).at(project, namespace.at)
    ordered = sorted(holdings, key=lambda held: (places.get(held.box_uuid, len(places)), held.box_uuid))
    names = {track.box_uuid: track.name for track in tracks}
    titles = Titles(database)
    people = {owner: await titles.user(owner) for held in ordered for owner in held.owners}
    return project, [_held(held, names, people) for held in ordered]


def _held(holding: Holding, names: Mapping[UUID, str], people: Mapping[UserId, str]) -> dict[str, object]:
    return {
        "box_uuid": str(holding.box_uuid),
        "track": names.get(holding.box_uuid) or unknown_track_name(holding.box_uuid),
        "state": holding.state.value,
        "owner_id": holding.owner,
        "owner": ", ".join(people[owner] for owner in holding.owners) or None,
        "owners": [{"id": owner, "name": people[owner]} for owner in holding.owners],
        "since": iso(holding.since),
        "row_ids": list(holding.row_ids),
    }


def _log(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> tuple[list[OwnershipEvent], int, dict[tuple[object, UUID], str]]:
        from syncsphere_desktop.database.repositories.ownership_history import OwnershipHistory

        query = query_of(namespace, await _filters(database, namespace))
        rows, total = await read_rows(OwnershipHistory(database).events, query, namespace)
        return rows, total, await _names(database, rows)

    rows, total, names = with_database(namespace, work)
    tell_rows(
        namespace,
        rows,
        total,
        document=lambda event: _document(event, names.get((event.project_id, event.box_uuid))),
        columns=_COLUMNS,
    )
    return 0


async def _filters(database: Database, namespace: argparse.Namespace) -> dict[str, FilterValue]:
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor

    filters: dict[str, FilterValue] = {}
    if namespace.project is not None:
        filters["project_id"] = await _project(database, namespace.project)
    if namespace.person is not None:
        users = UserRepository(database, current_actor())
        filters["user_id"] = (await found_user(users, namespace.person)).id
    if namespace.box is not None:
        filters["box_uuid"] = str(namespace.box)
    if namespace.kind is not None:
        filters["kind"] = namespace.kind
    for name in ("since", "until"):
        if getattr(namespace, name) is not None:
            filters[name] = getattr(namespace, name).isoformat()
    return filters


async def _project(database: Database, text: str) -> ProjectId:
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.studio.actor import current_actor

    return (await found_project(ProjectRepository(database, current_actor()), text)).id


async def _names(database: Database, events: list[OwnershipEvent]) -> dict[tuple[object, UUID], str]:
    from syncsphere_desktop.studio.ownership.naming import TrackNames

    names = TrackNames(database)
    found: dict[tuple[object, UUID], str] = {}
    for project in {event.project_id for event in events}:
        if project is not None:
            tracks = await names.tracks(project)
            found |= {(project, track.box_uuid): track.name for track in tracks if track.in_bundle}
    return found


def _document(event: OwnershipEvent, track: str | None) -> dict[str, object]:
    return {
        "id": event.id,
        "at": iso(event.at),
        "project_id": event.project_id,
        "project": event.project_name,
        "box_uuid": str(event.box_uuid),
        "track": track or unknown_track_name(event.box_uuid),
        "row_id": event.row_id,
        "kind": event.kind.value,
        "owner_id": event.owner_id,
        "owner": event.owner_name,
        "previous_owner_id": event.previous_owner_id,
        "previous_owner": event.previous_owner_name,
        "database_role": event.database_role,
        "application": event.application,
        "origin": event.origin,
    }


def _forget(namespace: argparse.Namespace) -> int:
    if not namespace.dry_run:
        check_can_ask(namespace)

    async def work(database: Database) -> tuple[int, list[str] | None]:
        from syncsphere_desktop.database.repositories.ownership_months import HistoryMonths

        months = HistoryMonths(database)
        events = await months.events_before(namespace.before)
        sentence = f"Drops {events:,} events from before {namespace.before:%B %Y}, for good."
        if namespace.dry_run or not confirmed(namespace, sentence):
            return events, None
        gone = await months.forget_before(namespace.before)
        await months.make()
        return events, [f"{month:%Y-%m}" for month in gone]

    events, gone = with_database(namespace, work)
    document = {
        "before": f"{namespace.before:%Y-%m}",
        "events": events,
        "months": gone or [],
        "applied": gone is not None,
    }
    would = f"{events:,} events are from before {namespace.before:%B %Y}."
    done = f"Dropped {events:,} events from before {namespace.before:%B %Y}."
    text = done if gone is not None else would if namespace.dry_run else "Nothing was dropped."
    tell(document, as_json=wants_json(namespace), text=text)
    return 0 if gone is not None or namespace.dry_run else 1
