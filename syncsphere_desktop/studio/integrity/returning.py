"""Bringing things back from quarantine, and removing them for good."""

from __future__ import annotations

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.trash import TrashEntry, TrashState
from syncsphere_desktop.errors import (
    ConflictError,
    FileError,
    InUseError,
    NotFoundError,
    StorageError,
    StoreUnavailableError,
)
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.studio.integrity.acting import NoLongerSoError, Thing
from syncsphere_desktop.studio.integrity.library import Library, beside, path_in
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome
from syncsphere_desktop.studio.integrity.ports import SampleUses, TrashRows


class Returning:
    """Restores or removes one thing at a time. The quarantine's lock must be held."""

    def __init__(self, library: Library, trash: TrashRows, uses: SampleUses | None) -> None:
        self._library = library
        self._trash = trash
        self._uses = uses

    async def restore(self, thing: Thing, project_id: ProjectId | None) -> ActionOutcome:
        """Put the file back and add its row again, in this project where one is given."""
        entry = await self._held(thing)
        if entry.trash_path is None:
            await self._trash.begin_restoring(entry.id, entry.original_path)
            return await self._finish_restoring(entry, entry.original_path, None, project_id)
        kept = StorePath(entry.trash_path)
        if await self._library.stat(kept) is None:
            raise FileError("The file is no longer in the quarantine's folder.")
        target = path_in(self._library.store, entry.original_path)
        if target is None:
            raise FileError("The path where it was is not inside this storage.")
        text = entry.original_path
        if await self._library.stat(target) is not None:
            text = target = beside(target)
        await self._trash.begin_restoring(entry.id, text)
        try:
            await self._library.move(kept, target)
        except StoreUnavailableError:
            raise  # settled when it is back
        except StorageError:
            await self._trash.hold_again(entry.id, entry.original_path)
            raise
        return await self._finish_restoring(entry, text, target, project_id)

    async def empty(self, thing: Thing, *, only_due: bool, even_used: bool) -> ActionOutcome:
        """Remove the file for good, unless a bundle version names it by now."""
        entry = await self._held(thing)
        if only_due and not entry.due:
            raise NoLongerSoError("Its time is not over.")
        if not even_used and (sentence := await self._still_used(entry)):
            return Thing(entry.original_path, entry.file_id, entry.id).skipped(sentence)
        await self._trash.begin_emptying(entry.id)
        if entry.trash_path is not None:
            await self._library.remove(StorePath(entry.trash_path))
        await self._trash.finish_emptying(entry.id)
        size = entry.size if entry.trash_path is not None else None
        return Thing(entry.original_path, entry.file_id, entry.id).done(size=size)

    async def _held(self, thing: Thing) -> TrashEntry:
        assert thing.trash_id is not None
        entry = await self._trash.find(thing.trash_id)
        if entry is None:
            raise NotFoundError(f"There is nothing in quarantine with the id {thing.trash_id}.")
        if entry.state is not TrashState.HELD:
            raise NoLongerSoError(f"It was {entry.state.value} meanwhile.")
        return entry

    async def _finish_restoring(
        self, entry: TrashEntry, text: str, target: StorePath | None, project_id: ProjectId | None
    ) -> ActionOutcome:
        try:
            file_id = await self._trash.finish_restoring(entry.id, project_id=project_id)
        except (InUseError, ConflictError, NotFoundError):
            if target is not None and entry.trash_path is not None:
                await self._library.move(target, StorePath(entry.trash_path))
            await self._trash.hold_again(entry.id, entry.original_path)
            raise
        return Thing(text, file_id, entry.id).done(size=entry.size if target is not None else None)

    async def _still_used(self, entry: TrashEntry) -> str | None:
        path = path_in(self._library.store, entry.original_path)
        if self._uses is None or path is None:
            return None
        uses = (await self._uses.uses_of_files([path])).get(path, ())
        if not uses:
            return None
        first = uses[0]
        version = "A version" if first.version is None else f"Version {first.version}"
        project = "" if first.project_id is None else f" of project {first.project_id}"
        more = f", and {counted(len(uses) - 1, 'other')}" if len(uses) > 1 else ""
        return f"{version}{project} names it still{more}."
