"""Tells of changes in batches: at once after a pause, and in a flood no oftener than a screen shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import OwnershipChange
from syncsphere_desktop.domain.ownership_picture import Step

T = TypeVar("T")
ChangeListener = Callable[[Sequence[OwnershipChange]], None]
RepaintListener = Callable[[Mapping[ProjectId, frozenset[UUID]]], None]


class Listeners(Generic[T]):
    """Calls everybody who wants to know. A listener may leave, or bring others, while it is called."""

    def __init__(self) -> None:
        self._all: list[Callable[[T], None]] = []

    def add(self, listener: Callable[[T], None]) -> Callable[[], None]:
        """Call `listener` from now on; returns what ends that."""
        self._all.append(listener)
        return lambda: self._all.remove(listener) if listener in self._all else None

    def tell(self, news: T) -> None:
        """Tell everybody."""
        for listener in list(self._all):
            listener(news)


class ChangeTeller:
    """Gathers steps and tells them in order. `changes` and `repaints` are who is told."""

    def __init__(self, pause: float) -> None:
        self.changes: Listeners[Sequence[OwnershipChange]] = Listeners()
        self.repaints: Listeners[Mapping[ProjectId, frozenset[UUID]]] = Listeners()
        self._pause = pause
        self._waiting: list[OwnershipChange] = []
        self._repaint: dict[ProjectId, set[UUID]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = float("-inf")

    def add(self, project_id: ProjectId, step: Step) -> None:
        """Gather what a step changed; `tell_soon` has it told."""
        if step.repaint:
            self._repaint.setdefault(project_id, set()).update(step.repaint)
            self._waiting.extend(step.changes)

    def tell_soon(self) -> None:
        """Tell now, or in a flood a moment after the last time."""
        if self._timer is not None or not self._repaint:
            return
        wait = self._told_at + self._pause - time.monotonic()
        if wait <= 0:
            self._tell()
        else:
            self._timer = asyncio.get_running_loop().call_later(wait, self._tell)

    def close(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self._timer = None
        self._told_at = time.monotonic()
        waiting, self._waiting = self._waiting, []
        repaint, self._repaint = self._repaint, {}
        self.repaints.tell({project_id: frozenset(boxes) for project_id, boxes in repaint.items()})
        if waiting:
            self.changes.tell(waiting)
