"""Lines on standard output for as long as somebody reads them, without ever stopping the event loop."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterable

_AT_ONCE = 4096
"""A pipe that can be written to takes so many bytes without waiting."""


class LineOutput:
    """Writes lines as fast as they are read. Use `until_closed` to learn that nobody reads any more."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque()
        self._is_waiting = False
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._descriptor = _pipe_of_standard_output()
        self._has_hang_up = self._descriptor is not None and _hears_hang_up(
            self._descriptor, self._on_reader_gone
        )

    @property
    def waiting(self) -> int:
        """How many lines wait for the reader."""
        return len(self._lines)

    def write(self, lines: Iterable[str]) -> None:
        """Write lines; what the reader does not take now waits."""
        if self._closed.done():
            return
        if self._descriptor is None:
            try:
                for line in lines:
                    print(line)
                sys.stdout.flush()
            except BrokenPipeError:
                self._on_reader_gone()
            return
        self._lines.extend(line.encode("utf-8", "replace") + b"\n" for line in lines)
        if not self._is_waiting and self._lines:
            self._is_waiting = True
            asyncio.get_running_loop().add_writer(self._descriptor, self._on_writable)

    async def until_closed(self) -> None:
        """Wait until nobody reads any more, then raise BrokenPipeError."""
        await asyncio.shield(self._closed)
        raise BrokenPipeError

    def close(self) -> None:
        """Leave standard output alone."""
        if self._descriptor is not None:
            loop = asyncio.get_running_loop()
            loop.remove_writer(self._descriptor)
            if self._has_hang_up:
                loop.remove_reader(self._descriptor)
        self._closed.cancel()

    def _on_writable(self) -> None:
        assert self._descriptor is not None
        chunk = b""
        while self._lines and len(chunk) < _AT_ONCE:
            chunk += self._lines.popleft()
        head, rest = chunk[:_AT_ONCE], chunk[_AT_ONCE:]
        try:
            written = os.write(self._descriptor, head)
        except BrokenPipeError:
            self._on_reader_gone()
            return
        except BlockingIOError:
            written = 0
        left = head[written:] + rest
        if left:
            # It ends with a whole line's end, and is put back as one piece.
            self._lines.appendleft(left)
        if not self._lines:
            self._is_waiting = False
            asyncio.get_running_loop().remove_writer(self._descriptor)

    def _on_reader_gone(self) -> None:
        self._lines.clear()
        if self._descriptor is not None:
            loop = asyncio.get_running_loop()
            loop.remove_writer(self._descriptor)
            if self._has_hang_up:
                loop.remove_reader(self._descriptor)
        if not self._closed.done():
            self._closed.set_result(None)


def _pipe_of_standard_output() -> int | None:
    """Return standard output's descriptor where it is a pipe that the event loop can watch."""
    if sys.stdout is None or sys.platform == "win32":
        return None
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else None


def _hears_hang_up(descriptor: int, call: Callable[[], None]) -> bool:
    """Have `call` called when the reader of a pipe goes; whether the system tells of it."""
    if not sys.platform.startswith("linux"):
        return False  # elsewhere the next line that is written tells
    asyncio.get_running_loop().add_reader(descriptor, call)
    return True
