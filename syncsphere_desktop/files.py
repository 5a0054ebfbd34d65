"""Files that are whole or not there at all, and a lock that processes share."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncsphere_desktop.errors import FileError

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock an open file if nobody else has it, and return whether that was done."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file if nobody else has it, and return whether that was done."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_POLL_SECONDS = 0.02


def replace_file(path: Path, content: bytes) -> None:
    """Give `path` this content, readable by its owner alone.

    After a crash the file has all of it, or what it had before. A missing folder is made. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.urandom(6).hex()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    make_durable(path.parent)


def take_lock(path: Path) -> int | None:
    """Lock the file and return its descriptor, or None when another process or caller has it.

    Closing the descriptor, or the end of the process, releases the lock. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if try_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


@contextmanager
def locked(path: Path, *, seconds: float = 5.0) -> Iterator[None]:
    """Hold the lock of that file in a `with` block.

    Raises FileError after `seconds` of waiting, or OSError.
    """
    deadline = time.monotonic() + seconds
    descriptor = take_lock(path)
    while descriptor is None:
        if time.monotonic() > deadline:
            raise FileError(f"Another process holds {path} for too long.", retryable=True)
        time.sleep(_POLL_SECONDS)
        descriptor = take_lock(path)
    try:
        yield
    finally:
        os.close(descriptor)


def make_durable(folder: Path) -> None:
    """Have what was named in `folder` last survive a crash of the system. Raises OSError."""
    if sys.platform == "win32":  # a folder can't be opened there; the rename is journaled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
