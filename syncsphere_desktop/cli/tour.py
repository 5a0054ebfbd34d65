"""`tour`: renders every view and its important states to pictures, without a display."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

THEMES = ("dark", "light")


def register(
    groups: argparse._SubParsersAction[Any],
    shared: argparse.ArgumentParser,
    _connection: argparse.ArgumentParser,
) -> None:
    """Add the command to the command line."""
    parser = groups.add_parser(
        "tour",
        parents=[shared],
        help="render every view to PNG, on a sample studio of its own",
        description=(
            "Renders every view, dialog and state at 1440x900 on a sample studio that is made for it and"
            " removed afterwards. Needs no display, and touches neither your settings nor your studio."
        ),
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the PNGs go")
    parser.add_argument("--theme", choices=THEMES, help="one theme only; without it both")
    parser.add_argument("--view", metavar="NAME", help="only scenes whose name begins so, such as users")
    parser.set_defaults(command=run)


def run(namespace: argparse.Namespace) -> int:
    """Render the scenes and list the files."""
    from syncsphere_desktop.bootstrap.tour import render
    from syncsphere_desktop.cli.run import tell, wants_json

    themes = (namespace.theme,) if namespace.theme else THEMES
    written = render(namespace.out, themes, namespace.view or "")
    tell(
        {"files": [str(path) for path in written]},
        as_json=wants_json(namespace),
        text="\n".join(str(path) for path in written),
    )
    return 0
