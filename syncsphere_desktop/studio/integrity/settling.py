"""Finishing or undoing what a crash left of the quarantine, told from an entry's state and its file's place.

A row is never removed here: an interrupted removal is undone, for the row and its file are both there still.
A file without a row goes on its way, as nothing but the move was left to do.
"""

from __future__ import annotations

from syncsphere_desktop.domain.trash import UNSETTLED, TrashEntry, TrashState
from syncsphere_desktop.errors import InUseError
from syncsphere_desktop.storage.paths import StorePath, is_part, name_of
from syncsphere_desktop.studio.integrity.acting import Thing
from syncsphere_desktop.studio.integrity.library import Library, path_in
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport
from syncsphere_desktop.studio.integrity.ports import TrashRows


class Settling:
    """Settles every entry that is in no state to rest in. The quarantine's lock must be held.

    With it held, whoever began such an entry is dead, or lost the server.
    """

    def __init__(self, library: Library, trash: TrashRows) -> None:
        self._library = library
        self._trash = trash

    async def run(self) -> ActionReport:
        """Settle all; raises StoreUnavailableError and what the database raises: run it again then."""
        outcomes: list[ActionOutcome] = []
        for entry in await self._trash.in_states(UNSETTLED):
            await self.settle(entry)
            thing = Thing(entry.original_path, entry.file_id, entry.id)
            outcomes.append(thing.done(size=entry.size))
        return ActionReport(tuple(outcomes))

    async def settle(self, entry: TrashEntry) -> None:
        """Settle one entry."""
        if entry.state is TrashState.MOVING:
            await self._settle_moving(entry)
        elif entry.state is TrashState.RESTORING:
            await self._settle_restoring(entry)
        else:
            if entry.trash_path is not None:
                await self._library.remove(StorePath(entry.trash_path))
            await self._trash.finish_emptying(entry.id)

    async def _settle_moving(self, entry: TrashEntry) -> None:
        original = path_in(self._library.store, entry.original_path)
        if entry.trash_path is None or original is None:
            await self._trash.abandon(entry.id)
            return
        kept = StorePath(entry.trash_path)
        is_kept = await self._library.stat(kept) is not None
        is_there = await self._library.stat(original) is not None
        if is_kept and is_there:
            if not await self._library.same(kept, original):
                # Another file took the place after the move; what was moved is nobody's now.
                await self._trash.hold_copy(entry.id)
                return
            await self._library.remove(kept)
            is_kept = False
        if entry.file_id is None:
            await self._go_on(entry, original, kept, is_kept=is_kept, is_there=is_there)
            return
        if is_kept:
            await self._library.move(kept, original)
        await self._trash.abandon(entry.id)

    async def _go_on(
        self, entry: TrashEntry, original: StorePath, kept: StorePath, *, is_kept: bool, is_there: bool
    ) -> None:
        if not is_kept:
            if not is_there or await self._library.rows_naming(original):
                await self._trash.abandon(entry.id)
                return
            if is_part(name_of(original)):
                await self._library.remove(original)
                await self._trash.abandon(entry.id)
                return
            await self._library.move(original, kept)
        try:
            await self._trash.hold(entry.id)
        except InUseError:
            await self._library.move(kept, original)
            await self._trash.abandon(entry.id)

    async def _settle_restoring(self, entry: TrashEntry) -> None:
        original = path_in(self._library.store, entry.original_path)
        if entry.trash_path is not None and original is not None:
            kept = StorePath(entry.trash_path)
            is_kept = await self._library.stat(kept) is not None
            is_there = await self._library.stat(original) is not None
            if is_there and not is_kept:
                await self._library.move(original, kept)
            elif is_there and await self._is_our_copy(kept, original):
                await self._library.remove(original)
        await self._trash.hold_again(entry.id, entry.original_path)

    async def _is_our_copy(self, kept: StorePath, original: StorePath) -> bool:
        named = await self._library.rows_naming(original)
        return not named and await self._library.same(kept, original)
