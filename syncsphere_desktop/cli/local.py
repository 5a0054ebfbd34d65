"""`local`: the local studio, a real PostgreSQL of this user with a sample studio in it."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING

from syncsphere_desktop.cli.run import somebody_can_be_asked, tell, wants_json
from syncsphere_desktop.errors import UsageError
from syncsphere_desktop.settings import Paths

if TYPE_CHECKING:
    from syncsphere_desktop.database.seed import SeedAmounts, Seeder, SeedReport
    from syncsphere_desktop.studio.local_studio import LocalStudio, LocalStudioStatus


def register(
    groups: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
    _connection: argparse.ArgumentParser,
) -> None:
    """Add the commands of this group."""
    summary = "start, stop, fill and reset the local studio"
    local = groups.add_parser("local", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    commands = local.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, summary: str, description: str = "") -> argparse.ArgumentParser:
        text = f"{summary[0].upper()}{summary[1:]}. {description}".strip()
        return commands.add_parser(name, help=summary, description=text, parents=[shared])

    start = command("start", "start it and let it run on", "At first its server and sample are made.")
    start.add_argument(
        "--activity",
        action="store_true",
        help="have sample members join, claim and release until `local stop`",
    )
    start.add_argument("--seed", type=int, default=1, metavar="S", help="another number: other doings")
    start.add_argument(
        "--pace", type=float, default=1.5, metavar="SECONDS", help="between two doings (default: 1.5)"
    )
    start.set_defaults(command=_start)
    stop = command("stop", "stop it")
    stop.add_argument("--force", action="store_true", help="also while other processes use it")
    stop.set_defaults(command=_stop)
    command("status", "say whether it runs and what is in it").set_defaults(command=_status)
    url = command("url", "print the addresses of its database, its feed and its audio folder")
    url.set_defaults(command=_url)
    seed = command("seed", "add any number of made-up rows", "A later run adds to the rows of earlier ones.")
    for name in ("users", "projects", "audio", "boxes"):
        seed.add_argument(f"--{name}", type=int, default=0, metavar="N", help=f"{name} to add")
    seed.add_argument("--seed", type=int, default=1, metavar="S", help="another number gives other rows")
    seed.set_defaults(command=_seed)
    reset = command("reset", "remove everything in it and make it anew", "Its rows and audio files are lost.")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.add_argument("--force", action="store_true", help="also while other processes use it")
    reset.set_defaults(command=_reset)


def _studio() -> LocalStudio:
    from syncsphere_desktop.studio.local_studio import LocalStudio

    return LocalStudio(Paths.of_this_user())


def _start(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.studio.local_feed import ActivityWish

    if not 0.01 <= namespace.pace <= 3600:  # also not a number
        raise UsageError("The pace is between 0.01 and 3600 seconds.")
    studio = _studio()
    wish = ActivityWish(namespace.seed, namespace.pace) if namespace.activity else None
    studio.start(_Told(namespace), activity=wish)
    return _tell_status(namespace, studio)


def _stop(namespace: argparse.Namespace) -> int:
    ran = _studio().stop(force=namespace.force)
    text = "The local studio was stopped." if ran else "The local studio was not running."
    tell({"stopped": ran, "running": False}, as_json=wants_json(namespace), text=text)
    return 0


def _status(namespace: argparse.Namespace) -> int:
    return _tell_status(namespace, _studio())


def _tell_status(namespace: argparse.Namespace, studio: LocalStudio) -> int:
    status = studio.status()
    tell(asdict(status), as_json=wants_json(namespace), text=_status_text(status))
    return 0


def _status_text(status: LocalStudioStatus) -> str:
    if not status.running:
        return f"The local studio is not running.\nIts folder is {status.data_folder}."
    ends = "until `local stop`" if status.kept else "until the last process that uses it ends"
    return (
        f"The local studio runs, {ends}.\n"
        f"PostgreSQL {status.server_version}, {status.users or 0:,} users, "
        f"{status.projects or 0:,} projects, {(status.database_size or 0) / 1e6:,.1f} MB.\n"
        f"{_feed_text(status)}\n"
        f"Its folder is {status.data_folder}."
    )


def _feed_text(status: LocalStudioStatus) -> str:
    if status.feed_url is None:
        return "Its live feed does not run; `local start` starts it."
    at_work = ", and sample members are at work" if status.activity else ""
    return f"Its live feed is {status.feed_url}{at_work}."


def _url(namespace: argparse.Namespace) -> int:
    studio = _studio()
    status = studio.status()
    authorities = None if status.feed_authorities is None else str(status.feed_authorities)
    document = {
        "database_url": studio.database_url,
        "feed_url": status.feed_url,
        "feed_authorities": authorities,
        "storage_url": studio.storage_url,
    }
    text = f"database  {document['database_url']}\nstorage   {document['storage_url']}"
    if status.feed_url is not None:
        text += f"\nfeed      {status.feed_url}\ntrusting  {authorities}"
    tell(document, as_json=wants_json(namespace), text=text)
    return 0


def _seed(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.database.seed import SeedAmounts

    amounts = SeedAmounts(namespace.users, namespace.projects, namespace.audio, namespace.boxes)
    if not amounts.total:
        raise UsageError("How many? Give --users, --projects, --audio or --boxes with a number.")
    told = _Told(namespace)
    with _studio().seeder(seed=namespace.seed, progress=told) as seeder:
        report = _run_seeder(seeder, amounts, told)
    text = (
        f"Added {report.users:,} users, {report.projects:,} projects with {report.collaborators:,} "
        f"collaborators, {report.audio:,} audio rows and {report.boxes:,} boxes."
    )
    tell(asdict(report), as_json=wants_json(namespace), text=text)
    return 0


def _run_seeder(seeder: Seeder, amounts: SeedAmounts, told: _Told) -> SeedReport:
    # The driver waits in C, where Ctrl+C is not heard; this thread hears it and cancels.
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(seeder.run, amounts, told)
        try:
            return future.result()
        except BaseException:
            if not future.done():
                seeder.cancel()
            raise


def _reset(namespace: argparse.Namespace) -> int:
    studio = _studio()
    if not namespace.yes:
        _confirm(f"Remove all rows and audio files in {studio.folder}?")
    studio.reset(_Told(namespace), force=namespace.force)
    text = "The local studio was made anew, with the sample studio in it."
    tell({"reset": True}, as_json=wants_json(namespace), text=text)
    return 0


def _confirm(question: str) -> None:
    """Ask on the terminal; raises UsageError where there is none, or the answer is not yes."""
    if not somebody_can_be_asked():
        raise UsageError("This removes everything in the local studio: give --yes to say that you mean it.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("Nothing was removed.")


class _Told:
    """Says on a terminal's standard error what is going on; elsewhere says nothing."""

    def __init__(self, namespace: argparse.Namespace) -> None:
        self._quiet = wants_json(namespace) or not sys.stderr.isatty()
        self._last = ""

    def __call__(self, sentence: str, share: float | None) -> None:
        line = sentence if share is None else f"{sentence} ({share:.0%})"
        if not self._quiet and line != self._last:
            self._last = line
            print(line, file=sys.stderr, flush=True)
