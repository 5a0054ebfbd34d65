"""Opens connections: what the welcome page and the dialogs ask for, step by step, and one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import AppError, ConnectionFailedError
from syncsphere_desktop.secret_store import feed_key, secret_key, storage_key
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget
from syncsphere_desktop.settings_store import SettingsStore
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.connecting.connect_dialog import ConnectDialog
from syncsphere_desktop.ui.connecting.opening import SchemaGate
from syncsphere_desktop.ui.connecting.probing import probe_steps
from syncsphere_desktop.ui.connecting.recents import RecentRow
from syncsphere_desktop.ui.connecting.welcome import WelcomePage
from syncsphere_desktop.ui.theme.controller import ThemeController

__all__ = ["ConnectingController", "Progress"]

_LOCAL_NAME = "Local studio"
_FORM = "form"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be opened: the local studio, or a server. `remember`: its password goes to the keyring.

    None leaves what the keyring holds as it is.
    """

    target: ConnectionTarget | None = None
    remember: bool | None = None

    @property
    def name(self) -> str:
        """Return what it is called."""
        return _LOCAL_NAME if self.target is None else self.target.profile.name


class ConnectingController:
    """Owns the welcome page. One connection opens at a time: meanwhile any other wish is left alone.

    `connect` and `connect_local` open a session and show its views; they return False where the user would
    rather stay with the session that is open. Failures are shown on the page, where
    they can be tried again or mended; none is raised.
    """

    def __init__(
        self,
        scope: TaskScope,
        theme: ThemeController,
        store: SettingsStore,
        window: MainWindow,
        *,
        connect: Callable[[ConnectionTarget], Awaitable[bool]],
        connect_local: Callable[[Progress], Awaitable[bool]],
    ) -> None:
        self._scope = scope
        self._theme = theme
        self._store = store
        self._window = window
        self._connect = connect
        self._connect_local = connect_local
        self._gate = SchemaGate(window, scope)
        self._opening: asyncio.Task[None] | None = None
        self._cancelled = False
        self._asks_password = False
        self._last: Wish | None = None
        self._failure: AppError | None = None
        self._open_name: str | None = None
        self._typed: dict[str, str] = {}
        self._dialog: ConnectDialog | None = None
        self.page = WelcomePage()
        self._listen()

    def _listen(self) -> None:
        page = self.page
        page.local_requested.connect(lambda: self._spawn(self.open_local()))
        page.form_requested.connect(lambda: self._spawn_form(None))
        page.open_requested.connect(lambda profile: self._spawn(self._open_known(profile)))
        page.edit_requested.connect(self._spawn_form)
        page.remove_requested.connect(lambda profile: self._spawn(self._remove(profile)))
        page.retry_requested.connect(lambda: self._spawn(self._retry()))
        page.edit_failed_requested.connect(self._on_edit_failed_requested)
        page.cancel_requested.connect(self.cancel)
        page.back_requested.connect(self._on_back_requested)
        self._theme.theme_changed.connect(page.renew_icons)

    @property
    def failure(self) -> AppError | None:
        """Return what the last opening ended with, or None."""
        return self._failure

    def show_welcome(self, error: AppError | None = None) -> None:
        """Show the page, with what went wrong if something did; an open session stays open behind it."""
        self._show_recents()
        self.page.show_way_back(self._open_name)
        self.page.show_error(error)
        self._window.show_page(self.page)
        self.page.take_focus()

    async def open_local(self) -> None:
        """Start the local studio, or find it running, and show it."""
        await self._open(Wish())

    async def open_target(self, target: ConnectionTarget) -> None:
        """Test a connection, ask about its schema where that is needed, and show it."""
        await self._open(Wish(target))

    def cancel(self) -> None:
        """End the opening that is under way; nothing of it stays."""
        if self._opening is not None and not self._cancelled:
            self._cancelled = True
            if self._last is not None:
                self._show_progress("Cancelling", None, self._last)
            self._opening.cancel()

    async def shutdown(self) -> None:
        """Cancel what is under way and end every task."""
        if self._dialog is not None:
            self._dialog.reject()
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        await self._scope.shutdown()
        await self._gate.shutdown()

    async def _open(self, wish: Wish) -> None:
        if self._opening is not None:
            return
        self._last, self._failure, self._cancelled = wish, None, False
        work = self._open_local() if wish.target is None else self._open_server(wish, wish.target)
        self._opening = asyncio.get_running_loop().create_task(work, name=f"open {wish.name}")
        self._show_opening(wish)
        try:
            await self._opening
        except asyncio.CancelledError:
            if not self._cancelled:
                raise
        except AppError as error:
            self._show_failure(wish, error)
        finally:
            self._opening = None
            self.page.show_rest()
        if self._asks_password and wish.target is not None:
            # No keyring had it: the form is there at once, with the field that is wanted.
            self._asks_password = False
            self._spawn_form(wish.target.profile, self._failure)

    def _show_opening(self, wish: Wish) -> None:
        self._show_recents()
        self.page.show_way_back(self._open_name)
        self._window.show_page(self.page)
        self._tell("Beginning", None, wish)

    def _tell(self, sentence: str, share: float | None, wish: Wish) -> None:
        # The local studio's thread may tell something after the opening was left.
        if self._opening is not None and not self._cancelled:
            self._show_progress(sentence, share, wish)

    def _show_progress(self, sentence: str, share: float | None, wish: Wish) -> None:
        self.page.show_progress(wish.name, sentence, share, local=wish.target is None)

    def _show_failure(self, wish: Wish, error: AppError) -> None:
        self._failure = error
        self._window.show_page(self.page)
        self.page.show_error(error, retry=True, edit=wish.target is not None)
        lacks_password = wish.target is not None and not wish.target.password
        if lacks_password and isinstance(error, ConnectionFailedError) and error.step == "authenticate":
            self._asks_password = True

    async def _open_local(self) -> None:
        wish = Wish()
        if not await self._connect_local(lambda sentence, share: self._tell(sentence, share, wish)):
            return
        self._open_name = wish.name

    async def _open_server(self, wish: Wish, target: ConnectionTarget) -> None:
        if target.password:
            self._typed[secret_key(target.profile)] = target.password
        for key, secret in _other_secrets(target):
            if secret:
                self._typed[key] = secret
        self._tell(f"Connecting to {target.profile.address}", None, wish)
        status = await self._gate.pass_through(target)
        if status is None:
            return
        self._tell("Opening the views", None, wish)
        if not await self._connect(target):
            return
        self._open_name = wish.name
        self._gate.show_notice(status)
        self._scope.spawn(self._remember(wish, target))

    async def _remember(self, wish: Wish, target: ConnectionTarget) -> None:
        """Keep the connection among the recent ones, and its password where that was asked for."""
        profile, secrets = target.profile, self._store.secrets
        if wish.remember and target.password:
            await secrets.remember_async(profile, target.password)
        elif wish.remember is False:
            await secrets.forget_async(profile)
        for key, secret in _other_secrets(target):
            if wish.remember and secret:
                await secrets.remember_async(key, secret)
            elif wish.remember is False:
                await secrets.forget_async(key)
        self._store.remember(profile)

    async def _open_known(self, profile: ConnectionProfile) -> None:
        await self._open(Wish(await self._with_password(profile)))

    async def _with_password(self, profile: ConnectionProfile) -> ConnectionTarget:
        return ConnectionTarget(
            profile,
            await self._secret(secret_key(profile)),
            await self._secret(storage_key(profile)),
            await self._secret(feed_key(profile)),
        )

    async def _secret(self, key: str | None) -> str | None:
        if key is None:
            return None
        return self._typed.get(key) or await self._store.secrets.password_async(key)

    async def _retry(self) -> None:
        if self._last is not None:
            await self._open(self._last)

    async def _remove(self, profile: ConnectionProfile) -> None:
        self._store.forget_recent(profile)
        self._typed.pop(secret_key(profile), None)
        self._show_recents()
        await self._store.secrets.forget_async(profile)
        for key, _secret in _other_secrets(ConnectionTarget(profile)):
            self._typed.pop(key, None)
            await self._store.secrets.forget_async(key)

    async def _ask(self, profile: ConnectionProfile | None, failure: AppError | None) -> None:
        """Show the form, and open what it gives."""
        target = None if profile is None else await self._with_password(profile)
        self._dialog = ConnectDialog(
            self._window,
            scope=self._scope,
            prober=probe_steps,
            secrets=self._store.secrets,
            target=target,
            failure=failure,
        )
        try:
            request = await self._dialog.ask()
        finally:
            self._dialog = None
        if request is not None:
            await self._open(Wish(request.target, request.remember))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._scope.spawn(work, on_error=self.page.show_error)

    def _spawn_form(self, profile: ConnectionProfile | None, failure: AppError | None = None) -> None:
        if self._opening is None and self._dialog is None:
            self._scope.spawn(self._ask(profile, failure), key=_FORM, on_error=self.page.show_error)

    def _show_recents(self) -> None:
        store = self._store
        rows = tuple(RecentRow(profile, store.used_at(profile)) for profile in store.settings.recent)
        self.page.show_recents(rows, datetime.now())  # noqa: DTZ005  # compared with this machine's times

    def _on_edit_failed_requested(self) -> None:
        wish = self._last
        if wish is not None and wish.target is not None:
            self._spawn_form(wish.target.profile, self._failure)

    def _on_back_requested(self) -> None:
        if self._open_name is not None:
            self._window.show_workspace()


def _other_secrets(target: ConnectionTarget) -> tuple[tuple[str, str | None], ...]:
    """Return what is kept beside a connection's password: under which key, and the secret of the target."""
    keys = (
        (storage_key(target.profile), target.storage_secret),
        (feed_key(target.profile), target.feed_secret),
    )
    return tuple((key, secret) for key, secret in keys if key is not None)
