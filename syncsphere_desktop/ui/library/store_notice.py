"""Says above the list that the audio storage can't be used, and looks again when that is wished for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QTimer, Signal
from typing_extensions import override

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.banner import Banner

_KEY = "store"
_LOOKED_EVERY_MS = 5000
_READ_ONLY = "The audio storage is read only: files can be played, copied and checked, and none is changed."


class StoreWatch(Protocol):
    """What the view needs to know of the store; the studio's `StoreAccess` is one."""

    @property
    def problem(self) -> AppError | None: ...
    @property
    def is_read_only(self) -> bool: ...
    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]: ...
    async def look_again(self) -> None: ...


class StoreNotice(Banner):
    """Shown while the store has a problem, or takes no writes; the list of rows works all the same.

    While it is in sight it looks for the store every few seconds, one look at a time.
    """

    store_returned = Signal()

    def __init__(self, store: StoreWatch, scope: TaskScope) -> None:
        super().__init__(tone="warning", dismissible=False)
        self._store = store
        self._scope = scope
        self._had_problem = False
        self._looks = False
        self._shown = ("", "")
        self.pace = QTimer(self, interval=_LOOKED_EVERY_MS)
        self.pace.timeout.connect(self._on_pace_timeout)
        self._unsubscribe = store.subscribe(self._refresh)
        self.action_triggered.connect(self.look)
        self.hide()
        self._refresh()

    def look(self) -> None:
        """Reach for the store, and tell what came of it."""
        if not self._looks:
            self._looks = True
            self._scope.spawn(self._look(), key=_KEY)

    @override
    def close(self) -> bool:
        self.pace.stop()
        self._unsubscribe()
        return super().close()

    async def _look(self) -> None:
        try:
            await self._store.look_again()
        finally:
            self._looks = False
        self._refresh()

    def _refresh(self) -> None:
        problem = self._store.problem
        if problem is None and self._had_problem:
            self.store_returned.emit()
        if problem is not None:
            self._tell(problem)
        elif self._store.is_read_only:
            self._shown = ("", "")
            self.show_message(_READ_ONLY, "info")
        self._had_problem = problem is not None
        self.setVisible(self._had_problem or self._store.is_read_only)

    def _tell(self, problem: AppError) -> None:
        told = problem.message, problem.details or ""
        if told != self._shown:  # or each look would fold the details that somebody reads
            self._shown = told
            sentence = f"{problem.message} The list works; sound, imports and checks wait."
            action = "Look again" if problem.retryable else None
            self.show_message(sentence, "warning", action=action, details=problem.details)
        if problem.retryable and not self.pace.isActive():
            self.pace.start()

    def _on_pace_timeout(self) -> None:
        if not self._had_problem:
            self.pace.stop()
        elif self.isVisible():
            self.look()
