"""Takes floods in slices, so that the event loop has its turn in between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
_SLICE = 150
"""Two milliseconds or so."""
_MOST = 40_000


class Inbox(Generic[T]):
    """Hands items on in their order: few of them at once, many in slices. Too many become `overflow`."""

    def __init__(self, take: Callable[[Sequence[T]], None], overflow: T) -> None:
        self._take = take
        self._overflow = overflow
        self._waiting: deque[T] = deque()
        self._next: asyncio.Handle | None = None

    def put(self, items: Iterable[T]) -> None:
        """Take items, now or as soon as those before them were."""
        items = tuple(items)
        if self._next is None and len(items) <= _SLICE:
            self._take(items)
            return
        self._waiting.extend(items)
        if len(self._waiting) > _MOST:
            self._waiting.clear()
            self._waiting.append(self._overflow)
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._on_turn)

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _on_turn(self) -> None:
        part = tuple(islice(self._waiting, _SLICE))
        for _ in part:
            self._waiting.popleft()
        self._next = asyncio.get_running_loop().call_soon(self._on_turn) if self._waiting else None
        self._take(part)
