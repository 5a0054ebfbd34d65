"""`ownership release|assign`: tracks change hands, for a reason, after a time of grace."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from syncsphere_desktop.cli.database import chosen_target, opened
from syncsphere_desktop.cli.feed_options import add_feed_options, chosen_feed
from syncsphere_desktop.cli.ownership_telling import telling_owners, told_sentence
from syncsphere_desktop.cli.people import add_yes_option, check_can_ask, confirmed, found_project, found_user
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.user import User
    from syncsphere_desktop.feed.endpoint import FeedEndpoint
    from syncsphere_desktop.settings import ConnectionTarget
    from syncsphere_desktop.studio.ownership.acting import ActPlan, ActReport, ActScope

_LONGEST_GRACE = 86_400.0
_WHICH = "At least one of --project, --person and --box says which tracks; together they narrow it down."


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the commands."""
    release = commands.add_parser(
        "release",
        parents=[connection],
        help="leave tracks without an owner",
        description=_WHICH,
    )
    _add_options(release)
    release.set_defaults(command=_act, to=None)
    assign = commands.add_parser(
        "assign",
        parents=[connection],
        help="hand tracks over to somebody, or claim them for somebody",
        description=_WHICH,
    )
    assign.add_argument("--to", required=True, metavar="USER", help="who gets them")
    _add_options(assign)
    assign.set_defaults(command=_act)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", metavar="PROJECT", help="tracks of this project, by id or name")
    parser.add_argument("--person", metavar="USER", help="tracks that this user holds")
    parser.add_argument(
        "--box", action="append", type=_uuid, metavar="UUID", help="this track; can be given again"
    )
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept in the audit log")
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait so long before it is done; Ctrl+C calls it off",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="tell what would change hands, and change nothing"
    )
    add_yes_option(parser)
    add_feed_options(parser)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no UUID") from None


def _seconds(text: str) -> float:
    if not (text.isascii() and text.replace(".", "", 1).isdigit() and float(text) <= _LONGEST_GRACE):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds up to a day")
    return float(text)


@dataclass(frozen=True, slots=True)
class _Done:
    plan: ActPlan
    report: ActReport | None
    silence: str | None = None
    """Why nobody could be told."""


def _act(namespace: argparse.Namespace) -> int:
    if namespace.project is None and namespace.person is None and not namespace.box:
        raise UsageError("Which tracks? Give --project, --person or --box.")
    if not namespace.dry_run:
        check_can_ask(namespace)
    from syncsphere_desktop.cli.event_loop import run_async

    with chosen_target(namespace) as target:
        done = run_async(_with_database(namespace, target))
    tell(_document(done), as_json=wants_json(namespace), text=printable(_text(done, namespace)))
    if done.report is not None:
        return 0
    return 0 if namespace.dry_run or not done.plan.boxes else 1


async def _with_database(namespace: argparse.Namespace, target: ConnectionTarget) -> _Done:
    endpoint = chosen_feed(target, namespace)
    async with opened(target) as database:
        return await _carry_out(database, endpoint, namespace)


async def _carry_out(
    database: Database, endpoint: FeedEndpoint | None, namespace: argparse.Namespace
) -> _Done:
    from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
    from syncsphere_desktop.studio.actor import current_actor
    from syncsphere_desktop.studio.ownership.acting import OwnershipActs

    repository = OwnershipRepository(database, current_actor())
    scope, to = await _scope(database, namespace)
    plan = await OwnershipActs(repository).plan(scope, to, namespace.reason)
    if namespace.dry_run or not plan.boxes or not confirmed(namespace, plan.sentence):
        return _Done(plan, None)
    async with telling_owners(database, endpoint, plan) as way:
        if way.silence is not None and plan.owners and not wants_json(namespace):
            print(printable(way.silence), file=sys.stderr)
        tick = None if wants_json(namespace) else _tick
        report = await OwnershipActs(repository, way.telling).carry_out(plan, namespace.grace, tick)
        return _Done(plan, report, way.silence)


async def _scope(database: Database, namespace: argparse.Namespace) -> tuple[ActScope, User | None]:
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor
    from syncsphere_desktop.studio.ownership.acting import ActScope

    users = UserRepository(database, current_actor())
    projects = ProjectRepository(database, current_actor())
    project = None if namespace.project is None else await found_project(projects, namespace.project)
    person = None if namespace.person is None else await found_user(users, namespace.person)
    to = None if namespace.to is None else await found_user(users, namespace.to)
    scope = ActScope(
        project_id=None if project is None else project.id,
        owner_id=None if person is None else person.id,
        boxes=tuple(dict.fromkeys(namespace.box)) if namespace.box else None,
    )
    return scope, to


def _tick(left: float) -> None:
    print(f"{left:.0f} s left; Ctrl+C calls it off.", file=sys.stderr)


def _text(done: _Done, namespace: argparse.Namespace) -> str:
    if done.report is not None:
        told = told_sentence(done.plan, done.report.told, done.silence)
        return done.report.sentence if told is None else f"{done.report.sentence} {told}"
    if not done.plan.boxes:
        return (
            "There is no such track to release."
            if namespace.to is None
            else "There is no such track to give."
        )
    return done.plan.sentence if namespace.dry_run else "Nothing was changed."


def _document(done: _Done) -> dict[str, object]:
    assignment = None if done.report is None else done.report.assignment
    return {
        "applied": done.report is not None,
        "plan": done.plan.sentence if done.plan.boxes else None,
        "reason": done.plan.reason,
        "to_id": None if done.plan.to is None else done.plan.to.id,
        "tracks": [
            {
                "row_id": None if box.row is None else box.row.id,
                "project_id": box.project_id,
                "project": box.project_name,
                "box_uuid": str(box.box_uuid),
                "owner_id": None if box.row is None else box.row.owner_id,
                "owner": box.owner_name,
            }
            for box in done.plan.boxes
        ],
        "told": 0 if done.report is None else done.report.told,
        "not_told": None if done.report is None else done.silence,
        "changed": [] if assignment is None else [row.row_id for row in assignment.changed],
        "conflicts": []
        if assignment is None
        else [
            {"row_id": one.row_id, "owner_id": one.found, "gone": one.gone} for one in assignment.conflicts
        ],
    }
