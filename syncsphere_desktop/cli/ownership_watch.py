"""`ownership watch`: one line a change, as it happens, over any number of reconnects."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import chosen_target, opened
from syncsphere_desktop.cli.feed_options import add_feed_options, chosen_feed
from syncsphere_desktop.cli.people import found_project
from syncsphere_desktop.cli.run import wants_json
from syncsphere_desktop.cli.text_table import printable

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.ownership import OwnershipChange
    from syncsphere_desktop.settings import ConnectionTarget
    from syncsphere_desktop.studio.ownership.titles import Titles
    from syncsphere_desktop.studio.ownership.watch_ports import Shown
    from syncsphere_desktop.studio.ownership.watching import OwnershipWatch

_MOST_WAITING = 50_000
"""Changes kept for a slow reader; of more only the newest of each box."""


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
    from syncsphere_desktop.studio.ownership.opening import ownership_watch
    from syncsphere_desktop.studio.ownership.titles import Titles

    async with opened(target) as database:
        watch = ownership_watch(database, chosen_feed(target, namespace))
        watch.show(await shown_projects(database, namespace.project))
        printer = _Printer(Titles(database), as_json=wants_json(namespace))
        watch.subscribe(printer.take)
        try:
            if not wants_json(namespace):
                _tell_status_changes(watch)
            await watch.start()
            await printer.run()
        finally:
            printer.close()
            await watch.shutdown()


def _tell_status_changes(watch: OwnershipWatch) -> None:
    from datetime import UTC, datetime

    watch.subscribe_status(
        lambda status: print(printable(status.sentence(datetime.now(UTC))), file=sys.stderr)
    )


class _Printer:
    """Names and writes changes in their order."""

    def __init__(self, titles: Titles, *, as_json: bool) -> None:
        from syncsphere_desktop.cli.line_output import LineOutput

        self._titles = titles
        self._as_json = as_json
        self._output = LineOutput()
        self._waiting: list[OwnershipChange] = []
        self._woken = asyncio.Event()

    def take(self, changes: Sequence[OwnershipChange]) -> None:
        """Take changes to be written."""
        self._waiting.extend(changes)
        if len(self._waiting) > _MOST_WAITING:
            newest = {(change.project_id, change.box_uuid): change for change in self._waiting}
            self._waiting = list(newest.values())
        self._woken.set()

    async def run(self) -> None:
        """Write until nobody reads any more; raises BrokenPipeError then."""
        closed = asyncio.ensure_future(self._output.until_closed())
        writing = asyncio.ensure_future(self._write())
        try:
            done, _pending = await asyncio.wait({closed, writing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (closed, writing):
                task.cancel()
                with suppress(asyncio.CancelledError, BrokenPipeError):
                    await task

    def close(self) -> None:
        """Write nothing more."""
        self._output.close()

    async def _write(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._output.waiting > _MOST_WAITING // 10:  # noqa: ASYNC110  # the reader sets the pace
                await asyncio.sleep(0.05)
            changes, self._waiting = self._waiting, []
            self._output.write([await self._line(change) for change in changes])

    async def _line(self, change: OwnershipChange) -> str:
        track = await self._titles.track(change.project_id, change.box_uuid)
        if self._as_json:
            return json.dumps(
                {
                    "at": change.at.isoformat(),
                    "project_id": change.project_id,
                    "box_uuid": str(change.box_uuid),
                    "track": track,
                    "owner_id": change.owner_id,
                    "previous_owner_id": change.previous_owner_id,
                    "source": change.source.value,
                }
            )
        project = await self._titles.project(change.project_id)
        people = [
            "nobody" if user is None else await self._titles.user(user)
            for user in (change.previous_owner_id, change.owner_id)
        ]
        at = change.at.astimezone()
        return printable(
            f"{at:%H:%M:%S}  {project}  {track}  {people[0]} → {people[1]}  ({change.source.value})"
        )
