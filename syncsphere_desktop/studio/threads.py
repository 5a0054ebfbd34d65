"""The threads on which use cases block: files are read and hashed on them, never on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """A few threads of one owner, joined at the end.

    Work that its waiter no longer waits for goes on to its end, so that nothing is left half done.
    """

    def __init__(self, count: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._under_way: set[asyncio.Future[object]] = set()

    async def __call__(self, work: Callable[[], T]) -> T:
        """Run `work` on a thread and return what it gives."""
        running = asyncio.wrap_future(self._executor.submit(work))
        self._under_way.add(running)  # type: ignore[arg-type]  # only ever waited for
        running.add_done_callback(self._on_running_done)
        return await asyncio.shield(running)

    async def close(self) -> None:
        """Wait for what runs, then end the threads."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))
        self._executor.shutdown(wait=True)

    def _on_running_done(self, running: asyncio.Future[T]) -> None:
        self._under_way.discard(running)
        if not running.cancelled():
            running.exception()  # its waiter may be gone: asyncio would complain of an error nobody took
