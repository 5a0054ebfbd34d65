"""Passwords, kept in the system's keyring, or for this session alone where there is no secure one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from syncsphere_desktop.settings import APP_NAME, ConnectionProfile

if TYPE_CHECKING:
    from concurrent.futures import Future

    from keyring.backend import KeyringBackend

_log = logging.getLogger(__name__)

T = TypeVar("T")

# Whatever else is installed may write passwords to a plain file: only what the system itself guards is used.
_SECURE_MODULES = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
_UNTIL_THE_END = "so the password is kept until the app is closed, and asked for again after that."


class SecretStore:
    """Gives, keeps and forgets the password of a connection, or the secret of a `storage_key` or `feed_key`.

    It fails closed: without a secure keyring, or when that does not answer within `seconds`, a password lives
    for the session only and `explanation` says why. No call raises for a keyring's sake.
    """

    def __init__(
        self, *, seconds: float = 20.0, choose: Callable[[], KeyringBackend | None] | None = None
    ) -> None:
        self._seconds = seconds
        self._choose = choose or system_keyring
        self._session: dict[str, str] = {}
        self._explanation: str | None = None
        self._hung = False

    @property
    def explanation(self) -> str | None:
        """Return why passwords live for this session only, or None; as the last call found it."""
        return self._explanation

    def password(self, owner: ConnectionProfile | str) -> str | None:
        """Return the connection's password, or None where none is kept. Blocks; not for the GUI thread."""
        key = _key_of(owner)
        return self._session[key] if key in self._session else self._wait(self._start(self._reader(key)))

    def remember(self, owner: ConnectionProfile | str, password: str) -> bool:
        """Keep the password and return whether it outlives the session. Blocks; not for the GUI thread."""
        key = _key_of(owner)
        self._session[key] = password
        return self._wait(self._start(self._writer(key, password))) is True

    def forget(self, owner: ConnectionProfile | str) -> None:
        """Forget the connection's password everywhere. Blocks; not for the GUI thread."""
        key = _key_of(owner)
        self._session.pop(key, None)
        self._wait(self._start(self._remover(key)))

    def examine(self) -> str | None:
        """Look whether there is a secure keyring; return `explanation`. Blocks; not for the GUI thread."""
        self._wait(self._start(_nothing))
        return self._explanation

    async def password_async(self, owner: ConnectionProfile | str) -> str | None:
        """Return the connection's password, or None where none is kept, without blocking the loop."""
        key = _key_of(owner)
        if key in self._session:
            return self._session[key]
        return await self._await(self._start(self._reader(key)))

    async def remember_async(self, owner: ConnectionProfile | str, password: str) -> bool:
        """Keep the password and return whether it outlives the session, without blocking the loop."""
        key = _key_of(owner)
        self._session[key] = password
        return await self._await(self._start(self._writer(key, password))) is True

    async def forget_async(self, owner: ConnectionProfile | str) -> None:
        """Forget the connection's password everywhere, without blocking the loop."""
        key = _key_of(owner)
        self._session.pop(key, None)
        await self._await(self._start(self._remover(key)))

    async def examine_async(self) -> str | None:
        """Look whether there is a secure keyring; return `explanation`, without blocking the loop."""
        await self._await(self._start(_nothing))
        return self._explanation

    def _reader(self, key: str) -> Callable[[KeyringBackend], str | None]:
        return lambda backend: backend.get_password(APP_NAME, key)

    def _writer(self, key: str, password: str) -> Callable[[KeyringBackend], bool]:
        def write(backend: KeyringBackend) -> bool:
            backend.set_password(APP_NAME, key, password)
            return backend.get_password(APP_NAME, key) == password

        return write

    def _remover(self, key: str) -> Callable[[KeyringBackend], None]:
        def remove(backend: KeyringBackend) -> None:
            if backend.get_password(APP_NAME, key) is not None:
                backend.delete_password(APP_NAME, key)

        return remove

    def _start(self, call: Callable[[KeyringBackend], T | None]) -> Future[T | None]:
        """Run `call` on a thread of its own: a keyring that hangs must not keep the app from ending."""
        from concurrent.futures import Future

        outcome: Future[T | None] = Future()
        if self._hung:
            outcome.set_result(None)
            return outcome
        outcome.set_running_or_notify_cancel()

        def work() -> None:
            try:
                backend = self._choose()
                result = None if backend is None else call(backend)
            # Keyrings raise their own errors and those of D-Bus, of the system, of what they load.
            except Exception as error:  # noqa: BLE001
                _log.warning("The keyring failed: %s", type(error).__name__)
                self._explanation = f"The system's keyring refused ({_reason(error)}), {_UNTIL_THE_END}"
                outcome.set_result(None)
            else:
                self._explanation = (
                    f"This system has no secure keyring, {_UNTIL_THE_END}" if backend is None else None
                )
                outcome.set_result(result)

        threading.Thread(target=work, name="keyring", daemon=True).start()
        return outcome

    def _wait(self, outcome: Future[T | None]) -> T | None:
        try:
            return outcome.result(self._seconds)
        except TimeoutError:
            self._gave_up()
            return None

    async def _await(self, outcome: Future[T | None]) -> T | None:
        import asyncio

        waiting = asyncio.wrap_future(outcome)
        try:
            await asyncio.wait({waiting}, timeout=self._seconds)
            if waiting.done():
                return waiting.result()
        finally:
            waiting.cancel()  # a late answer must not look for a loop that may be closed by then
        self._gave_up()
        return None

    def _gave_up(self) -> None:
        self._hung = True  # every further call would hang as well
        self._explanation = (
            f"The system's keyring did not answer within {self._seconds:g} seconds, {_UNTIL_THE_END}"
        )


def _nothing(_backend: KeyringBackend) -> None:
    """Ask nothing of a keyring but that it is there."""


def secret_key(profile: ConnectionProfile) -> str:
    """Return what a password is kept under: where it is for and for whom, whatever the profile is called."""
    return f"{profile.user}@{profile.host}:{profile.port}/{profile.database}"


def storage_key(profile: ConnectionProfile) -> str | None:
    """Return what the secret of a profile's audio storage is kept under; None where that is a folder."""
    url = profile.storage_url or ""
    return f"audio storage {url}" if url.lower().startswith(("sftp://", "s3://")) else None


def feed_key(profile: ConnectionProfile) -> str | None:
    """Return what the token of a profile's live feed is kept under; None where it has no feed."""
    return f"live feed {profile.feed_url}" if profile.feed_url else None


def _key_of(owner: ConnectionProfile | str) -> str:
    return owner if isinstance(owner, str) else secret_key(owner)


def system_keyring() -> KeyringBackend | None:
    """Return the system's keyring, or None where it has none that is secure."""
    import keyring

    return secure_part(keyring.get_keyring())


def secure_part(backend: KeyringBackend) -> KeyringBackend | None:
    """Return the backend, or the first of a chain, that the system itself guards; None where none is."""
    if type(backend).__module__ in _SECURE_MODULES:
        return backend
    if type(backend).__module__ == "keyring.backends.chainer":
        parts: Sequence[KeyringBackend] = getattr(backend, "backends", ())
        for part in parts:
            found = secure_part(part)
            if found is not None:
                return found
    return None


def _reason(error: Exception) -> str:
    """Return words for the kind of failure; the text of a foreign error might hold anything."""
    name = type(error).__name__
    return "it is locked" if name == "KeyringLocked" else name
