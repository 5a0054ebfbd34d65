"""Taking rows and files out of the library, each looked at again at the moment it goes."""

from __future__ import annotations

from datetime import timedelta

from syncsphere_desktop.domain.trash import TrashDraft, TrashEntry
from syncsphere_desktop.errors import (
    ConflictError,
    InUseError,
    NotFoundError,
    StorageError,
    StoreUnavailableError,
)
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.studio.integrity.acting import NoLongerSoError, Thing
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.studio.integrity.library import Library, RowNow, others
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome
from syncsphere_desktop.studio.integrity.placing import kept_place
from syncsphere_desktop.studio.integrity.ports import TrashRows

_BY_PATH_ALONE = (FindingKind.OUTSIDE, FindingKind.NO_PROJECT)


class Taking:
    """Puts one thing at a time into quarantine. The quarantine's lock must be held."""

    def __init__(self, library: Library, trash: TrashRows, keep_for: timedelta) -> None:
        self._library = library
        self._trash = trash
        self._keep_for = keep_for

    async def row(self, thing: Thing, reason: str) -> ActionOutcome:
        """Take out a row and its file; a finding that it comes from must still be true."""
        assert thing.file_id is not None
        now = await self._library.row(thing.file_id)
        if thing.finding is not None:
            refuse_unless_still(thing.finding, now)
            await self._refuse_if_whole_again(thing.finding, now)
        moves = now.path is not None and now.stored is not None and not await self._shared(now)
        content = await self._library.recorded(now.file.id)
        size = None if now.stored is None else now.stored.size
        is_recorded = content is not None and content.size == size
        if thing.finding is not None and thing.finding.kind is FindingKind.CHANGED:
            is_recorded = False
        draft = TrashDraft(
            original_path=now.file.file_path,
            trash_path=kept_place(now.path) if moves and now.path is not None else None,
            reason=reason,
            file=now.file,
            size=size,
            sha256=content.sha256 if content is not None and is_recorded else None,
        )
        entry = (await self._trash.begin([draft], keep_for=self._keep_for))[0]
        await self._carry_out(entry, now.path if moves else None)
        return Thing(now.file.file_path, now.file.id, entry.id).done(size=size if moves else None)

    async def orphan(self, thing: Thing, reason: str) -> ActionOutcome:
        """Take out a file that no row names, unless one does by now or the file was written again."""
        finding = thing.finding
        assert finding is not None
        path = StorePath(finding.path)
        if not _can_be_recorded(path):
            return thing.failed("Its name is no text that the database can hold: rename it by hand.")
        if await self._library.rows_naming(path):
            raise NoLongerSoError("A row names this file by now.")
        stored = await self._library.stat(path)
        if stored is None:
            raise NoLongerSoError("The file is gone already.")
        if (stored.size, stored.modified) != (finding.size, finding.modified):
            raise NoLongerSoError("The file was written again since the check.")
        draft = TrashDraft(path, kept_place(path), reason, size=stored.size, sha256=finding.sha256)
        entry = (await self._trash.begin([draft], keep_for=self._keep_for))[0]
        await self._carry_out(entry, path)
        return Thing(path, trash_id=entry.id).done(size=stored.size)

    async def _carry_out(self, entry: TrashEntry, source: StorePath | None) -> None:
        """Move the file, then hold the entry; both or neither, unless the storage or the server goes away."""
        moved = False
        try:
            if source is not None and entry.trash_path is not None:
                await self._library.move(source, StorePath(entry.trash_path))
                moved = True
                await self._refuse_if_shared(entry, source)
            await self._trash.hold(entry.id)
        except StoreUnavailableError:
            raise  # settled when it is back
        except (NoLongerSoError, NotFoundError, ConflictError, InUseError, StorageError):
            if moved and source is not None and entry.trash_path is not None:
                await self._library.move(StorePath(entry.trash_path), source)
            await self._trash.abandon(entry.id)
            raise

    async def _refuse_if_whole_again(self, finding: Finding, now: RowNow) -> None:
        if finding.kind is not FindingKind.CHANGED or now.path is None or finding.sha256 is None:
            return
        if (await self._library.content(now.path)).sha256 == finding.sha256:
            raise NoLongerSoError("The file is what it should be again.")

    async def _refuse_if_shared(self, entry: TrashEntry, path: StorePath) -> None:
        """Look once more after the move: a row that came meanwhile would name nothing."""
        if entry.file_id is not None and others(await self._library.rows_naming(path), entry.file_id):
            raise NoLongerSoError("Another row names the same file by now.")

    async def _shared(self, now: RowNow) -> bool:
        assert now.path is not None
        return bool(others(await self._library.rows_naming(now.path), now.file.id))


def refuse_unless_still(finding: Finding, now: RowNow) -> None:
    """Raise NoLongerSoError when a row or its file is not as it was found."""
    if now.file.file_path != finding.path:
        raise NoLongerSoError("The row names another file by now.")
    if finding.kind is FindingKind.NO_PROJECT and now.file.project_id is not None:
        raise NoLongerSoError("The row belongs to a project by now.")
    if finding.kind in _BY_PATH_ALONE:
        return
    if finding.kind is FindingKind.MISSING:
        if now.stored is not None:
            raise NoLongerSoError("The file is there again.")
    elif now.stored is None:
        raise NoLongerSoError("The file is gone by now.")
    elif finding.size is not None and now.stored.size != finding.size:
        raise NoLongerSoError("The file was written again since the check.")


def _can_be_recorded(path: StorePath) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
