"""The waveform of each file: made once, off the caller's thread, and kept in the database."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import NoWaveform, Waveform
from syncsphere_desktop.errors import AppError, NotAudioError
from syncsphere_desktop.studio.store_access import StoreAccess

if TYPE_CHECKING:
    from syncsphere_desktop.storage.probing.pool import ProbePool

_log = logging.getLogger(__name__)


class WaveformKeeper(Protocol):
    """Keeps waveforms beside the rows; met by the database's repository."""

    async def waveform(self, file_id: AudioFileId) -> Waveform | NoWaveform | None: ...
    async def keep_waveform(
        self, file_id: AudioFileId, file_path: str, waveform: Waveform | NoWaveform
    ) -> bool: ...


class CopyStoppedError(Exception):
    """Raised between two blocks of a copy that nobody waits for any more."""


class Waveforms:
    """Gives waveforms. `pool` is asked for only when a file has to be read."""

    def __init__(self, access: StoreAccess, kept: WaveformKeeper, pool: Callable[[], ProbePool]) -> None:
        self._access = access
        self._kept = kept
        self._pool = pool

    async def of(self, file: AudioFile) -> Waveform:
        """Return the file's waveform: the kept one, or one made of the whole file and kept.

        Raises StorageError where the file can't be had or read. Cancelling stops the reading soon.
        """
        kept = await self._kept.waveform(file.id)
        if isinstance(kept, NoWaveform):
            raise NotAudioError(kept.reason)
        if kept is not None:
            return kept
        try:
            drawn = await self._draw(file)
        except NotAudioError as error:
            await self._keep(file, NoWaveform(error.reason))
            raise
        await self._keep(file, drawn)
        return drawn

    async def _draw(self, file: AudioFile) -> Waveform:
        from syncsphere_desktop.storage.paths import stored_path

        store = await self._access.open()
        at = stored_path(file.file_path, store.root)
        cancelled = threading.Event()

        def go_on() -> None:
            if cancelled.is_set():
                raise CopyStoppedError

        def draw() -> Waveform:
            with store.as_file(at, check=go_on) as held:
                return self._pool().waveform(held, cancelled=cancelled)

        try:
            return await self._access.blockingly(draw)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def _keep(self, file: AudioFile, waveform: Waveform | NoWaveform) -> None:
        try:
            await self._kept.keep_waveform(file.id, file.file_path, waveform)
        except AppError as error:  # a database that is only read still shows what was drawn
            _log.info("The waveform of file %s is not kept: %s", file.id, error.message)
