"""The thread that ends child processes which take too long or too much."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from syncsphere_desktop.storage.probing.child_process import End, ProbeChild
from syncsphere_desktop.storage.probing.limits import Limits

_TICK = 0.1


class Watchdog:
    """Looks at the children every tenth of a second as long as there are any, and sleeps otherwise.

    `children` returns those that run; `drop_idle` ends the ones at rest since before a moment.
    """

    def __init__(
        self,
        limits: Limits,
        children: Callable[[], list[ProbeChild]],
        drop_idle: Callable[[float], None],
    ) -> None:
        self._limits = limits
        self._children = children
        self._drop_idle = drop_idle
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def wake(self) -> None:
        """Begin to look, if it does not already; cheap enough for every request."""
        if self._wanted.is_set():
            return
        with self._lock:
            if self._closing.is_set():
                return
            self._wanted.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="probe-watchdog", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._lock:
            self._closing.set()
            self._wanted.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _watch(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            self._closing.wait(_TICK)
            self._drop_idle(time.monotonic() - self._limits.idle_seconds)
            children = self._children()
            for child in children:
                self._look_at(child)
            if not children:
                self._wanted.clear()
                # One may have been started between the two lines above.
                if self._children() or self._closing.is_set():
                    self._wanted.set()

    def _look_at(self, child: ProbeChild) -> None:
        now = time.monotonic()
        stall_at, deadline = child.stall_at, child.deadline
        if stall_at is None or deadline is None:
            return
        if now > stall_at:
            child.kill(End.STALLED)
        elif now > deadline:
            child.kill(End.TOO_LONG)
        elif _resident(child.pid) > self._limits.memory:
            child.kill(End.MEMORY)


def _resident(pid: int) -> int:
    """Return how much memory a process holds, 0 when it is gone."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
