"""`bundle`: commands about the stored versions of projects, each in a module of its own."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

_MODULES = (
    "bundle_list",
    "bundle_reading",
    "bundle_files",
    "bundle_versions",
    "bundle_prune",
    "bundle_verify",
)
"""Modules of this package that register commands, in the order `--help` shows them."""


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about bundles."""
    del shared  # also what reads a file takes the options that name a database
    group = groups.add_parser("bundle", parents=[connection], help="the stored versions of projects")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _MODULES:
        importlib.import_module(f"syncsphere_desktop.cli.{name}").register(commands, connection)
