"""The loop tests run on reports what tasks leave behind, and closes so that the next test gets its own."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QTimer

from tests.ui.loops import LeftBehindError, QtRun


def test_the_result_of_the_coroutine_is_returned(qt_run: QtRun) -> None:
    async def work() -> int:
        await asyncio.sleep(0.001)
        return 7

    assert qt_run(work()) == 7


def test_its_exception_is_raised(qt_run: QtRun) -> None:
    async def work() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        qt_run(work())


def test_a_task_that_failed_unseen_fails_the_test_though_it_is_still_referenced(qt_run: QtRun) -> None:
    kept: list[asyncio.Task[None]] = []

    async def broken() -> None:
        raise KeyError("unseen")

    async def work() -> None:
        kept.append(asyncio.get_running_loop().create_task(broken()))

    with pytest.raises(LeftBehindError, match="unseen"):
        qt_run(work())


def test_a_task_that_never_ends_fails_the_test_by_name(qt_run: QtRun) -> None:
    kept: list[asyncio.Task[None]] = []

    async def work() -> None:
        kept.append(asyncio.get_running_loop().create_task(asyncio.sleep(3600), name="sleeper"))

    with pytest.raises(LeftBehindError, match="sleeper"):
        qt_run(work())
    assert kept[0].cancelled()


def test_timers_and_tasks_share_the_loop(qt_run: QtRun) -> None:
    async def work() -> str:
        arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        QTimer.singleShot(1, lambda: arrived.set_result("from Qt"))
        return await arrived

    assert qt_run(work()) == "from Qt"


@pytest.mark.parametrize("_number", range(50))
def test_many_loops_in_a_row_work(qt_run: QtRun, _number: int) -> None:
    async def work() -> int:
        return await asyncio.get_running_loop().create_task(asyncio.sleep(0, result=1))

    assert qt_run(work()) == 1
