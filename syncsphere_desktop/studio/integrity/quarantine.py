"""Quarantine: files leave the library without being lost, come back, and are removed after a time.

Each thing goes through `trash.state`, which is written before the file is moved and again in the transaction
that changes the row. So whatever a crash leaves can be told from the state and from where the file is;
that is settled before anything else is done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.trash import TrashEntry, TrashId, TrashState
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.integrity.acting import Thing, act_on_each
from syncsphere_desktop.studio.integrity.findings import Finding
from syncsphere_desktop.studio.integrity.library import Library
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport
from syncsphere_desktop.studio.integrity.placing import KEEP_FOR
from syncsphere_desktop.studio.integrity.ports import ContentRows, FileRows, SampleUses, TrashRows
from syncsphere_desktop.studio.integrity.returning import Returning
from syncsphere_desktop.studio.integrity.settling import Settling
from syncsphere_desktop.studio.integrity.taking import Taking
from syncsphere_desktop.studio.threads import Threads
from syncsphere_desktop.studio.work_control import WorkControl


class Quarantine:
    """Takes rows and files out of the library, and brings them back.

    Every process of the studio waits for its turn. Raises StoreUnavailableError and whatever the database
    raises; what happens to one thing alone is told in the report.
    """

    def __init__(
        self,
        *,
        store: AudioStore,
        trash: TrashRows,
        files: FileRows,
        contents: ContentRows,
        uses: SampleUses | None = None,
        keep_for: timedelta = KEEP_FOR,
    ) -> None:
        self._store = store
        self._trash = trash
        self._threads = Threads(1, "quarantine")
        library = Library(store, files, contents, self._threads)
        self._taking = Taking(library, trash, keep_for)
        self._returning = Returning(library, trash, uses)
        self._settling = Settling(library, trash)

    async def close(self) -> None:
        """Wait for what is under way and end the thread."""
        await self._threads.close()

    async def entries(self, *, project_id: ProjectId | None = None) -> Sequence[TrashEntry]:
        """Return what is held, the newest first."""
        return await self._trash.in_states([TrashState.HELD], project_id=project_id)

    async def put(
        self,
        ids: Sequence[AudioFileId],
        reason: str,
        *,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Take rows and their files out of the library.

        A file that another row names too stays where it is, and a row whose file is missing goes alone.
        """
        things = [Thing(file_id=file_id) for file_id in dict.fromkeys(ids)]
        return await self._in_turn(
            things, lambda thing: self._taking.row(thing, reason), "Quarantining", control, progress
        )

    async def put_findings(
        self,
        findings: Sequence[Finding],
        reason: str,
        *,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Take out what a check found; what is no longer as it was found is skipped."""

        async def act(thing: Thing) -> ActionOutcome:
            if thing.file_id is None:
                return await self._taking.orphan(thing, reason)
            return await self._taking.row(thing, reason)

        once = {finding.file_id or finding.path: finding for finding in findings}
        things = [Thing(finding.path, finding.file_id, finding=finding) for finding in once.values()]
        return await self._in_turn(things, act, "Quarantining", control, progress)

    async def restore(
        self,
        ids: Sequence[TrashId],
        *,
        project_id: ProjectId | None = None,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Bring things back to where they were, rows with their ids, or rows into the project given.

        Where another file took the place, it comes back beside it under a new name.
        """
        things = [Thing(trash_id=entry_id) for entry_id in dict.fromkeys(ids)]
        return await self._in_turn(
            things, lambda thing: self._returning.restore(thing, project_id), "Restoring", control, progress
        )

    async def empty(
        self,
        ids: Sequence[TrashId] | None = None,
        *,
        even_used: bool = False,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Remove things for good: those given, or with None those whose time is over.

        What a bundle version names at this moment is skipped unless `even_used`.
        """
        chosen = [entry.id for entry in await self.entries() if entry.due] if ids is None else ids
        things = [Thing(trash_id=entry_id) for entry_id in dict.fromkeys(chosen)]

        async def act(thing: Thing) -> ActionOutcome:
            return await self._returning.empty(thing, only_due=ids is None, even_used=even_used)

        return await self._in_turn(things, act, "Removing", control, progress)

    async def settle(self) -> ActionReport:
        """Finish or undo what a crash left half done; to be called when the store was opened."""
        async with self._trash.exclusive():
            await self._threads(self._store.check_writable)
            return await self._settling.run()

    async def _in_turn(
        self,
        things: Sequence[Thing],
        act: Callable[[Thing], Awaitable[ActionOutcome]],
        doing: str,
        control: WorkControl | None,
        progress: Progress,
    ) -> ActionReport:
        if not things:
            return ActionReport(())
        async with self._trash.exclusive():
            await self._threads(self._store.check_writable)
            await self._settling.run()
            return await act_on_each(things, act, doing=doing, control=control, progress=progress)
