"""Builds the command line. Names and JSON keys are stable: scripts hang on them."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from syncsphere_desktop import __version__
from syncsphere_desktop.errors import UsageError
from syncsphere_desktop.override import override

GROUPS = (
    "local",
    "migrate",
    "users",
    "projects",
    "collaborators",
    "audio",
    "bundle",
    "ownership",
    "feed",
    "tour",
    "updates",
    "self-test",
)
"""Commands in the order `--help` shows them; each is registered by the module of its name in this package."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving the process, so that `--json` can tell it as JSON."""

    @override
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", details=self.format_usage().strip())


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line. Raises UsageError; leaves the process after `--help` or `--version`.

    Only the groups that it names are made: those of all commands take longer than the window's first paint.
    """
    bundle_file = _bundle_file(arguments)
    if bundle_file is not None:
        return argparse.Namespace(bundle_file=bundle_file)
    if not arguments:
        return argparse.Namespace()  # the window is wanted; even the smallest parser delays its first paint
    asks_for_help = any(argument.startswith(("-h", "--h")) for argument in arguments)
    if not asks_for_help:
        try:
            return build([name for name in GROUPS if name in arguments]).parse_args(arguments)
        except UsageError:
            pass  # said again by the whole command line, which knows everything there is to choose from
    return build().parse_args(arguments)


def _bundle_file(arguments: Sequence[str]) -> Path | None:
    """Return the file that alone was given, as by a double click: the window shows what it holds."""
    if len(arguments) != 1 or arguments[0].startswith("-") or arguments[0] in GROUPS:
        return None
    path = Path(arguments[0])
    return path if path.suffix.lower() == ".odb" or path.is_file() else None


def build(groups: Sequence[str] = GROUPS) -> Parser:
    """Return the parser of the whole command line, or of these groups of it alone."""
    shared = _shared_options()
    connection = _connection_options(shared)
    parser = Parser(
        prog="syncsphere-desktop",
        description="The admin application of a SyncSphere studio. Without a command it opens the window;"
        " with nothing but the name of a bundle file (.odb) it shows what that holds.",
        parents=[connection],
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for name in groups:
        importlib.import_module(module_of(name)).register(commands, shared, connection)
    return parser


def module_of(group: str) -> str:
    """Return the full name of the module that registers a group of commands."""
    return f"syncsphere_desktop.cli.{group.replace('-', '_')}"


def _shared_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    options.add_argument("--verbose", action="store_true", help="log what is done on standard error")
    return options


def _connection_options(shared: argparse.ArgumentParser) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, parents=[shared], argument_default=argparse.SUPPRESS)
    where = options.add_argument_group("which database").add_mutually_exclusive_group()
    where.add_argument("--database-url", metavar="URL", help="a postgresql:// address")
    where.add_argument("--profile", metavar="NAME", help="a saved connection")
    where.add_argument(
        "--local", action="store_true", help="the local studio, started when it is not running"
    )
    options.add_argument(
        "--server-password-file",
        type=Path,
        metavar="FILE",
        help="read the server's password from the first line of a file; without it one that is asked for is"
        " prompted for on a terminal, and PGPASSWORD works too",
    )
    return options
