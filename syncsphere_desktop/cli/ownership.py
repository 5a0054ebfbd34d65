"""`ownership`: commands about who holds which track, each in a module of its own."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

_MODULES = (
    "ownership_list",
    "ownership_watch",
    "ownership_check",
    "ownership_acts",
    "ownership_history",
)
"""Modules of this package that register commands, in the order `--help` shows them."""


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about ownership."""
    del shared  # every command here works on a database
    group = groups.add_parser("ownership", parents=[connection], help="who holds which track")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _MODULES:
        importlib.import_module(f"syncsphere_desktop.cli.{name}").register(commands, connection)
