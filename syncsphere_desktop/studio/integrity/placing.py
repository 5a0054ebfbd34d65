"""Putting a file into the store for a row that is about to name it, so that a crash leaves no stray file.

Each path is announced in the quarantine before anything is written there. What a crash leaves under an
announced path is settled like any interrupted removal: it goes into quarantine unless a row names it, and
the part of a file is removed.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.domain.trash import TrashDraft, TrashId
from syncsphere_desktop.errors import ConnectionLostError, OutcomeUnknownError, StoreUnavailableError
from syncsphere_desktop.storage.paths import StorePath, is_part, name_of, part_path, trash_path
from syncsphere_desktop.studio.integrity.library import Library
from syncsphere_desktop.studio.integrity.ports import TrashRows

KEEP_FOR = timedelta(days=30)
"""How long things are held in quarantine before their time is over."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that is whole in the store."""

    path: StorePath
    content: Content


class Placing:
    """Stores files for rows. The quarantine's lock must be held."""

    def __init__(self, library: Library, trash: TrashRows) -> None:
        self._library = library
        self._trash = trash

    @asynccontextmanager
    async def placed(
        self, path: StorePath, source: Callable[[], BinaryIO], reason: str
    ) -> AsyncIterator[Placed]:
        """Store what `source` opens at `path`; unless the block makes a row name it, it is removed again."""
        temporary = part_path(path)
        drafts = [TrashDraft(place, kept_place(place), reason) for place in (path, temporary)]
        announced = await self._trash.begin(drafts, keep_for=KEEP_FOR)
        try:
            content = await self._library.threads(lambda: self._store(path, temporary, source))
            yield Placed(path, content)
        except (StoreUnavailableError, ConnectionLostError, OutcomeUnknownError):
            raise  # settled when it is back, and known what became of the row
        except Exception:
            if not await self._library.rows_naming(path):
                await self._library.remove(path)
            await self._forget([entry.id for entry in announced])
            raise
        await self._forget([entry.id for entry in announced])

    def _store(self, path: StorePath, temporary: StorePath, source: Callable[[], BinaryIO]) -> Content:
        store = self._library.store
        with source() as stream, store.stage(stream, path, temporary=temporary) as staged:
            staged.commit()
            return staged.content

    async def _forget(self, ids: list[TrashId]) -> None:
        for entry_id in ids:
            await self._trash.abandon(entry_id)


def kept_place(path: StorePath) -> StorePath:
    """Return a fresh place in the quarantine for the file at `path`."""
    # Under its own name a part of a file would go on being found as one.
    shown = StorePath("unfinished") if is_part(name_of(path)) else path
    return trash_path(os.urandom(16).hex(), shown)
