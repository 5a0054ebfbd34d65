"""Cleans up after imports whose processes died: no file without a row stays, and no temporary one.

A row without its whole file can't be: a file has its name before the row is written. So every file that a
journal announced and that has no row goes away, once it is certain that no row is about to appear.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.audio_import.journal import (
    AbandonedJournal,
    Announced,
    InterruptedImport,
    take_abandoned,
)
from syncsphere_desktop.studio.audio_import.ports import ContentRows, ImportRows
from syncsphere_desktop.studio.integrity.naming import rows_naming
from syncsphere_desktop.studio.threads import Threads

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What was found of imports that were cut off. `removed` counts files that had got no row."""

    imports: tuple[InterruptedImport, ...] = ()
    kept: int = 0
    removed: int = 0


class Recovery:
    """Settles the journals of dead processes that belong to this store and this database."""

    def __init__(
        self, journals: Path, store: AudioStore, contents: ContentRows, imports: ImportRows, threads: Threads
    ) -> None:
        self._journals = journals
        self._store = store
        self._contents = contents
        self._imports = imports
        self._threads = threads

    async def run(self) -> RecoveryReport:
        """Settle all there are. Raises StorageError, FileError and what the database raises."""
        abandoned = await self._threads(lambda: take_abandoned(self._journals))
        if not abandoned:
            return RecoveryReport()
        settled: list[InterruptedImport] = []
        kept = removed = 0
        try:
            store = await self._threads(self._store.identity)
            database = await self._imports.database_identity()
            while abandoned:
                head = abandoned[-1].content.head
                if head.store == store and head.database == database:
                    with_row, without = await self._settle(abandoned[-1])
                    kept, removed = kept + with_row, removed + without
                    settled.append(head)
                    await self._threads(abandoned.pop().remove)
                else:
                    abandoned.pop().release()  # another connection's
        finally:
            for journal in abandoned:
                journal.release()
        return RecoveryReport(tuple(settled), kept, removed)

    async def _settle(self, journal: AbandonedJournal) -> tuple[int, int]:
        content = journal.content
        await self._imports.settle(content.head.import_id)
        outcome = await sweep(content.unsettled, self._store, self._contents, self._threads)
        await self._imports.finish(content.head.import_id, duplicates=0, rejected=0)
        _log.info("An import was cut off: %d files kept, %d removed", *outcome)
        return outcome


async def sweep(
    announced: Sequence[Announced], store: AudioStore, contents: ContentRows, threads: Threads
) -> tuple[int, int]:
    """Remove the announced files that have no row; return how many have one, and how many were removed.

    A row counts however it spells the path: another service may have written it anew meanwhile.
    """
    rows = await rows_naming([file.final for file in announced], contents, store.root)

    def remove() -> int:
        removed = 0
        for file in announced:
            store.remove(file.temporary)
            if file.final not in rows and store.stat(file.final) is not None:
                store.remove(file.final)
                removed += 1
        return removed

    return len(rows), await threads(remove)
