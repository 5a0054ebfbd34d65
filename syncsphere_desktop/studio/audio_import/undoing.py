"""Takes a whole import back: its rows and files go into quarantine, from where they can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.studio.audio_import.ports import ImportRows
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.studio.work_control import WorkControl


class Keeper(Protocol):
    """Takes rows and their files out of the library without losing them; met by the quarantine."""

    async def put(
        self, ids: Sequence[AudioFileId], reason: str, *, control: WorkControl | None, progress: Progress
    ) -> ActionReport: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undoing an import did: what became of each of its rows that were still there.

    `gone` counts what was removed or replaced meanwhile, and so was left as it is.
    """

    import_id: UUID
    action: ActionReport
    gone: int

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the import is left."""
        return not self.action.not_done and not self.action.cancelled


async def undo_import(
    import_id: UUID, imports: ImportRows, keeper: Keeper, control: WorkControl | None, progress: Progress
) -> UndoReport:
    """Quarantine what an import added and is still as it was; what is left can be undone again.

    Raises NotFoundError for an import that nobody remembers, or that was undone already.
    """
    remembered = await imports.get(import_id)
    if remembered.undone_at is not None:
        raise NotFoundError("The import was undone already.")
    rows = await imports.rows_of(import_id)
    reason = f"The import of {remembered.source} was undone"
    action = await keeper.put([row.id for row in rows], reason, control=control, progress=progress)
    report = UndoReport(import_id, action, max(0, remembered.imported - len(rows)))
    if report.is_complete:
        await imports.mark_undone(import_id)
    return report
