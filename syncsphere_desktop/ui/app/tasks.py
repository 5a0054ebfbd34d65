"""Tasks with an owner: a view's scope cancels what it started, and no error stays silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from syncsphere_desktop.errors import AppError

_log = logging.getLogger(__name__)

BugReporter = Callable[[BaseException], None]
ErrorHandler = Callable[[AppError], None]


class TaskScope:
    """Owns the tasks of one view or part. Whatever is not an AppError goes to `report_bug`.

    An AppError goes to the task's `on_error`, or to the scope's.
    """

    def __init__(self, name: str, *, on_error: ErrorHandler, report_bug: BugReporter) -> None:
        self.name = name
        self._on_error = on_error
        self._report_bug = report_bug
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_key: dict[Hashable, asyncio.Task[None]] = {}
        self._closed = False

    @property
    def report_bug(self) -> BugReporter:
        """Return what learns of whatever is not an AppError, for parts with tasks of their own."""
        return self._report_bug

    def child(self, name: str, *, on_error: ErrorHandler | None = None) -> TaskScope:
        """Return a scope with the same bug reporter, for a part that ends before this one."""
        return TaskScope(
            f"{self.name}.{name}", on_error=on_error or self._on_error, report_bug=self._report_bug
        )

    def spawn(
        self,
        work: Coroutine[Any, Any, None],
        *,
        key: Hashable | None = None,
        on_error: ErrorHandler | None = None,
    ) -> asyncio.Task[None] | None:
        """Start `work`. A task with the same `key` is cancelled first: the newest wish wins.

        A part of which a scope may have several has itself in its keys: `(self, "list")`.

        After shutdown nothing starts any more and None is returned.
        """
        if self._closed:
            work.close()
            return None
        if key is not None and key in self._by_key:
            self._by_key[key].cancel()
        task = asyncio.get_running_loop().create_task(
            self._guarded(work, on_error or self._on_error),
            name=f"{self.name}:{key if isinstance(key, str) else getattr(work, '__qualname__', 'task')}",
        )
        self._tasks.add(task)
        if key is not None:
            self._by_key[key] = task

        def forget(done: asyncio.Task[None]) -> None:
            work.close()  # a task that is cancelled before its first step never began to await it
            self._forget(done, key)

        task.add_done_callback(forget)
        return task

    def cancel(self, key: Hashable) -> None:
        """Cancel the task of that key, if there is one."""
        task = self._by_key.get(key)
        if task is not None:
            task.cancel()

    async def shutdown(self) -> None:
        """Cancel every task and wait until all of them have ended."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _guarded(self, work: Coroutine[Any, Any, None], on_error: ErrorHandler) -> None:
        try:
            await work
        except AppError as error:
            _log.info("%s: %s (%s)", self.name, error.message, error.code)
            on_error(error)
        except Exception as error:  # noqa: BLE001  # the one place where bugs of tasks are caught and shown
            self._report_bug(error)

    def _forget(self, task: asyncio.Task[None], key: Hashable | None) -> None:
        self._tasks.discard(task)
        if key is not None and self._by_key.get(key) is task:
            del self._by_key[key]
