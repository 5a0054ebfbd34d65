"""What the view does with versions, as a port: met by the studio's use cases and the tests' fake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import size
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.retention import Candidate, RetentionPlan
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.bundles.files import ExportedBundle, ImportCheck, OnBytes
from syncsphere_desktop.studio.bundles.restoring import Presence, RestoreImpact
from syncsphere_desktop.studio.bundles.retention import Pruned
from syncsphere_desktop.studio.bundles.verifying import VerifyReport
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.jobs import Job, Jobs, JobState

T = TypeVar("T")


class BundleDeeds(Protocol):
    """Restores, copies, exports, imports, prunes and verifies. Every method may raise AppError."""

    async def restore_impact(self, bundle_id: BundleId) -> RestoreImpact: ...
    async def restore(self, bundle_id: BundleId) -> BundleVersion: ...
    async def copy(self, bundle_id: BundleId, project_id: ProjectId) -> BundleVersion: ...
    async def copy_to_new_project(self, bundle_id: BundleId, draft: ProjectDraft) -> BundleVersion: ...
    async def export(
        self, bundle_id: BundleId, path: Path, *, overwrite: bool = False, on_bytes: OnBytes | None = None
    ) -> ExportedBundle: ...
    async def check_import(self, path: Path, project_id: ProjectId) -> ImportCheck: ...
    async def store(
        self, path: Path, project_id: ProjectId, *, on_bytes: OnBytes | None = None
    ) -> BundleVersion: ...
    async def candidates(self, project_id: ProjectId | None) -> tuple[tuple[Candidate, ...], datetime]: ...
    async def prune(self, plan: RetentionPlan) -> Pruned: ...
    async def verify(self, project_id: ProjectId | None, progress: Progress) -> VerifyReport: ...


class StudioBundleDeeds:
    """The use cases of an open session. What each one needs is loaded when it is first wished for."""

    def __init__(self, session: Session, presence: Presence | None = None) -> None:
        self._database = session.database
        self._actor = session.actor
        self._worker = session.bundle_worker
        self._presence = presence

    async def restore_impact(self, bundle_id: BundleId) -> RestoreImpact:
        """Tell what restoring would change; changes nothing."""
        from syncsphere_desktop.studio.bundles.restoring import restore_impact

        return await restore_impact(self._database, bundle_id, worker=self._worker, presence=self._presence)

    async def restore(self, bundle_id: BundleId) -> BundleVersion:
        """Make a version its project's newest one, as a new version."""
        from syncsphere_desktop.database.bundle_copy import BundleCopier

        return await BundleCopier(self._database, self._actor).restore(bundle_id)

    async def copy(self, bundle_id: BundleId, project_id: ProjectId) -> BundleVersion:
        """Make a version the next one of another project."""
        from syncsphere_desktop.database.bundle_copy import BundleCopier

        return await BundleCopier(self._database, self._actor).copy(bundle_id, project_id)

    async def copy_to_new_project(self, bundle_id: BundleId, draft: ProjectDraft) -> BundleVersion:
        """Make a version the first one of a new project."""
        from syncsphere_desktop.database.bundle_copy import BundleCopier

        return await BundleCopier(self._database, self._actor).copy_to_new_project(bundle_id, draft)

    async def export(
        self, bundle_id: BundleId, path: Path, *, overwrite: bool = False, on_bytes: OnBytes | None = None
    ) -> ExportedBundle:
        """Write a version to a file, whole or not at all."""
        from syncsphere_desktop.database.bundle_stream import BundleStreams
        from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
        from syncsphere_desktop.studio.bundles.files import BundleExporter

        exporter = BundleExporter(BundleStreams(self._database), BundleFactsRepository(self._database))
        return await exporter.export(bundle_id, path, overwrite=overwrite, on_bytes=on_bytes)

    async def check_import(self, path: Path, project_id: ProjectId) -> ImportCheck:
        """Look at a file before it is stored."""
        from syncsphere_desktop.studio.bundles.importing import BundleImporter

        return await BundleImporter(self._database, self._actor, self._worker).check(path, project_id)

    async def store(
        self, path: Path, project_id: ProjectId, *, on_bytes: OnBytes | None = None
    ) -> BundleVersion:
        """Store a file as a project's next version."""
        from syncsphere_desktop.studio.bundles.importing import BundleImporter

        return await BundleImporter(self._database, self._actor).store(path, project_id, on_bytes=on_bytes)

    async def candidates(self, project_id: ProjectId | None) -> tuple[tuple[Candidate, ...], datetime]:
        """Return what the rules of retention look at, and the server's time."""
        from syncsphere_desktop.database.repositories.bundle_retention import BundleRetentionRepository

        return await BundleRetentionRepository(self._database, self._actor).candidates(project_id)

    async def prune(self, plan: RetentionPlan) -> Pruned:
        """Remove what a plan lets go, as far as it still may."""
        from syncsphere_desktop.studio.bundles.retention import Retention

        return await Retention(self._database, self._actor).apply(plan)

    async def verify(self, project_id: ProjectId | None, progress: Progress) -> VerifyReport:
        """Decode every version; takes up a run that was cut off."""
        from syncsphere_desktop.studio.bundles.child.process import BundleProcess
        from syncsphere_desktop.studio.bundles.verifying import verify_bundles

        worker = BundleProcess()  # of its own: whoever opens a version meanwhile does not wait for it
        try:
            return await verify_bundles(
                self._database, project_id, worker=worker, resume=True, progress=progress
            )
        finally:
            await asyncio.to_thread(worker.close)


async def run_bundle_job(
    jobs: Jobs, title: str, work: Callable[[Job], Awaitable[T]], told: Callable[[T], str]
) -> T:
    """Do the work as a job that can be cancelled; `told` says what became of it. Raises AppError."""
    task = asyncio.current_task()
    assert task is not None
    job = jobs.start(title, cancel=lambda: _cancel(task))
    try:
        outcome = await work(job)
    except AppError as error:
        job.end(JobState.FAILED, error.message)
        raise
    except asyncio.CancelledError:
        job.end(JobState.CANCELLED)
        raise
    except Exception:
        job.end(JobState.FAILED, "The app met a mistake of its own.")
        raise
    job.end(JobState.DONE, told(outcome))
    return outcome


def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()


def bytes_told(job: Job, total: int, done_before: int = 0, facts: str = "") -> OnBytes:
    """Return what takes the bytes so far, on whatever thread, and tells the job how far it is."""
    loop = asyncio.get_running_loop()

    def tell(done: int) -> None:
        so_far = done_before + done
        words = f"{facts}{size(so_far)} of {size(total)}"
        loop.call_soon_threadsafe(job.report, min(1.0, so_far / total) if total else None, words)

    return tell


def progress_told(job: Job) -> Progress:
    """Return what takes progress, on whatever thread, and tells the job."""
    loop = asyncio.get_running_loop()

    def tell(sentence: str, share: float | None) -> None:
        loop.call_soon_threadsafe(job.report, share, sentence)

    return tell
