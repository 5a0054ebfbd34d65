"""Opens versions and files by a worker, and lets it do jobs on what was opened."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb.summary import Summary, summary_from
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, Job, NotKeptError
from syncsphere_desktop.studio.bundles.child.jobs import open_and_keep, tell_in_short
from syncsphere_desktop.studio.outgoing import opened_file, told_as_file_errors

T = TypeVar("T")
Source = BundleVersion | Path
"""A stored version, or a file on disk."""

_TIMES = 3


class BundleBytes(Protocol):
    """Gives a version's bytes as a file object to work that runs elsewhere."""

    async def read(self, bundle_id: BundleId, work: Callable[[BinaryIO], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening told: the bundle in short, and its cover picture where it has one."""

    summary: Summary
    cover: bytes | None = None


class BundleOpener:
    """Opens bundles away from the window's thread, and, with a child process, from its process."""

    def __init__(self, streams: BundleBytes, worker: BundleWorker) -> None:
        self._streams = streams
        self._worker = worker

    async def open(self, source: Source) -> Opened:
        """Return what a version or a file holds, whatever it is; jobs may name it for a while.

        Raises NotFoundError, FileError, BundleError where the worker's limits were met, AppError.
        """
        pieces = await self.ask_about(source, open_and_keep, {"key": await _key(source)})
        return await asyncio.to_thread(_opened, pieces)

    async def in_short(self, source: Source | BundleId) -> Summary:
        """Return what a version or a file holds, whatever it is. Raises as `open` does."""
        return (await asyncio.to_thread(_opened, await self.ask_about(source, tell_in_short, {}))).summary

    async def about(self, sources: Mapping[str, Source], job: Job, arguments: Mapping[str, Any]) -> list[Any]:
        """Return the pieces of a job on opened bundles, which it names by the keys of `sources`.

        Those that the worker does not keep any more are opened again.
        """
        keys = {name: await _key(source) for name, source in sources.items()}
        for _ in range(_TIMES):
            try:
                return await self._blockingly(
                    lambda stop: asyncio.to_thread(
                        self._worker.ask, job, {**arguments, **keys}, None, stop=stop
                    )
                )
            except NotKeptError as missing:
                await self.open(next(sources[name] for name, key in keys.items() if key == missing.key))
        raise BundleError("Both bundles together are too large to be compared.")

    async def ask_about(self, source: Source | BundleId, job: Job, arguments: Mapping[str, Any]) -> list[Any]:
        """Return the pieces of a job on the bytes of a version or a file."""
        return await self._blockingly(lambda stop: self._asked(source, job, arguments, stop))

    async def _asked(
        self, source: Source | BundleId, job: Job, arguments: Mapping[str, Any], stop: threading.Event
    ) -> list[Any]:
        def ask(file: BinaryIO) -> list[Any]:
            return self._worker.ask(job, arguments, file, stop=stop)

        if isinstance(source, Path):
            return await asyncio.to_thread(_with_file, source, ask)
        bundle_id = source.id if isinstance(source, BundleVersion) else source
        return await self._streams.read(bundle_id, ask)

    async def _blockingly(self, begin: Callable[[threading.Event], Any]) -> list[Any]:
        """Await what works on a thread, and tell it to stop where nobody waits for it any more."""
        stop = threading.Event()
        try:
            pieces: list[Any] = await begin(stop)
        finally:
            stop.set()
        return pieces


def open_file(path: Path, worker: BundleWorker, stop: threading.Event) -> Opened:
    """Return what a file holds, whatever it is. Blocks until `stop` is set. Raises as `open` does."""
    key = {"key": _file_key(path)}
    return _opened(_with_file(path, lambda file: worker.ask(open_and_keep, key, file, stop=stop)))


def _with_file(path: Path, ask: Callable[[BinaryIO], list[Any]]) -> list[Any]:
    with opened_file(path) as file:
        return ask(file)


async def _key(source: Source) -> str:
    """Return a name that is another one when the bytes are."""
    if isinstance(source, BundleVersion):
        return f"{source.id}:{source.row_version}"
    return await asyncio.to_thread(_file_key, source)


def _file_key(path: Path) -> str:
    with told_as_file_errors(path):
        facts = path.stat()
    return f"{path}:{facts.st_mtime_ns}:{facts.st_size}:{facts.st_ino}"


def _opened(pieces: list[Any]) -> Opened:
    cover = pieces.pop() if pieces and isinstance(pieces[-1], bytes) else None
    try:
        return Opened(summary_from(pieces), cover)
    except (KeyError, TypeError, ValueError) as error:
        sentence = "The program that reads bundles gave an answer that makes no sense."
        raise BundleError(sentence, details=str(error)) from error
