"""`ownership watch`: one line a change, as it happens, over any number of reconnects."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import chosen_target, opened
from syncsphere_desktop.cli.feed_options import add_feed_options, chosen_feed
from syncsphere_desktop.cli.people import found_project
from syncsphere_desktop.cli.run import wants_json
from syncsphere_desktop.cli.text_table import printable

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.settings import ConnectionTarget
    from syncsphere_desktop.studio.ownership.watch_ports import Shown
    from syncsphere_desktop.studio.ownership.watching import OwnershipWatch


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "watch",
        parents=[connection],
        help="print each change of who holds what, as it happens, until Ctrl+C",
    )
    add_project_option(parser)
    add_feed_options(parser)
    parser.set_defaults(command=_watch)


def add_project_option(parser: argparse.ArgumentParser) -> None:
    """Add `--project`, which may be given several times."""
    parser.add_argument(
        "--project",
        action="append",
        default=[],
        metavar="PROJECT",
        help="this project alone, by id or name; may be given several times",
    )


async def shown_projects(database: Database, names: Sequence[str]) -> Shown:
    """Return the projects that were named, or all; raises NotFoundError."""
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.studio.ownership.watch_ports import ALL

    if not names:
        return ALL
    projects = ProjectRepository(database, "")
    return [(await found_project(projects, name)).id for name in names]


def _watch(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.cli.event_loop import run_async

    with chosen_target(namespace) as target:
        run_async(_main(namespace, target))
    return 0


async def _main(namespace: argparse.Namespace, target: ConnectionTarget) -> None:
    import asyncio

    from syncsphere_desktop.cli.change_printer import ChangePrinter
    from syncsphere_desktop.studio.ownership.months import keep_months_made
    from syncsphere_desktop.studio.ownership.opening import ownership_watch
    from syncsphere_desktop.studio.ownership.titles import Titles

    async with opened(target) as database:
        watch = ownership_watch(database, chosen_feed(target, namespace))
        watch.show(await shown_projects(database, namespace.project))
        printer = ChangePrinter(Titles(database), as_json=wants_json(namespace))
        watch.subscribe(printer.take)
        months = asyncio.create_task(keep_months_made(database), name="months of the history")
        try:
            if not wants_json(namespace):
                _tell_status_changes(watch)
            await watch.start()
            await printer.run()
        finally:
            printer.close()
            months.cancel()
            await asyncio.wait({months})
            await watch.shutdown()


def _tell_status_changes(watch: OwnershipWatch) -> None:
    from datetime import UTC, datetime

    watch.subscribe_status(
        lambda status: print(printable(status.sentence(datetime.now(UTC))), file=sys.stderr)
    )
