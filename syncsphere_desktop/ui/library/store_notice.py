"""Says above the list that the audio storage can't be used, and looks again when that is wished for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Signal
from typing_extensions import override

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.banner import Banner

_KEY = "store"


class StoreWatch(Protocol):
    """What the view needs to know of the store; the studio's `StoreAccess` is one."""

    @property
    def problem(self) -> AppError | None: ...
    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]: ...
    async def look_again(self) -> None: ...


class StoreNotice(Banner):
    """Shown while the store has a problem; the list of rows works all the same."""

    store_returned = Signal()

    def __init__(self, store: StoreWatch, scope: TaskScope) -> None:
        super().__init__(tone="warning", dismissible=False)
        self._store = store
        self._scope = scope
        self._had_problem = False
        self._unsubscribe = store.subscribe(self._refresh)
        self.action_triggered.connect(self.look)
        self.hide()
        self._refresh()

    def look(self) -> None:
        """Reach for the store, and tell what came of it."""
        self._scope.spawn(self._look(), key=_KEY)

    @override
    def close(self) -> bool:
        self._unsubscribe()
        return super().close()

    async def _look(self) -> None:
        await self._store.look_again()
        self._refresh()

    def _refresh(self) -> None:
        problem = self._store.problem
        if problem is not None:
            sentence = f"{problem.message} The list works; sound, imports and checks wait."
            action = "Look again" if problem.retryable else None
            self.show_message(sentence, "warning", action=action, details=problem.details)
        elif self._had_problem:
            self.store_returned.emit()
        self._had_problem = problem is not None
        self.setVisible(self._had_problem)
