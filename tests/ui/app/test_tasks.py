"""A task scope owns its tasks, and no error stays silent."""

from __future__ import annotations

import asyncio

import pytest

from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.ui.app.tasks import TaskScope


class Heard:
    """Collects what a scope reports."""

    def __init__(self) -> None:
        self.errors: list[AppError] = []
        self.bugs: list[BaseException] = []
        self.scope = TaskScope("test", on_error=self.errors.append, report_bug=self.bugs.append)


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def _fail(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def test_an_app_error_reaches_the_scopes_handler(heard: Heard) -> None:
    error = NotFoundError("It is gone.")
    task = heard.scope.spawn(_fail(error))
    assert task is not None
    await task
    assert heard.errors == [error]
    assert not heard.bugs


async def test_an_app_error_reaches_the_tasks_own_handler_alone(heard: Heard) -> None:
    own: list[AppError] = []
    task = heard.scope.spawn(_fail(NotFoundError("It is gone.")), on_error=own.append)
    assert task is not None
    await task
    assert len(own) == 1
    assert not heard.errors


async def test_a_bug_is_reported_while_the_task_is_still_referenced(heard: Heard) -> None:
    task = heard.scope.spawn(_fail(ZeroDivisionError()))
    await asyncio.sleep(0.01)
    assert [type(bug) for bug in heard.bugs] == [ZeroDivisionError]
    assert task is not None
    assert task.done()


async def test_the_newest_task_of_a_key_wins(heard: Heard) -> None:
    ended: list[str] = []

    async def work(name: str) -> None:
        await asyncio.sleep(0.01)
        ended.append(name)

    heard.scope.spawn(work("first"), key="load")
    last = heard.scope.spawn(work("second"), key="load")
    assert last is not None
    await last
    assert ended == ["second"]


async def test_shutdown_cancels_and_waits(heard: Heard) -> None:
    cleaned: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned.append(True)

    heard.scope.spawn(work())
    await asyncio.sleep(0)
    await heard.scope.shutdown()
    assert cleaned == [True]


async def test_after_shutdown_nothing_starts(heard: Heard) -> None:
    await heard.scope.shutdown()
    assert heard.scope.spawn(_fail(ZeroDivisionError())) is None
    assert not heard.bugs


async def test_a_child_reports_bugs_to_the_same_place(heard: Heard) -> None:
    child = heard.scope.child("part")
    task = child.spawn(_fail(ZeroDivisionError()))
    assert task is not None
    await task
    assert len(heard.bugs) == 1
