"""Says that a check could not be made, and takes that back once the storage is there again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, QTimer

from syncsphere_desktop.errors import AppError, StoreUnavailableError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.banner import Banner

Reach = Callable[[], Awaitable[AppError | None]]
"""Looks for the storage and returns what is wrong with it, or None."""

_LOOKED_EVERY_MS = 5000


class StoreOutage(QObject):
    """Shows an error in `banner`. One of the storage goes when the storage is found there again.

    While it is in sight it looks every few seconds, one look at a time. A storage that is there and still no
    good, such as an empty one, was never away to come back: that stays said.
    """

    def __init__(self, banner: Banner, reach: Reach, scope: TaskScope) -> None:
        super().__init__(banner)
        self._banner = banner
        self._reach = reach
        self._scope = scope
        self._is_of_store = self._was_away = False
        self._looks = False
        self.pace = QTimer(self, interval=_LOOKED_EVERY_MS)
        self.pace.timeout.connect(self._on_pace_timeout)

    def show(self, error: AppError) -> None:
        """Say above everything that a check could not be made, or the last one not be read."""
        self._is_of_store = isinstance(error, StoreUnavailableError)
        self._banner.show_message(error.message, "danger", action="Retry", details=error.details)
        self._banner.show()
        self._was_away = False
        self.look()
        self.pace.start()

    def end(self) -> None:
        """Take back what was said, whatever it was."""
        self._is_of_store = False
        self._banner.hide()
        self.pace.stop()

    def end_if_of_store(self) -> None:
        """Take it back when it was about the storage: that is there."""
        if self._is_of_store:
            self.end()

    def look(self) -> None:
        """Look for the storage, unless nothing is wrong with it or a look is under way."""
        if self._is_of_store and not self._looks:
            self._looks = True
            self._scope.spawn(self._look())

    async def _look(self) -> None:
        try:
            problem = await self._reach()
        finally:
            self._looks = False
        if problem is not None:
            self._was_away = True
        elif self._was_away:
            self.end_if_of_store()

    def _on_pace_timeout(self) -> None:
        if self._banner.isVisible():
            self.look()
