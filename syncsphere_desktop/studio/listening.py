"""A stored file at hand as a path on this machine, for as long as somebody listens to it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from pathlib import Path

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.studio.store_access import StoreAccess
from syncsphere_desktop.studio.waveforms import CopyStoppedError


class Listening:
    """Holds one file at a time: the stored one itself, or a temporary copy of one that is elsewhere.

    The path it gives is that of the open file where the system has such paths, and of no use to others.
    """

    def __init__(self, access: StoreAccess) -> None:
        self._access = access
        self._held: ExitStack | None = None

    async def fetch(self, file: AudioFile) -> Path:
        """Return where the file can be read; the one before is let go. Raises StorageError.

        Cancelling stops the copying soon, and leaves nothing behind.
        """
        from syncsphere_desktop.storage.paths import stored_path

        await self.release()
        store = await self._access.open()
        at = stored_path(file.file_path, store.root)
        cancelled = threading.Event()
        held = ExitStack()

        def go_on() -> None:
            if cancelled.is_set():
                raise CopyStoppedError

        def enter() -> Path:
            path = held.enter_context(store.as_file(at, check=go_on)).address
            if cancelled.is_set():
                held.close()
            return path

        try:
            path = await self._access.blockingly(enter)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        self._held = held
        return path

    async def release(self) -> None:
        """Let the file go; a copy is removed."""
        held, self._held = self._held, None
        if held is not None:
            await self._access.blockingly(held.close)
