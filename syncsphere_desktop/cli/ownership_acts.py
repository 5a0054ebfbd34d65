"""`ownership release|assign`: tracks change hands, for a reason, after a time of grace."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.people import add_yes_option, check_can_ask, confirmed, found_project, found_user
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.user import User
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


def _act(namespace: argparse.Namespace) -> int:
    if namespace.project is None and namespace.person is None and not namespace.box:
        raise UsageError("Which tracks? Give --project, --person or --box.")
    if not namespace.dry_run:
        check_can_ask(namespace)
    done = with_database(namespace, lambda database: _carry_out(database, namespace))
    tell(_document(done), as_json=wants_json(namespace), text=printable(_text(done, namespace)))
    if done.report is not None:
        return 0
    return 0 if namespace.dry_run or not done.plan.boxes else 1


async def _carry_out(database: Database, namespace: argparse.Namespace) -> _Done:
    from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
    from syncsphere_desktop.studio.actor import current_actor
    from syncsphere_desktop.studio.ownership.acting import OwnershipActs

    acts = OwnershipActs(OwnershipRepository(database, current_actor()))
    scope, to = await _scope(database, namespace)
    plan = await acts.plan(scope, to, namespace.reason)
    if namespace.dry_run or not plan.boxes or not confirmed(namespace, plan.sentence):
        return _Done(plan, None)
    return _Done(plan, await acts.carry_out(plan, namespace.grace, None if wants_json(namespace) else _tick))


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
        return done.report.sentence
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
        "changed": [] if assignment is None else [row.row_id for row in assignment.changed],
        "conflicts": []
        if assignment is None
        else [
            {"row_id": one.row_id, "owner_id": one.found, "gone": one.gone} for one in assignment.conflicts
        ],
    }
