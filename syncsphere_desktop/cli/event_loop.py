"""The event loop of a command, which ends in order also when the process is asked to end."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` in a loop of its own and return what it gives.

    Ctrl+C and SIGTERM cancel it, and it has the time that it needs to end; then KeyboardInterrupt is raised,
    or SystemExit with the code of a process that SIGTERM ended.
    """
    terminated = threading.Event()

    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None

        def end() -> None:
            terminated.set()
            task.cancel()

        with _on_sigterm(end):
            return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        if terminated.is_set():
            raise SystemExit(128 + signal.SIGTERM) from None
        raise


@contextmanager
def _on_sigterm(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` in the loop at SIGTERM, where the system tells a loop of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGTERM)
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, end)
    except NotImplementedError:  # Windows: it has no such signal
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, previous)
