"""`bundle prune`: remove old versions by rules, shown before it is done."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.people import add_yes_option, check_can_ask, confirmed, found_project, iso
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import text_table
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.humane import size as humane_size

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.retention import Decision, RetentionPlan
    from syncsphere_desktop.studio.bundles.retention import Pruned

_INTERVALS = ("day", "week", "month", "year", "none")
_SHOWN = 100
_COLUMNS = ("id", "project_id", "version", "size", "created_at", "reason")


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "prune",
        parents=[connection],
        help="remove old versions by rules",
        description="The newest version of a project, the labelled and the pinned always stay.",
    )
    parser.add_argument("--project", metavar="PROJECT", help="versions of this project alone, by id or name")
    parser.add_argument(
        "--days",
        type=_days,
        default=30,
        metavar="N",
        help="keep all of the last N days (default: %(default)s)",
    )
    parser.add_argument(
        "--then",
        choices=_INTERVALS,
        default="week",
        help="of what is older keep the last one of each (default: %(default)s)",
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would go, and remove nothing")
    add_yes_option(parser)
    parser.set_defaults(command=_prune)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of days")
    return int(text)


def _prune(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.domain.retention import Interval, RetentionRules

    then = None if namespace.then == "none" else Interval(namespace.then)
    rules = RetentionRules(namespace.days, then)
    if not namespace.dry_run:
        check_can_ask(namespace)

    async def work(database: Database) -> tuple[RetentionPlan, Pruned | None]:
        from syncsphere_desktop.database.repositories.projects import ProjectRepository
        from syncsphere_desktop.studio.actor import current_actor
        from syncsphere_desktop.studio.bundles.retention import Retention

        project = None
        if namespace.project is not None:
            projects = ProjectRepository(database, current_actor())
            project = (await found_project(projects, namespace.project)).id
        retention = Retention(database, current_actor())
        plan = await retention.plan(rules, project)
        if namespace.dry_run or (plan.removed and not confirmed(namespace, _summary(plan))):
            return plan, None
        return plan, await retention.apply(plan)

    plan, pruned = with_database(namespace, work)
    if pruned is not None:
        stayed = f" {counted(len(pruned.stayed), 'version')} stayed after all." if pruned.stayed else ""
        text = f"Removed {counted(len(pruned.removed), 'version')}, {humane_size(pruned.freed)}.{stayed}"
    else:
        text = _plan_text(plan) if namespace.dry_run else "Nothing was removed."
    tell(_document(plan, pruned), as_json=wants_json(namespace), text=text)
    return 0 if pruned is not None or namespace.dry_run else 1


def _summary(plan: RetentionPlan) -> str:
    return (
        f"{plan.rules.told()} {counted(len(plan.removed), 'version')} of {len(plan.decisions):,} would be"
        f" removed, which frees {humane_size(plan.freed)} and keeps {len(plan.kept):,}."
    )


def _plan_text(plan: RetentionPlan) -> str:
    going = [_row(decision) for decision in plan.decisions if not decision.keeps]
    lines = []
    if going:
        lines.append(text_table(_COLUMNS, [[row[name] for name in _COLUMNS] for row in going[:_SHOWN]]))
        if len(going) > _SHOWN:
            lines.append(f"and {len(going) - _SHOWN:,} more; --json tells all")
    return "\n".join((*lines, _summary(plan)))


def _row(decision: Decision) -> dict[str, object]:
    candidate = decision.candidate
    return {
        "id": candidate.id,
        "project_id": candidate.project_id,
        "version": candidate.version,
        "size": candidate.size,
        "created_at": iso(candidate.created_at),
        "label": candidate.label,
        "pinned": candidate.pinned,
        "keeps": decision.keeps,
        "reason": decision.reason.value,
    }


def _document(plan: RetentionPlan, pruned: Pruned | None) -> dict[str, object]:
    return {
        "rules": plan.rules.told(),
        "versions": [_row(decision) for decision in plan.decisions],
        "would_free": plan.freed,
        "keeps": len(plan.kept),
        "removed": [] if pruned is None else list(pruned.removed),
        "stayed": [] if pruned is None else list(pruned.stayed),
        "freed": 0 if pruned is None else pruned.freed,
        "applied": pruned is not None,
    }
