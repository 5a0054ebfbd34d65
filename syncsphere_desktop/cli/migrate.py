"""`migrate`: what the database's schema is, and bringing it up or back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syncsphere_desktop.cli.run import FOUND_SOMETHING_WRONG, tell, wants_json
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.schema.runner import MigrationRunner
    from syncsphere_desktop.database.schema.status import Revision, SchemaStatus
    from syncsphere_desktop.domain.progress import Progress

_REVISION = "a revision such as 0002, head, base, or steps as +1"


def register(
    groups: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
    connection: argparse.ArgumentParser,
) -> None:
    """Add the commands of this group."""
    summary = "show the database's schema, and bring it up or back"
    migrate = groups.add_parser("migrate", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    commands = migrate.add_subparsers(title="commands", metavar="COMMAND", required=True)

    status = commands.add_parser(
        "status",
        help="compare the schema with the one this app brings",
        description="Compare the schema with the one this app brings."
        " Ends with 3 when it is foreign or newer than the app.",
        parents=[connection],
    )
    status.set_defaults(command=_status)

    upgrade = commands.add_parser(
        "upgrade",
        help="apply what is pending",
        description="Apply what is pending. A database that has the services' six tables is adopted:"
        " nothing about them changes, and no row is touched.",
        parents=[connection],
    )
    upgrade.add_argument("revision", nargs="?", default="head", metavar="REVISION", help=_REVISION)
    upgrade.set_defaults(command=_upgrade)

    downgrade = commands.add_parser(
        "downgrade",
        help="take back what was applied after a revision",
        description="Take back what was applied after a revision; `base` removes all that is ours."
        " Tables that were adopted always stay.",
        parents=[connection],
    )
    downgrade.add_argument("revision", metavar="REVISION", help=_REVISION.replace("+1", "-1"))
    downgrade.add_argument("--yes", action="store_true", help="also where rows are lost")
    downgrade.set_defaults(command=_downgrade)

    sql = commands.add_parser(
        "sql",
        help="print the SQL, without a database",
        description="Print the SQL from one revision to another, without a database.",
        parents=[shared],
    )
    sql.add_argument("--from", dest="start", default="base", metavar="REVISION", help="base without it")
    sql.add_argument("--to", dest="end", default="head", metavar="REVISION", help="head without it")
    sql.add_argument("--adopt", action="store_true", help="for a database that has the six tables already")
    sql.set_defaults(command=_sql)


def _status(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.database.schema.status import SchemaState

    with _runner(namespace) as runner:
        status = runner.status()
    tell(_document(status), as_json=wants_json(namespace), text=_text(status))
    wrong = status.state in {SchemaState.FOREIGN, SchemaState.AHEAD}
    return FOUND_SOMETHING_WRONG if wrong else 0


def _upgrade(namespace: argparse.Namespace) -> int:
    with _runner(namespace) as runner:
        done = runner.upgrade(namespace.revision, _progress(namespace))
    document = {**_document(done.status), "applied": _ids(done.revisions)}
    return _tell_done(namespace, document, "Applied", done.revisions, done.status)


def _downgrade(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.database.schema.runner import counted

    with _runner(namespace) as runner:
        losses = runner.losses(namespace.revision)
        if losses and not namespace.yes:
            raise UsageError(f"This would remove {counted(losses)}. Give --yes if they may be lost.")
        done = runner.downgrade(
            namespace.revision, _progress(namespace), allow_data_loss=bool(losses) and namespace.yes
        )
    document = {**_document(done.status), "reverted": _ids(done.revisions)}
    return _tell_done(namespace, document, "Took back", done.revisions, done.status)


def _sql(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.database.schema.runner import migration_sql

    sql = migration_sql(namespace.start, namespace.end, adopts=namespace.adopt)
    tell({"sql": sql}, as_json=wants_json(namespace), text=sql.rstrip("\n"))
    return 0


@contextmanager
def _runner(namespace: argparse.Namespace) -> Iterator[MigrationRunner]:
    from syncsphere_desktop.cli.database import chosen_target
    from syncsphere_desktop.database.schema.runner import MigrationRunner

    with chosen_target(namespace) as target:
        yield MigrationRunner(target)


def _progress(namespace: argparse.Namespace) -> Progress | None:
    """Return what tells people on standard error how far it is; scripts get nothing."""
    if wants_json(namespace) or not sys.stderr.isatty():
        return None
    told = ""

    def tell_progress(sentence: str, _share: float | None) -> None:
        nonlocal told
        if sentence != told:
            told = sentence
            print(f"{sentence}…", file=sys.stderr)

    return tell_progress


def _tell_done(
    namespace: argparse.Namespace,
    document: dict[str, object],
    verb: str,
    revisions: tuple[Revision, ...],
    status: SchemaStatus,
) -> int:
    lines = [f"{verb} {revision.revision}: {revision.title}." for revision in revisions]
    text = "\n".join([*lines, _text(status)])
    tell(document, as_json=wants_json(namespace), text=text)
    return 0


def _ids(revisions: tuple[Revision, ...]) -> list[str]:
    return [revision.revision for revision in revisions]


def _document(status: SchemaStatus) -> dict[str, object]:
    return {
        "state": status.state.value,
        "current": status.current,
        "head": status.head,
        "pending": _ids(status.pending),
        "pending_titles": [revision.title for revision in status.pending],
        "differences": list(status.differences),
        "hindrances": list(status.hindrances),
        "goes_without": list(status.goes_without),
        "origin": None if status.origin is None else status.origin.value,
        "may_upgrade": status.may_upgrade,
        "needs_app": status.needs_app,
    }


def _text(status: SchemaStatus) -> str:
    lines = [
        f"State:    {status.state.value}",
        f"Revision: {status.current or 'none'} (this app brings {status.head})",
    ]
    lines += [f"Needs:    SyncSphere Desktop {status.needs_app}"] if status.needs_app else []
    lines += [f"Pending:  {pending.revision} {pending.title}" for pending in status.pending]
    lines += [f"Differs:  {sentence}" for sentence in status.differences]
    lines += [f"Note:     {sentence}" for sentence in status.goes_without]
    return "\n".join(lines)
