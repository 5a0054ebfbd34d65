"""Reading a file for its size and hash, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.storage.base import go_on, no_bytes
from syncsphere_desktop.storage.copying import Blocks, copied

_BLOCKS = Blocks()


def hashed(
    stream: BinaryIO,
    *,
    on_bytes: Callable[[int], None] = no_bytes,
    check: Callable[[], None] = go_on,
) -> Content:
    """Return what `stream` still holds; blocks. Raises FileError, and what `on_bytes` and `check` raise."""
    return copied(stream, _drop, block=_BLOCKS.take(), on_bytes=on_bytes, check=check)


def _drop(_block: memoryview) -> None:
    pass
