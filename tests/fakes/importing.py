"""An importer that plans and imports what it is told to, without a store or a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, UserId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.sound import AudioFormat, SoundFacts
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.audio_import.control import ImportControl
from syncsphere_desktop.studio.audio_import.journal import InterruptedImport
from syncsphere_desktop.studio.audio_import.plan import ImportPlan, PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.progress import FileProgress, ImportProgress, unheard
from syncsphere_desktop.studio.audio_import.report import ImportedFile, ImportReport, ImportStatus
from syncsphere_desktop.studio.audio_import.undoing import UndoReport
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport, Did
from syncsphere_desktop.studio.work_control import WorkControl

FACTS = SoundFacts(AudioFormat.WAV, "PCM 24 bit", 12.34, 48_000, 2)
_AFTER = {Verdict.NEW: ImportStatus.IMPORTED, Verdict.DUPLICATE: ImportStatus.DUPLICATE}


def planned(
    relative: str, verdict: Verdict = Verdict.NEW, reason: str | None = None, size: int = 1_234_567
) -> PlannedFile:
    """Return a planned file."""
    facts = FACTS if verdict in (Verdict.NEW, Verdict.DUPLICATE) else None
    twin = AudioFileId(1) if verdict is Verdict.DUPLICATE else None
    return PlannedFile(Path("/takes") / relative, relative, size, verdict, reason, facts, twin)


@dataclass
class FakeImporter:
    """Answers when its gates are open; `failure` is raised by planning, `problem` ends an import early."""

    files: Sequence[PlannedFile] = (planned("Kick.wav"),)
    failure: AppError | None = None
    problem: str | None = None
    cut_off: tuple[InterruptedImport, ...] = ()
    continues: bool = False
    plans: list[ProjectId] = field(default_factory=list)
    replans: list[ProjectId] = field(default_factory=list)
    runs: list[tuple[ImportPlan, UserId | None]] = field(default_factory=list)
    undone: list[UUID] = field(default_factory=list)
    forgotten: list[UUID] = field(default_factory=list)
    recovered: int = 0
    closed: int = 0
    controls: list[ImportControl] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.planning = asyncio.Event()
        self.planning.set()
        self.importing = asyncio.Event()
        self.importing.set()

    async def plan(
        self, sources: Sequence[Path], project: Project, *, progress: Progress = silent
    ) -> ImportPlan:
        """Plan the files it was told of."""
        self.plans.append(project.id)
        progress("Looking into files: 3 to go", 0.25)
        await self.planning.wait()
        if self.failure is not None:
            raise self.failure
        return ImportPlan(
            uuid4(), project.id, project.name, tuple(sources), tuple(self.files), continues=self.continues
        )

    async def replan(self, plan: ImportPlan, project: Project, *, progress: Progress = silent) -> ImportPlan:
        """Plan the same files for another project."""
        self.replans.append(project.id)
        await self.planning.wait()
        return replace(plan, project_id=project.id, project_name=project.name)

    async def run(
        self,
        plan: ImportPlan,
        *,
        uploader: UserId | None,
        control: ImportControl,
        progress: Callable[[ImportProgress], None] = unheard,
    ) -> ImportReport:
        """Tell half of the progress, wait, then tell that all was done, unless it was cancelled meanwhile."""
        self.runs.append((plan, uploader))
        self.controls.append(control)
        size = plan.bytes
        current = tuple(
            FileProgress(file.relative, file.size // (at + 2), file.size)
            for at, file in enumerate(list(plan.to_import)[:4])
        )
        progress(
            ImportProgress(plan.new // 2, plan.new, size // 2, size, 84e6, 35.0, current, control.paused)
        )
        while not self.importing.is_set() and not control.cancelled:  # noqa: ASYNC110  # a control makes no events
            await asyncio.sleep(0.002)
        ended_early = control.cancelled or self.problem is not None
        files = tuple(
            ImportedFile(
                path=file.relative,
                status=ImportStatus.CANCELLED
                if ended_early and file.verdict is Verdict.NEW
                else _AFTER.get(file.verdict, ImportStatus.REJECTED),
                reason=file.reason,
                id=AudioFileId(number) if file.verdict is Verdict.NEW and not ended_early else None,
                size=file.size,
            )
            for number, file in enumerate(plan.files, start=1)
        )
        return ImportReport(
            plan.import_id, plan.project_id, plan.project_name, files, 3.0, control.cancelled, self.problem
        )

    async def undo(
        self, import_id: UUID, *, control: WorkControl | None = None, progress: Progress = silent
    ) -> UndoReport:
        """Remember that an import was undone."""
        self.undone.append(import_id)
        done = ActionOutcome(Did.DONE, "projects/1/Kick.wav", size=1_234_567)
        return UndoReport(import_id, ActionReport((done,)), gone=1)

    async def recover(self) -> object:
        """Remember that it was asked."""
        self.recovered += 1
        return None

    async def interrupted(self) -> Sequence[InterruptedImport]:
        """Return the imports that were cut off."""
        return self.cut_off

    async def forget(self, import_id: UUID) -> None:
        """Remember that an import was forgotten."""
        self.forgotten.append(import_id)

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed += 1
