"""What commands about users and projects share: finding them, saying times, asking before a removal."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from syncsphere_desktop.cli.run import somebody_can_be_asked, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.domain.project import Project
    from syncsphere_desktop.domain.user import User
    from syncsphere_desktop.studio.ports import ProjectStore, UserStore


async def found_user(users: UserStore, text: str) -> User:
    """Return the user with this id, username or email; raises NotFoundError."""
    user = await users.find(text)
    if user is None:
        raise NotFoundError(f"There is no user “{printable(text)}”.")
    return user


async def found_project(projects: ProjectStore, text: str) -> Project:
    """Return the project with this id or name; raises NotFoundError."""
    project = await projects.find(text)
    if project is None:
        raise NotFoundError(f"There is no project “{printable(text)}”.")
    return project


def iso(time: datetime | None) -> str | None:
    """Return a time as stored, in ISO 8601."""
    return None if time is None else time.isoformat()


def check_can_ask(namespace: argparse.Namespace) -> None:
    """Raise UsageError where nobody can be asked and `--yes` was not given."""
    if not namespace.yes and (wants_json(namespace) or not somebody_can_be_asked()):
        raise UsageError("Nobody can be asked here: give --yes to go on without a question.")


def confirmed(namespace: argparse.Namespace, sentence: str) -> bool:
    """Say what will happen and ask, unless `--yes` was given; whether to go on."""
    if namespace.yes:
        return True
    print(printable(sentence), file=sys.stderr)
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def add_yes_option(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
