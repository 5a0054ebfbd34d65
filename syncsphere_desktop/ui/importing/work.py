"""What the import dialogs need of the use cases, met by the importer and by the tests' fakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.studio.audio_import.control import ImportControl
from syncsphere_desktop.studio.audio_import.journal import InterruptedImport
from syncsphere_desktop.studio.audio_import.plan import ImportPlan
from syncsphere_desktop.studio.audio_import.progress import ImportProgress
from syncsphere_desktop.studio.audio_import.report import ImportReport
from syncsphere_desktop.studio.audio_import.undoing import UndoReport
from syncsphere_desktop.studio.work_control import WorkControl


class Planning(Protocol):
    """Finds out what an import would do, writing nothing."""

    async def plan(
        self, sources: Sequence[Path], project: Project, *, progress: Progress = ...
    ) -> ImportPlan:
        """Look into the files; ends soon after its task is cancelled."""
        ...

    async def replan(self, plan: ImportPlan, project: Project, *, progress: Progress = ...) -> ImportPlan: ...


class Importing(Planning, Protocol):
    """Imports what was planned, takes imports back, and goes on with those that were cut off."""

    async def run(
        self,
        plan: ImportPlan,
        *,
        uploader: UserId | None,
        control: ImportControl,
        progress: Callable[[ImportProgress], None] = ...,
    ) -> ImportReport: ...
    async def undo(
        self, import_id: UUID, *, control: WorkControl | None = None, progress: Progress = ...
    ) -> UndoReport: ...
    async def recover(self) -> object: ...
    async def interrupted(self) -> Sequence[InterruptedImport]: ...
    async def forget(self, import_id: UUID) -> None: ...
    async def close(self) -> None: ...
