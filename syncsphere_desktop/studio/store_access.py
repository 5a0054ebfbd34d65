"""The session's audio store: opened when it is first wished for, off the caller's thread, and never fatal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from syncsphere_desktop.errors import AppError, StoreReadOnlyError, StoreUnavailableError

if TYPE_CHECKING:
    from syncsphere_desktop.domain.audio_check import RowToCheck
    from syncsphere_desktop.storage.store import AudioStore

T = TypeVar("T")
_THREADS = 4


class KnownStores(Protocol):
    """Remembers which store the studio's files are in; met by the database's repository."""

    async def known(self) -> str | None: ...
    async def remember(self, identity: str, url: str) -> None: ...


class StoreAccess:
    """Opens the store at `url` once for all who ask, and runs blocking work on threads of its own.

    A store that can't be used is a `problem` to be told; the next `open` tries again. None for `url` means
    that the connection names no store. `witnesses` returns rows of the studio, one of which has to be found
    in a store before the first claim; without it any store may be claimed.
    """

    def __init__(
        self,
        url: str | None,
        known: KnownStores,
        *,
        secret: str | None = None,
        witnesses: Callable[[], Awaitable[Sequence[RowToCheck]]] | None = None,
    ) -> None:
        self.url = url
        self._secret = secret
        self._known = known
        self._witnesses = witnesses
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="audio-store")
        self._opening: asyncio.Task[AudioStore] | None = None
        self._store: AudioStore | None = None
        self._problem: AppError | None = None
        self._is_read_only = False
        self._listeners: list[Callable[[], None]] = []
        self._under_way: set[asyncio.Future[Any]] = set()

    @property
    def store(self) -> AudioStore | None:
        """Return the open store, or None before it was opened and after it failed."""
        return self._store

    @property
    def problem(self) -> AppError | None:
        """Return why the store could not be opened the last time, or None."""
        return self._problem

    @property
    def is_read_only(self) -> bool:
        """Return whether the open store is known to take no writes; it is read all the same."""
        return self._store is not None and self._is_read_only

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever `store`, `problem` or `is_read_only` changed; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def open(self) -> AudioStore:
        """Return the checked store. Raises StorageError, and whatever the database raises."""
        if self._store is not None:
            return self._store
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open(), name="open the audio store")
            self._opening.add_done_callback(self._on_opened)
        return await asyncio.shield(self._opening)

    async def claim(self) -> AudioStore:
        """Return the store, marked as this studio's own: to be called before anything is written to it.

        Raises StoreUnavailableError, and marks nothing, when none of the studio's files is in a store that
        the database doesn't remember: it may be the empty folder below an unmounted one. Raises
        StoreReadOnlyError for a store that takes no writes.
        """
        store = await self.open()
        is_known = await self._known.known() is not None
        if not is_known and self._witnesses is not None:
            from syncsphere_desktop.studio.integrity.guard import StoreGuard

            guard, rows = StoreGuard(store, None), await self._witnesses()
            await self.blockingly(lambda: guard.begin(rows))
        try:
            await self.blockingly(store.check_writable)
        except StoreReadOnlyError:
            self._learn(is_read_only=True)
            raise
        self._learn(is_read_only=False)
        if not is_known:
            await self._known.remember(await self.blockingly(store.mark), store.url)
        return store

    async def look_again(self) -> None:
        """Check the store anew, as after its folder came back; the outcome is `store` or `problem`."""
        if self._store is None:
            try:
                await self.open()
            except AppError:
                return  # it is the problem now
            return
        store = self._store

        def look() -> bool | None:
            store.check()
            return store.is_writable()

        try:
            is_writable = await self.blockingly(look)
        except AppError as error:
            await self._drop(error)
            return
        if is_writable is not None:
            self._learn(is_read_only=not is_writable)

    async def failed(self, error: AppError) -> None:
        """Learn that the open store went away: it is the problem until it can be opened again."""
        await self._drop(error)

    async def blockingly(self, work: Callable[[], T]) -> T:
        """Run `work` on a thread, where it goes on to its end also when its waiter is cancelled."""
        running = asyncio.wrap_future(self._threads.submit(work))
        self._under_way.add(running)
        running.add_done_callback(self._on_done)
        return await asyncio.shield(running)

    async def shutdown(self) -> None:
        """Wait for what runs on the threads, close the store, end the threads."""
        if self._opening is not None:
            await asyncio.wait([self._opening])
        while self._under_way:
            await asyncio.wait(set(self._under_way))
        if self._store is not None:
            store, self._store = self._store, None
            await self.blockingly(store.close)
        self._threads.shutdown(wait=True)

    def of_any_studio(self) -> AudioStore:
        """Return the store at the address whatever mark it has; whoever asks looks into it and closes it.

        Nothing is reached for. Raises StoreUnavailableError where the connection names no store.
        """
        from syncsphere_desktop.storage.store import open_store

        if self.url is None:
            raise StoreUnavailableError(
                "This connection names no folder or address where the audio files are.", retryable=False
            )
        return open_store(self.url, secret=self._secret)

    async def _open(self) -> AudioStore:
        expected = await self._known.known()

        def reach() -> tuple[AudioStore, bool | None]:
            store = self.of_any_studio()
            store.expect(expected)
            try:
                store.check()
                return store, store.is_writable()
            except BaseException:
                store.close()
                raise

        opened, is_writable = await self.blockingly(reach)
        self._is_read_only = is_writable is False
        return opened

    def _learn(self, *, is_read_only: bool) -> None:
        if is_read_only != self._is_read_only:
            self._is_read_only = is_read_only
            self._tell()

    async def _drop(self, error: AppError) -> None:
        store, self._store = self._store, None
        self._problem = error
        if store is not None:
            await self.blockingly(store.close)
        self._tell()

    def _on_opened(self, opening: asyncio.Task[AudioStore]) -> None:
        self._opening = None
        if opening.cancelled():
            return
        error = opening.exception()
        if error is None:
            self._store, self._problem = opening.result(), None
        elif isinstance(error, AppError):
            self._problem = error
        self._tell()

    def _on_done(self, done: asyncio.Future[Any]) -> None:
        self._under_way.discard(done)
        if not done.cancelled():
            done.exception()  # retrieved: work whose waiter was cancelled has nobody to tell

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
