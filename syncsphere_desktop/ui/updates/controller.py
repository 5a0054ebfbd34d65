"""Looks for newer versions on wish, and once a week where somebody agreed to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from syncsphere_desktop.domain.updates import Standing
from syncsphere_desktop.errors import UpdateError
from syncsphere_desktop.studio.updates import News, Updates
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.updates.dialog import UpdateDialog
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.toasts import ToastHost

_log = logging.getLogger(__name__)

_LOOK_AGAIN_SECONDS = 6 * 3600.0
_POLL_SECONDS = 0.5
_TOLD_SECONDS = 20.0
_QUESTION = (
    "The app asks the update source which version is the newest, and tells when it is newer than this one."
    " Nothing is downloaded or installed by itself. You can change this any time: “Check for updates…” among"
    " all commands (Ctrl+K)."
)


class UpdatesController:
    """Gives the window the action, and from `start` on the weekly look. `open_page` opens the browser."""

    def __init__(
        self,
        scope: TaskScope,
        window: MainWindow,
        toasts: ToastHost,
        updates: Updates,
        open_page: Callable[[str], object],
    ) -> None:
        self._scope = scope
        self._window = window
        self._toasts = toasts
        self._updates = updates
        self._open_page = open_page
        add_action(window, "Check for updates…", self.open, group="Window", everywhere=True)

    def open(self) -> None:
        """Show the dialog, which looks."""
        self._scope.spawn(self._show(None), key="dialog")

    def start(self) -> None:
        """Ask once whether to look weekly, and look when that is due. Nothing happens without a source."""
        if self._updates.source is not None:
            self._scope.spawn(self._watch(), key="watch")

    async def shutdown(self) -> None:
        """End what is under way."""
        await self._scope.shutdown()

    async def _watch(self) -> None:
        if self._updates.wants_asking:
            await self._ask()
        while True:
            if self._updates.is_due:
                await self._look()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _ask(self) -> None:
        while open_dialog(self._window) is not None:  # noqa: ASYNC110  # dialogs make no events for others
            await asyncio.sleep(_POLL_SECONDS)
        agreed = await ConfirmDialog(
            self._window,
            title="Look for newer versions once a week?",
            effects=(_QUESTION,),
            confirm="Look weekly",
            cancel="No",
            dangerous=False,
        ).ask()
        self._updates.set_weekly(weekly=agreed is True)

    async def _look(self) -> None:
        try:
            news = await self._updates.check()
        except UpdateError as error:
            if not error.retryable:  # somebody should know that what was given out is not right
                raise
            _log.info("No newer version could be looked for: %s", error.message)
            return
        if news.standing is Standing.NEWER:
            self._toasts.show_message(
                f"SyncSphere Desktop {news.manifest.version} is there.",
                action="Show",
                on_action=lambda: self._open_found(news),
                seconds=_TOLD_SECONDS,
            )

    def _open_found(self, news: News) -> None:
        self._scope.spawn(self._show(news), key="dialog")

    async def _show(self, found: News | None) -> None:
        wanted = await UpdateDialog(self._window, self._scope, self._updates, found=found).ask()
        if wanted is not None:
            self._open_page(wanted.page)
