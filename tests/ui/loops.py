"""Runs a coroutine of a test on a Qt event loop, and tells what its tasks left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from PySide6.QtWidgets import QApplication

T = TypeVar("T")
_GRACE_SECONDS = 1.0


class QtRun(Protocol):
    """What the `qt_run` fixture is: give it a coroutine, get its result."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Run `work` to its end and return what it returns, or raise what it raises."""
        ...


class LeftBehindError(AssertionError):
    """Raised when a test's tasks failed unseen, or were still running at its end."""


def run_on_qt_loop(application: QApplication, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on a fresh loop and close the loop.

    Fails on exceptions nobody looked at (also of tasks that are still referenced, about which asyncio keeps
    silent) and on tasks that don't end by themselves within a second of the coroutine's end.
    """
    with _fresh_loop(application) as loop:
        tasks: list[asyncio.Task[Any]] = []
        complaints: list[str] = []
        loop.set_exception_handler(lambda _loop, context: complaints.append(_told(context)))
        loop.set_task_factory(lambda _loop, coroutine, **options: _recorded(tasks, loop, coroutine, options))
        try:
            result = loop.run_until_complete(work)
        finally:
            still_running = _settle(loop, tasks[1:])
        complaints += [f"{name} was still running at the end of the test" for name in still_running]
        complaints += [_unseen(task) for task in tasks[1:] if _failed_unseen(task)]
    if complaints:
        raise LeftBehindError("\n".join(complaints))
    return result


@contextmanager
def _fresh_loop(application: QApplication) -> Generator[asyncio.AbstractEventLoop]:
    from qasync import QEventLoop

    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    try:
        yield loop
    finally:
        loop.close()


def _recorded(
    tasks: list[asyncio.Task[Any]],
    loop: asyncio.AbstractEventLoop,
    coroutine: Any,
    options: dict[str, Any],
) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
    tasks.append(task)
    return task


def _settle(loop: asyncio.AbstractEventLoop, tasks: list[asyncio.Task[Any]]) -> list[str]:
    """Let tasks end by themselves, cancel those that don't, and return the names of the latter."""

    async def settle() -> list[str]:
        await asyncio.sleep(0)
        pending = {task for task in tasks if not task.done()}
        if not pending:
            return []
        _done, late = await asyncio.wait(pending, timeout=_GRACE_SECONDS)
        names = [task.get_name() for task in late]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_GRACE_SECONDS)
        return names

    names = loop.run_until_complete(settle())
    loop.run_until_complete(loop.shutdown_asyncgens())
    return names


def _failed_unseen(task: asyncio.Task[Any]) -> bool:
    # asyncio's own mark that nobody has asked for the exception; asking for it would clear it.
    return task.done() and not task.cancelled() and bool(getattr(task, "_log_traceback", False))


def _unseen(task: asyncio.Task[Any]) -> str:
    return f"{task.get_name()} failed and nobody looked: {task.exception()!r}"


def _told(context: dict[str, Any]) -> str:
    error = context.get("exception")
    return f"{context.get('message', 'An error in the event loop')}: {error!r}"
