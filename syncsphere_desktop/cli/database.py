"""Which database a command works on, opened for as long as the command runs."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from syncsphere_desktop.cli.run import somebody_can_be_asked
from syncsphere_desktop.errors import UsageError
from syncsphere_desktop.settings import DATABASE_URL_VARIABLE, ConnectionTarget, Paths

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database

T = TypeVar("T")


def with_database(namespace: argparse.Namespace, work: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database that the options name, await `work` on it in a loop of its own, and close it."""
    from syncsphere_desktop.cli.event_loop import run_async

    async def main(target: ConnectionTarget) -> T:
        async with opened(target) as database:
            return await work(database)

    with chosen_target(namespace) as target:
        return run_async(main(target))


@asynccontextmanager
async def opened(target: ConnectionTarget) -> AsyncIterator[Database]:
    """Open the database, refused for writing where its schema is not ours to write to."""
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.database.schema.gate import restrict_by_schema

    database = Database(target)
    try:
        await restrict_by_schema(database)
        yield database
    finally:
        await database.shutdown()


def _with_password(target: ConnectionTarget, namespace: argparse.Namespace) -> ConnectionTarget:
    """Return the target with a password from the file that was named, or from a prompt if one is needed."""
    from syncsphere_desktop.cli.password_input import read_password_file

    file = getattr(namespace, "server_password_file", None)
    if file is not None:
        return replace(target, password=read_password_file(file))
    if target.password is not None or target.profile.is_local_socket or not somebody_can_be_asked():
        return target
    from syncsphere_desktop.database.reaching import asks_for_password

    if not asks_for_password(target):
        return target
    return replace(target, password=getpass.getpass(f"Password of {target.profile.address}: "))


@contextmanager
def chosen_target(namespace: argparse.Namespace, *, with_audio: bool = False) -> Iterator[ConnectionTarget]:
    """Give the target that `--database-url`, `--profile`, `--local` or the environment names.

    Raises UsageError when none of them does. The local studio is held while the context lasts; `with_audio`
    has its sample files written too, if that was never done.
    """
    from syncsphere_desktop.dsn import parse_dsn

    url = getattr(namespace, "database_url", None)
    if url is None and not hasattr(namespace, "profile") and not getattr(namespace, "local", False):
        url = os.environ.get(DATABASE_URL_VARIABLE)
    if url is not None:
        yield _with_password(parse_dsn(url), namespace)
    elif hasattr(namespace, "profile"):
        from syncsphere_desktop.settings_store import SettingsStore

        yield _with_password(SettingsStore(Paths.of_this_user()).target(namespace.profile), namespace)
    elif getattr(namespace, "local", False):
        from syncsphere_desktop.studio.local_studio import LocalStudio

        studio = LocalStudio(Paths.of_this_user())
        with studio.held() as target:
            if with_audio:
                studio.make_audio_once()
            yield target
    else:
        raise UsageError(
            f"Which database? Give --local, --profile NAME or --database-url URL,"
            f" or set {DATABASE_URL_VARIABLE}."
        )
