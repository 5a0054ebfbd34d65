"""The running app: connects, shows the views of the session, keeps the status bar true, and shuts down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from syncsphere_desktop.database.connection import ConnectionState, Health
from syncsphere_desktop.database.notifications import ChangeEvent
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.jobs import Jobs
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.presenter import ErrorPresenter
from syncsphere_desktop.ui.app.status import StatusPresenter
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import Filters, ImportPart, ViewContext, ViewController
from syncsphere_desktop.ui.app.window_memory import WindowMemory
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.widgets.toasts import ToastHost

_log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 5.0

ViewFactory = Callable[[Session, ViewContext], ViewController]
ImportFactory = Callable[[Session, ViewContext], ImportPart]


@dataclass(frozen=True, slots=True)
class OpenedStudio:
    """A session with what must be let go after it, such as the local studio's server."""

    session: Session
    release: Callable[[], Awaitable[None]]

    async def close(self) -> None:
        """Close the session's connections, then let go what held its server. Raises AppError."""
        await self.session.shutdown()
        await self.release()


class Desktop(QObject):
    """Owns the window's session from connecting to shutdown."""

    def __init__(
        self,
        window: MainWindow,
        theme: ThemeController,
        memory: WindowMemory,
        presenter: ErrorPresenter,
        views: Mapping[str, ViewFactory],
        toasts: ToastHost,
        importing: ImportFactory | None = None,
    ) -> None:
        super().__init__(window)
        self.jobs = Jobs(self)
        self.scope = TaskScope("desktop", on_error=presenter.show_error, report_bug=presenter.report_bug)
        self._window = window
        self._theme = theme
        self._memory = memory
        self._factories = views
        self._make_importing = importing
        self._importing: ImportPart | None = None
        self._toasts = toasts
        self._status = StatusPresenter(window.status, self.jobs)
        self._status.show_jobs()
        self._opened: OpenedStudio | None = None
        self._controllers: dict[str, ViewController] = {}
        self._unsubscribe: list[Callable[[], None]] = []
        self._current: str | None = None
        self._was_lost = False
        self._leaving: asyncio.Task[None] | None = None
        self._undoing = asyncio.Lock()
        self._presenter = presenter
        window.destination_chosen.connect(self.show_view)

    @property
    def session(self) -> Session | None:
        """Return the open session, or None."""
        return None if self._opened is None else self._opened.session

    @property
    def importing(self) -> ImportPart | None:
        """Return what imports audio into the open session, or None."""
        return self._importing

    @property
    def current(self) -> ViewController | None:
        """Return the controller of the view that is shown, or None."""
        return self._controllers.get(self._current or "")

    @property
    def target(self) -> ConnectionTarget | None:
        """Return what the window is connected to, without its password."""
        return None if self._opened is None else ConnectionTarget(self._opened.session.profile)

    def adopt(self, opened: OpenedStudio) -> None:
        """Show the views of a session that was just opened; there must be none."""
        session = opened.session
        self._opened = opened
        self._window.show_server(session.profile)
        self._status.show_session(session.profile, session.schema, session.database.read_only_reason)
        self._status.show_updates(session.listener.mode)
        self._unsubscribe = [
            session.database.subscribe(self._on_database_state),
            session.listener.subscribe(self._on_change),
            session.listener.subscribe_mode(self._status.show_updates),
        ]
        if self._make_importing is not None:
            self._importing = self._make_importing(session, self._context("importing"))
        for name, factory in self._factories.items():
            controller = factory(session, self._context(name))
            self._controllers[name] = controller
            self._window.add_view(controller.view)
        last = self._memory.last_view
        self.show_view(last if last in self._controllers else next(iter(self._controllers)))
        self.scope.spawn(self._heartbeat(session), key="heartbeat")

    def controller(self, name: str) -> ViewController | None:
        """Return a view's controller by the view's name, while a session is open."""
        return self._controllers.get(name)

    def show_view(self, name: str) -> None:
        """Go to a view by its name."""
        controller = self._controllers.get(name)
        if controller is None:
            return
        self._current = name
        self._window.sidebar.set_current(name)
        self._window.show_view(controller.view)
        controller.activate()

    def open_view(self, name: str, filters: Filters) -> None:
        """Go to a view with its list narrowed."""
        self.show_view(name)
        self._controllers[name].narrow(filters)

    def reload(self) -> None:
        """Read the current view again."""
        if self.current is not None:
            self.current.reload()

    def reload_all(self) -> None:
        """Read what every view shows again, in its own time."""
        for controller in self._controllers.values():
            controller.reload()

    def undo(self) -> None:
        """Take back the last change that this admin saved."""
        if self.session is not None:
            self.scope.spawn(self._undo(self.session))

    async def _undo(self, session: Session) -> None:
        async with self._undoing:  # twice quickly means two changes, one after the other
            told = await session.undo.undo_last(session.actor)
        self._toasts.show_success(told)
        for controller in self._controllers.values():
            controller.reload()

    def unsaved(self) -> list[str]:
        """Return a sentence for each view with edits that closing would lose."""
        found = (controller.unsaved() for controller in self._controllers.values())
        return [sentence for sentence in found if sentence]

    async def leave(self) -> None:
        """Close the session: views first, then the connections, then what held the server.

        Once begun it goes on to its end, also when whoever waits for it is cancelled.
        """
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave(), name="leave the session")
            self._leaving.add_done_callback(self._on_left)
        await asyncio.shield(self._leaving)

    def _on_left(self, _leaving: asyncio.Task[None]) -> None:
        self._leaving = None

    async def _leave(self) -> None:
        for key in ("heartbeat", "bundles", "months", "feed"):
            self.scope.cancel(key)
        self._remember_layouts()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        if self._importing is not None:
            importing, self._importing = self._importing, None
            await importing.shutdown()
        controllers, self._controllers = self._controllers, {}
        for controller in controllers.values():
            await controller.shutdown()
            self._window.remove_view(controller.view)
        self._current = None
        self._was_lost = False
        for name in controllers:
            self._window.sidebar.set_count(name, "")
        self._status.clear()
        self._window.show_server(None)
        opened, self._opened = self._opened, None
        if opened is not None:
            try:
                await opened.close()
            except AppError as error:
                _log.warning("The server was not let go: %s", error.message)
                self._presenter.show_error(error)

    async def shutdown(self) -> None:
        """Cancel the jobs, close the session and end every task."""
        for job in self.jobs.running:
            job.cancel()
        await self.leave()
        await self.scope.shutdown()
        self._memory.theme_mode = self._theme.mode
        try:
            self._memory.save()
        except AppError as error:  # as when the disk is full: nobody is there any more to be told
            _log.warning("The window's layout was not remembered: %s", error.message)

    def _context(self, name: str) -> ViewContext:
        return ViewContext(
            scope=self.scope,
            theme=self._theme,
            jobs=self.jobs,
            toasts=self._toasts,
            window=self._window,
            show_count=lambda text: self._window.sidebar.set_count(name, text),
            open_view=self.open_view,
            show_feed=self._window.status.feed.show_state,
            layout=self._memory.view(name),
            importing=self._importing,
        )

    def _remember_layouts(self) -> None:
        self._memory.remember_window(self._window.save_layout())
        for name, controller in self._controllers.items():
            self._memory.remember_view(name, controller.save_layout())
        if self._current is not None:
            self._memory.last_view = self._current

    def _on_change(self, change: ChangeEvent) -> None:
        for controller in self._controllers.values():
            controller.take_change(change)

    def _on_database_state(self, state: ConnectionState) -> None:
        self._status.show_connection(state)
        if state.health is Health.LOST:
            self._was_lost = True
        elif state.health is Health.CONNECTED and self._was_lost:
            self._was_lost = False
            for controller in self._controllers.values():
                controller.reload()

    async def _heartbeat(self, session: Session) -> None:
        """Measure the latency now and then, and notice that a lost server is back."""
        while True:
            try:
                await session.database.ping()
            except AppError as error:
                _log.info("The server does not answer: %s", error.message)
            await asyncio.sleep(_HEARTBEAT_SECONDS)
