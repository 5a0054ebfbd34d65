"""Which pages are asked for: those on screen, in one go; then the next one in the direction of scrolling."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.tables.pages import PageCache

_AT_ONCE = 3
_PATIENCE_SECONDS = 0.03
"""How long a request whose rows left the screen may go on: cancelling costs more than a quick page."""


@dataclass(frozen=True, slots=True)
class _Request:
    task: asyncio.Task[None]
    numbers: range
    started: float


class PageFetcher(QObject):
    """Runs `fetch(page numbers)` for what is on screen, and cancels what was scrolled past.

    After a failure it stands still until the list is paused and resumed, or other rows are wanted.
    """

    def __init__(
        self,
        scope: TaskScope,
        fetch: Callable[[range], Coroutine[Any, Any, None]],
        on_error: Callable[[AppError], None],
        *,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._scope = scope
        self._fetch = fetch
        self._report = on_error
        self._requests: list[_Request] = []
        self._paused = True
        self._failed: frozenset[int] = frozenset()
        self._cache: PageCache[Any] | None = None
        self._window = (0, -1, 0)
        self._downwards = True
        self._recheck = QTimer(self, singleShot=True)
        self._recheck.setInterval(round(_PATIENCE_SECONDS * 1000) + 5)
        self._recheck.timeout.connect(self._ask)

    def want(self, cache: PageCache[Any], first: int, last: int, count: int) -> None:
        """Ask for the pages of the rows `first` to `last` of `count`, where they are missing or stale."""
        self._downwards = first >= self._window[0]
        if (first, last) != self._window[:2]:
            self._failed = frozenset()
        self._cache, self._window = cache, (first, last, count)
        self._ask()

    def pause(self) -> None:
        """Cancel every request; nothing is asked for until `resume`."""
        self._paused = True
        for request in self._requests:
            request.task.cancel()

    def resume(self) -> None:
        """Ask again for what is wanted from now on."""
        self._paused = False
        self._failed = frozenset()

    def _ask(self) -> None:
        first, last, count = self._window
        if self._paused or self._cache is None or last < first:
            return
        shown = self._cache.numbers(first, last)
        ahead = shown.stop if self._downwards else shown.start - 1
        nearby = range(min(shown.start, ahead), max(shown.stop, ahead + 1))
        self._let_go(nearby)
        self._start(self._needed(shown))
        if 0 <= ahead * self._cache.page_size < count and not self._requests and not self._failed:
            self._start(self._needed(range(ahead, ahead + 1)))

    def _needed(self, numbers: range) -> list[int]:
        assert self._cache is not None
        under_way = {number for request in self._requests for number in request.numbers}
        missing = self._cache.missing(numbers)
        return [number for number in missing if number not in under_way and number not in self._failed]

    def _start(self, numbers: list[int]) -> None:
        if not numbers or len(self._requests) >= _AT_ONCE:
            return
        stretch = range(numbers[0], numbers[-1] + 1)
        task = self._scope.spawn(self._fetch(stretch), on_error=lambda error: self._fail(stretch, error))
        if task is not None:
            request = _Request(task, stretch, time.monotonic())
            self._requests.append(request)
            task.add_done_callback(lambda _task: self._end(request))

    def _let_go(self, nearby: range) -> None:
        """Cancel requests for rows that left the screen: the slow ones, and any that are in the way."""
        passed = [request for request in self._requests if not set(request.numbers) & set(nearby)]
        crowded = len(self._requests) >= _AT_ONCE
        for request in passed:
            if crowded or time.monotonic() - request.started > _PATIENCE_SECONDS:
                request.task.cancel()
        if passed:
            self._recheck.start()

    def _fail(self, numbers: range, error: AppError) -> None:
        self._failed |= set(numbers)
        self._report(error)

    def _end(self, request: _Request) -> None:
        self._requests.remove(request)
        self._ask()
