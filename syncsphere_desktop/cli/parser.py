"""Builds the whole command line. Names and JSON keys are stable: scripts hang on them."""

from __future__ import annotations

import argparse
import importlib
from typing import NoReturn

from typing_extensions import override

from syncsphere_desktop import __version__
from syncsphere_desktop.errors import UsageError

GROUPS = ("local", "migrate", "users", "projects", "collaborators", "tour")
"""Modules of this package that register commands, in the order `--help` shows them."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving the process, so that `--json` can tell it as JSON."""

    @override
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", details=self.format_usage().strip())


def build() -> Parser:
    """Return the parser of the whole command line."""
    shared = _shared_options()
    connection = _connection_options(shared)
    parser = Parser(
        prog="syncsphere-desktop",
        description="The admin application of a SyncSphere studio. Without a command it opens the window.",
        parents=[connection],
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    groups = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for name in GROUPS:
        importlib.import_module(f"syncsphere_desktop.cli.{name}").register(groups, shared, connection)
    return parser


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
    return options
