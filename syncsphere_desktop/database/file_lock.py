"""Locks between processes. The system releases them when a process ends, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.files import try_lock

_POLL_SECONDS = 0.02


def give_to_owner_of_folder(path: Path) -> None:
    """As root in somebody else's folder, leave that person the new file, who could not open it otherwise."""
    if sys.platform != "win32" and os.geteuid() == 0:
        owner = path.parent.stat()
        if path.stat().st_uid != owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid)


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it and return whether it is ours now. Raises OSError."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        give_to_owner_of_folder(self.path)
        if not try_lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back; closing the file is what releases it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def held(self, seconds: float, *, busy: str) -> Iterator[None]:
        """Hold the lock in a `with` block.

        Raises LocalStudioError with the sentence `busy` when it is not to be had within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise LocalStudioError(busy, retryable=True)
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            self.release()


class HolderList:
    """Which processes use something: each holds a locked file of its own in `folder`.

    Call these under one FileLock. A file that can be locked was left by a process that was killed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self) -> FileLock:
        """Enter this process once more; the entry lasts until `remove`, or the end of the process."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        give_to_owner_of_folder(self._folder)
        entry = FileLock(self._folder / f"{os.getpid()}-{uuid4().hex[:8]}")
        if not entry.try_acquire():
            raise AssertionError("a name that nobody else can know was locked")
        return entry

    def remove(self, entry: FileLock) -> None:
        """Take the entry out again."""
        entry.release()
        entry.path.unlink(missing_ok=True)

    def pids(self, *, without: FileLock | None = None) -> tuple[int, ...]:
        """Return the ids of the processes with an entry, one for each entry. Dead entries are removed."""
        alive = []
        for path in self._entries():
            if without is not None and path == without.path:
                continue
            entry = FileLock(path)
            if entry.try_acquire():
                self.remove(entry)
            else:
                alive.append(int(path.name.partition("-")[0]))
        return tuple(alive)

    def _entries(self) -> list[Path]:
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []
