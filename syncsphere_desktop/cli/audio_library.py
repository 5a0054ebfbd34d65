"""The audio library that a command works on: its rows, and the storage that its files are in."""

from __future__ import annotations

import argparse
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from syncsphere_desktop.cli.database import chosen_target, opened
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.settings import STORAGE_URL_VARIABLE, ConnectionTarget, Paths

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.studio.audio_library import AudioLibrary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenLibrary:
    """What a command works with. The store is opened by whoever wants it."""

    audio: AudioLibrary
    database: Database
    projects: ProjectRepository

    async def read_bundles(self, progress: Progress = silent) -> None:
        """Learn which files the stored versions name that nothing is known of yet."""
        from syncsphere_desktop.database.bundle_stream import BundleStreams
        from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
        from syncsphere_desktop.studio.bundle_index import index_bundles

        facts, streams = BundleFactsRepository(self.database), BundleStreams(self.database)
        await index_bundles(facts, streams, progress=progress)


def storage_options() -> argparse.ArgumentParser:
    """Return the options that say where the files are, as a parent of a command's parser."""
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument(
        "--storage-url",
        metavar="URL",
        help="the folder or the file://, sftp:// or s3:// address of the audio files (default:"
        f" {STORAGE_URL_VARIABLE}, or what the profile says)",
    )
    options.add_argument(
        "--storage-secret-file",
        type=Path,
        metavar="FILE",
        help="read the storage's password or secret key from the first line of a file",
    )
    return options


def with_library(namespace: argparse.Namespace, work: Callable[[OpenLibrary], Awaitable[T]]) -> T:
    """Open the library that the options name, await `work` on it in a loop of its own, and close it."""
    from syncsphere_desktop.cli.event_loop import run_async
    from syncsphere_desktop.studio.actor import current_actor

    async def main(target: ConnectionTarget) -> T:
        from syncsphere_desktop.database.repositories.projects import ProjectRepository
        from syncsphere_desktop.studio.audio_library import AudioLibrary

        async with opened(target) as database:
            library = AudioLibrary.over(database, target, current_actor(), Paths.of_this_user())
            try:
                return await work(OpenLibrary(library, database, ProjectRepository(database, library.actor)))
            finally:
                await library.shutdown()

    with chosen_target(namespace, with_audio=True) as target:
        return run_async(main(_with_storage(target, namespace)))


def _with_storage(target: ConnectionTarget, namespace: argparse.Namespace) -> ConnectionTarget:
    """Return the target with the storage that the options or the environment name."""
    from syncsphere_desktop.cli.password_input import read_password_file

    url = getattr(namespace, "storage_url", None) or os.environ.get(STORAGE_URL_VARIABLE) or None
    if url is not None:
        if "://" not in url:
            url = str(Path(url).expanduser().absolute())
        target = replace(target, profile=replace(target.profile, storage_url=url))
    secret_file = getattr(namespace, "storage_secret_file", None)
    if secret_file is not None:
        target = replace(target, storage_secret=read_password_file(secret_file))
    return target
