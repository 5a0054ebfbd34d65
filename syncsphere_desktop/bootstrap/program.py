"""The second half of the start: the event loop, the running app, and its end."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import qasync
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from syncsphere_desktop import crash
from syncsphere_desktop.bootstrap.frame import MEASURE_USABLE, Frame, tell_moment
from syncsphere_desktop.dsn import parse_dsn
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.logs import log_to_folder
from syncsphere_desktop.settings import DATABASE_URL_VARIABLE, ConnectionTarget
from syncsphere_desktop.studio.actor import current_actor
from syncsphere_desktop.studio.bundle_reading import keep_bundles_read
from syncsphere_desktop.studio.local_studio import LocalStudio
from syncsphere_desktop.studio.ownership.months import keep_months_made
from syncsphere_desktop.studio.session import FeedLater, Session
from syncsphere_desktop.studio.updates import Updates
from syncsphere_desktop.ui.app.about_dialog import AboutBox
from syncsphere_desktop.ui.app.close_question import may_close, may_leave
from syncsphere_desktop.ui.app.collecting import GarbageCollector
from syncsphere_desktop.ui.app.desktop import Desktop, OpenedStudio
from syncsphere_desktop.ui.app.file_requests import FileRequests
from syncsphere_desktop.ui.app.presenter import ErrorPresenter
from syncsphere_desktop.ui.app.qt_messages import log_qt_messages
from syncsphere_desktop.ui.app.signals import SignalBridge
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.app.window_actions import install_actions
from syncsphere_desktop.ui.app.window_memory import WindowMemory
from syncsphere_desktop.ui.bundles.controller import BundlesController
from syncsphere_desktop.ui.bundles.file_dialog import BundleFiles
from syncsphere_desktop.ui.connecting.controller import ConnectingController, Progress
from syncsphere_desktop.ui.importing.controller import ImportController
from syncsphere_desktop.ui.integrity.controller import IntegrityController
from syncsphere_desktop.ui.library.controller import LibraryController
from syncsphere_desktop.ui.ownership.controller import OwnershipController
from syncsphere_desktop.ui.projects.controller import ProjectsController
from syncsphere_desktop.ui.tables.view import ListView
from syncsphere_desktop.ui.updates.controller import UpdatesController
from syncsphere_desktop.ui.users.controller import UsersController
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.toasts import ToastHost

T = TypeVar("T")

_log = logging.getLogger(__name__)

_LOOKING_SECONDS = 0.01
_FEED_PAUSE = 5.0
_LONGEST_FEED_PAUSE = 600.0


@dataclass(frozen=True, slots=True)
class StartWish:
    """What the command line wants the window to open on; nothing of it: the welcome page."""

    local: bool = False
    database_url: str | None = None
    profile: str | None = None
    bundle_file: Path | None = None
    """Looked into above the welcome page."""


def start_wish(namespace: argparse.Namespace) -> StartWish:
    """Return what the options, or without any of them the environment, ask for."""
    local = bool(getattr(namespace, "local", False))
    profile = getattr(namespace, "profile", None)
    bundle_file = getattr(namespace, "bundle_file", None)
    url = getattr(namespace, "database_url", None)
    if url is None and not local and profile is None and bundle_file is None:
        url = os.environ.get(DATABASE_URL_VARIABLE)
    return StartWish(local, url, profile, bundle_file)


def run_program(frame: Frame, wish: StartWish) -> int:
    """Run the event loop until the window is closed; return the exit code."""
    with ExitStack() as ends:
        for record in (log_to_folder, crash.record_hard_crashes):
            try:
                ends.callback(record(frame.paths.logs))
            except OSError as error:  # the window works all the same
                _log.warning("Nothing can be written to %s: %s", frame.paths.logs, error.strerror)
        ends.callback(log_qt_messages())
        with qasync.QEventLoop(frame.app) as loop:
            return int(loop.run_until_complete(Program(frame).run(wish)))


class Program:
    """Builds the parts around the painted window, and takes them down again."""

    def __init__(self, frame: Frame, *, recovery_seconds: float = 15.0) -> None:
        self._frame = frame
        self._recovery_seconds = recovery_seconds
        window = frame.window
        self.toasts = ToastHost(window)
        self.presenter = ErrorPresenter(window, self.toasts, frame.paths)
        self.desktop = Desktop(
            window,
            frame.theme,
            WindowMemory(frame.store, frame.settings),
            self.presenter,
            {
                "users": UsersController.for_session,
                "projects": ProjectsController.for_session,
                "library": LibraryController.for_session,
                "bundles": BundlesController.for_session,
                "ownership": OwnershipController.for_session,
                "integrity": IntegrityController.for_session,
            },
            self.toasts,
            importing=self._importing,
        )
        self.connecting = ConnectingController(
            self.desktop.scope.child("connecting"),
            frame.theme,
            frame.store,
            window,
            connect=self.connect,
            connect_local=self.connect_local,
        )
        beside = self._beside = self.desktop.scope.child("beside")
        self.about = AboutBox(beside, window, frame.paths, lambda: self.desktop.session)
        self.bundle_files = BundleFiles(beside, window)
        self.connecting.page.bundle_file_requested.connect(self._on_page_bundle_file_requested)
        self.updates = UpdatesController(
            self.desktop.scope.child("updates"), window, self.toasts, Updates(frame.store), _open_page
        )
        self._blocking = ThreadPoolExecutor(3, thread_name_prefix="blocking")
        self._under_way: set[asyncio.Future[Any]] = set()
        self._closed: asyncio.Future[None] | None = None
        self._exit_code = 0

    async def run(self, wish: StartWish) -> int:
        """Open what is wished for, serve until the window is closed, shut down."""
        window = self._frame.window
        loop = asyncio.get_running_loop()
        self._closed = loop.create_future()
        with ExitStack() as undone:
            undone.callback(window.close_now)
            undone.callback(GarbageCollector(window).close)
            if sys.platform == "darwin":
                undone.callback(FileRequests(self._frame.app, self.bundle_files.open).close)
            undone.callback(SignalBridge(self._end_by_signal, window).close)
            undone.callback(crash.install_hooks(self.presenter.report_bug))
            loop.set_exception_handler(self._report_of_loop)
            window.close_requested.connect(self._on_window_close_requested)
            install_actions(window, self._frame.theme, self.desktop, switch_server=self._switch_server)
            try:
                self.desktop.scope.spawn(self._start(wish), key="start")
                self.updates.start()
                await self._closed
            finally:
                await self.shutdown()
        return self._exit_code

    def end(self) -> None:
        """End the program without asking anybody."""
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    async def shutdown(self) -> None:
        """End every part, from the views down to the threads."""
        await self.updates.shutdown()
        await self._beside.shutdown()
        await self.connecting.shutdown()
        await self.desktop.shutdown()
        # What runs on the threads goes on to its end, and the window answers until then.
        if self._under_way:
            await asyncio.wait(self._under_way)
        self._blocking.shutdown(wait=True)

    async def connect(self, target: ConnectionTarget) -> bool:
        """Open a session on a server and show it; the one before is closed after it.

        Returns False when the user would rather stay with the one before. Raises AppError.
        """
        return await self._show(await self.open_session(target))

    async def open_session(self, target: ConnectionTarget) -> OpenedStudio:
        """Open a session on a server that is not ours to stop. Raises AppError."""
        return OpenedStudio(await self._open_session(target), _nothing_to_release)

    async def connect_local(self, progress: Progress) -> bool:
        """Start the local studio, or find it running, and show it; returns as `connect` does."""
        held = ExitStack()
        loop = asyncio.get_running_loop()
        feed: asyncio.Future[ConnectionTarget | None] = loop.create_future()

        def report(sentence: str, fraction: float | None) -> None:
            loop.call_soon_threadsafe(progress, sentence, fraction)

        studio = LocalStudio(self._frame.paths)
        entering = self._blocking.submit(lambda: held.enter_context(studio.held(report)))

        def let_go() -> None:
            wait([entering])  # a start that was cancelled goes on to its end, and is only then undone
            held.close()

        try:
            session = await self._open_session(
                await asyncio.wrap_future(entering), lambda: asyncio.shield(feed)
            )
        except BaseException:
            await self._blockingly(let_go)
            raise
        shown = await self._show(OpenedStudio(session, lambda: self._blockingly(held.close)))
        if shown:
            self.desktop.scope.spawn(self._write_audio(studio, session), key="audio")
            self.desktop.scope.spawn(self._keep_feed(studio, session, feed), key="feed")
        return shown

    def _importing(self, session: Session, context: ViewContext) -> ImportController:
        desktop = self.desktop
        return ImportController.for_session(
            session, context, self._frame.window, lambda: desktop.current, desktop.show_view
        )

    async def _open_session(self, target: ConnectionTarget, feed_later: FeedLater | None = None) -> Session:
        return await Session.open(
            target,
            current_actor(),
            recovery_seconds=self._recovery_seconds,
            paths=self._frame.paths,
            feed_later=feed_later,
        )

    async def _show(self, opened: OpenedStudio) -> bool:
        try:
            agreed = await may_leave(self.desktop, self._frame.window)
            if agreed:
                await self.desktop.leave()
        except BaseException:
            await opened.close()
            raise
        if not agreed:
            await opened.close()
            self._frame.window.show_workspace()
            return False
        self.desktop.adopt(opened)
        self.desktop.scope.spawn(self._read_bundles(opened.session), key="bundles")
        self.desktop.scope.spawn(self._keep_months(opened.session), key="months")
        if os.environ.get(MEASURE_USABLE):
            self.desktop.scope.spawn(self._measure_usable(opened.session), key="usable")
        return True

    async def _measure_usable(self, session: Session) -> None:
        await self._until_usable(session)
        tell_moment(MEASURE_USABLE, "usable")
        if os.environ.get(MEASURE_USABLE) != "stay":
            self.end()

    async def _read_bundles(self, session: Session) -> None:
        """Learn what the stored versions hold, beside everything else: which files they use, above all."""
        if await self._until_usable(session):
            await keep_bundles_read(session, self.desktop.reload_all)

    async def _write_audio(self, studio: LocalStudio, session: Session) -> None:
        """Write the sample studio's audio files where they are missing, once its window is usable."""
        if await self._until_usable(session):
            await self._blockingly(studio.make_audio_once)

    async def _keep_months(self, session: Session) -> None:
        if await self._until_usable(session):
            await keep_months_made(session.database)

    async def _keep_feed(
        self, studio: LocalStudio, session: Session, found: asyncio.Future[ConnectionTarget | None]
    ) -> None:
        """Start the local studio's feed once its window is usable, and again where it ended by itself."""
        if not await self._until_usable(session):
            return
        target = await self._blockingly(studio.start_feed)
        if not found.done():
            found.set_result(target)
        pause = _FEED_PAUSE
        while self.desktop.session is session:
            await asyncio.sleep(pause)
            if await self._blockingly(lambda: studio.has_feed):
                pause = _FEED_PAUSE
            else:
                pause = min(2 * pause, _LONGEST_FEED_PAUSE)  # one that can't live is not started for ever
                await self._blockingly(studio.start_feed)

    async def _until_usable(self, session: Session) -> bool:
        """Wait until the current view's list shows its rows; return False when the session was left first."""
        while self.desktop.session is session:
            current = self.desktop.current
            lists = [] if current is None else current.view.findChildren(ListView)
            if lists and all(shown.list_model.shown_query is not None for shown in lists):
                for shown in lists:
                    shown.viewport().repaint()
                return True
            await asyncio.sleep(_LOOKING_SECONDS)
        return False

    async def _start(self, wish: StartWish) -> None:
        try:
            if wish.local:
                await self.connecting.open_local()
            elif wish.database_url is not None:
                await self.connecting.open_target(parse_dsn(wish.database_url))
            elif wish.profile is not None:
                name = wish.profile
                target = await self._blockingly(lambda: self._frame.store.target(name))
                await self.connecting.open_target(target)
            else:
                self.connecting.show_welcome()
            if wish.bundle_file is not None:
                self.bundle_files.open(wish.bundle_file)
        except AppError as error:
            self.connecting.show_welcome(error)

    def _on_page_bundle_file_requested(self, path: Path | None) -> None:
        if path is None:
            self.bundle_files.choose()
        else:
            self.bundle_files.open(path)

    def _switch_server(self) -> None:
        self.connecting.show_welcome()

    def _on_window_close_requested(self) -> None:
        if open_dialog(self._frame.window) is None:
            self.desktop.scope.spawn(self._close(), key="close")

    async def _close(self) -> None:
        if await may_close(self.desktop, self._frame.window):
            self.end()

    def _end_by_signal(self, number: int) -> None:
        _log.info("Ending after signal %s", signal.Signals(number).name)
        self._exit_code = 128 + number
        self.end()

    def _report_of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report what a callback met, or a task that nobody awaits."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self.presenter.report_bug(error)
        else:
            _log.error("The event loop says: %s", context.get("message"))

    async def _blockingly(self, work: Callable[[], T]) -> T:
        """Run `work` on a thread, where it goes on to its end also when whoever waits for it is cancelled."""
        running = asyncio.wrap_future(self._blocking.submit(work))
        self._under_way.add(running)
        running.add_done_callback(self._on_done)
        return await asyncio.shield(running)

    def _on_done(self, done: asyncio.Future[Any]) -> None:
        self._under_way.discard(done)
        if not done.cancelled():
            done.exception()  # retrieved: work whose waiter was cancelled has nobody to tell


def _open_page(address: str) -> None:
    QDesktopServices.openUrl(QUrl(address))


async def _nothing_to_release() -> None:
    """A server that is not ours stays as it is."""
