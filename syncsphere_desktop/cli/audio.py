"""`audio`: commands about the audio library and its storage, each in a module of its own."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from syncsphere_desktop.cli.audio_library import storage_options

_MODULES = (
    "audio_import",
    "audio_list",
    "audio_verify",
    "audio_mending",
    "audio_export",
    "audio_quarantine",
    "audio_imports",
    "audio_adopt",
)
"""Modules of this package that register commands, in the order `--help` shows them."""


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about the audio library."""
    del shared  # every command here works on a database
    group = groups.add_parser("audio", parents=[connection], help="the audio library and its storage")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    parents = [connection, storage_options()]
    for name in _MODULES:
        importlib.import_module(f"syncsphere_desktop.cli.{name}").register(commands, parents)
