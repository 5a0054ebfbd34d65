"""A file that is written, and brought to the disk, on threads of its own while more is being fetched."""

from __future__ import annotations

import io
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

from typing_extensions import override

_BLOCKS = 16
"""That wait to be written: of half a MiB each, which bounds the memory."""
_SYNC_AFTER = 16 << 20


class WriteBehind(io.RawIOBase):
    """Writes to an unbuffered file behind the back of whoever calls; `finish` says whether all went well.

    `close` ends the threads whatever became of it. What can't be written is raised by the next call.
    """

    def __init__(self, file: io.FileIO) -> None:
        super().__init__()
        self._file = file
        self._waiting: queue.Queue[memoryview | None] = queue.Queue(_BLOCKS)
        self._failure: OSError | None = None
        self._unsynced = 0
        self._more = threading.Condition()
        self._is_over = False
        self._threads = [threading.Thread(target=self._write_all, name="write-behind")]
        if hasattr(os, "fdatasync"):
            self._threads.append(threading.Thread(target=self._sync_on, name="sync-behind"))
        for thread in self._threads:
            thread.start()

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Any, /) -> int:
        self._check()
        block = memoryview(data)
        self._waiting.put(block)
        return len(block)

    def begin_again(self) -> None:
        """Empty the file: what is written next is its beginning."""
        self._waiting.join()
        self._check()
        self._file.seek(0)
        self._file.truncate()

    def finish(self) -> None:
        """Wait until all is written and on the disk; raises OSError where something could not be written."""
        self.close()
        if self._failure is not None:
            raise self._failure
        os.fsync(self._file.fileno())

    @override
    def close(self) -> None:
        if not self.closed:
            super().close()
            self._waiting.put(None)
            for thread in self._threads:
                thread.join()

    def _check(self) -> None:
        if self.closed:
            raise ValueError("the file is closed")
        if self._failure is not None:
            raise self._failure

    def _write_all(self) -> None:
        while (block := self._waiting.get()) is not None:
            self._guarded(lambda left=block: self._write_whole(left))  # type: ignore[misc]
            self._waiting.task_done()
        with self._more:
            self._is_over = True
            self._more.notify_all()

    def _write_whole(self, left: memoryview) -> None:
        size = len(left)
        while left:  # an unbuffered file may take less, as when the disk fills up
            left = left[self._file.write(left) :]
        with self._more:
            self._unsynced += size
            if self._unsynced >= _SYNC_AFTER:
                self._more.notify_all()

    def _sync_on(self) -> None:
        """Bring to the disk what was written, part by part, so that little is left for the end."""
        while True:
            with self._more:
                self._more.wait_for(lambda: self._is_over or self._unsynced >= _SYNC_AFTER)
                if self._is_over:
                    return
                self._unsynced = 0
            self._guarded(lambda: os.fdatasync(self._file.fileno()))

    def _guarded(self, do: Callable[[], None]) -> None:
        if self._failure is None:
            try:
                do()
            except OSError as error:
                self._failure = error
