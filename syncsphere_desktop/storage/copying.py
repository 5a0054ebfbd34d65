"""Copying in blocks, hashed on the way, in memory that does not grow with the file."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import BinaryIO

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import FileError
from syncsphere_desktop.storage.base import BLOCK_BYTES


class Blocks:
    """A block of memory for each thread that copies, used again for the next file."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def take(self) -> memoryview:
        """Return this thread's block; whoever had it before must be done with it."""
        block: memoryview | None = getattr(self._of_thread, "block", None)
        if block is None:
            block = self._of_thread.block = memoryview(bytearray(BLOCK_BYTES))
        return block


def copied(
    source: BinaryIO,
    write: Callable[[memoryview], None],
    *,
    block: memoryview,
    on_bytes: Callable[[int], None],
    check: Callable[[], None],
) -> Content:
    """Write what `source` still holds, block by block, and return its size and hash.

    Raises FileError when the source can't be read, and whatever `write`, `on_bytes` and `check` raise.
    """
    read = _reader(source)
    digest = hashlib.sha256()
    size = 0
    while True:
        check()
        try:
            count = read(block)
        except OSError as error:
            raise FileError(
                f"The file can't be read: {error.strerror or error}.", details=str(error)
            ) from error
        if not count:
            return Content(size, digest.hexdigest())
        filled = block[:count]
        digest.update(filled)
        write(filled)
        size += count
        on_bytes(count)


def _reader(source: BinaryIO) -> Callable[[memoryview], int]:
    into: Callable[[memoryview], int] | None = getattr(source, "readinto", None)
    if into is not None:
        return into

    def read(block: memoryview) -> int:
        data = source.read(len(block))
        block[: len(data)] = data
        return len(data)

    return read
