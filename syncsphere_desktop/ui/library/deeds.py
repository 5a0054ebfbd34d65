"""What the library view asks to be done with files and their contents, and how it is shown as a job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.app.jobs import Jobs, JobState

if TYPE_CHECKING:
    from syncsphere_desktop.studio.audio_library import AudioLibrary
    from syncsphere_desktop.studio.integrity.parts import Integrity

Work = Callable[[WorkControl, Progress], Awaitable[ActionReport]]


class LibraryDeeds(Protocol):
    """Changes and copies files of the store. Raises StorageError, and whatever the database raises."""

    async def remove(
        self, ids: Sequence[AudioFileId], reason: str, *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        """Take rows and files out of the library, into quarantine."""
        ...

    async def download(
        self, files: Sequence[AudioFile], folder: Path, *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        """Copy files into a folder of this machine, in a folder a project where there are several files."""
        ...

    async def reprobe(
        self, ids: Sequence[AudioFileId], *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        """Look into files again and write what they are."""
        ...

    async def replace(self, file: AudioFile, source: Path) -> AudioFile:
        """Put another file in the place of a row's; the one before goes to quarantine."""
        ...


class StudioDeeds:
    """The deeds of an open session, done by the studio's parts for integrity."""

    def __init__(self, library: AudioLibrary) -> None:
        self._library = library

    async def remove(
        self, ids: Sequence[AudioFileId], reason: str, *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        """Take rows and files out of the library, into quarantine."""
        await self._library.access.claim()
        async with self._parts() as parts:
            return await parts.quarantine.put(ids, reason, control=control, progress=progress)

    async def download(
        self, files: Sequence[AudioFile], folder: Path, *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        """Copy files into a folder of this machine, in a folder a project where there are several files."""
        from syncsphere_desktop.studio.integrity.exporting import Structure

        names = {file.project_id: file.project_name or "" for file in files if file.project_id is not None}
        async with self._parts() as parts:
            return await parts.exporter.export(
                [file.id for file in files],
                folder,
                structure=Structure.FLAT if len(files) == 1 else Structure.PROJECTS,
                project_names=names,
                control=control,
                progress=progress,
            )

    async def reprobe(
        self, ids: Sequence[AudioFileId], *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        """Look into files again and write what they are."""
        async with self._parts() as parts:
            return await parts.repair.reprobe(ids, control=control, progress=progress)

    async def replace(self, file: AudioFile, source: Path) -> AudioFile:
        """Put another file in the place of a row's; the one before goes to quarantine."""
        await self._library.access.claim()
        async with self._parts() as parts:
            return await parts.replacer.replace(file, source)

    def _parts(self) -> AbstractAsyncContextManager[Integrity]:
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        return opened_integrity(self._library)


async def run_as_job(jobs: Jobs, title: str, done_words: str, work: Work) -> ActionReport:
    """Do the work as a job with progress, pause and cancel; `done_words` as in `copied`. Raises AppError."""
    control = WorkControl()

    def pause(wanted: bool) -> None:  # noqa: FBT001  # what a job calls
        if wanted:
            control.pause()
        else:
            control.resume()

    job = jobs.start(title, cancel=control.cancel, pause=pause)
    try:
        report = await work(control, lambda sentence, share: job.report(share, sentence))
    except AppError as error:
        job.end(JobState.FAILED, error.message)
        raise
    except asyncio.CancelledError:
        control.cancel()
        job.end(JobState.CANCELLED)
        raise
    except Exception:
        job.end(JobState.FAILED, "The app met a mistake of its own.")
        raise
    job.end(JobState.CANCELLED if report.cancelled else JobState.DONE, report_sentence(report, done_words))
    return report


def report_sentence(report: ActionReport, done_words: str) -> str:
    """Return what was done and what was not, as in `3 files copied (12.4 MB). 1 file left out: It's gone.`"""
    done = counted(len(report.done), "file")
    told = f"{done} {done_words}" + (f" ({size(report.bytes)})." if report.bytes else ".")
    if report.unchanged:
        told += f" {counted(len(report.unchanged), 'file was', 'files were')} there already, the same."
    left = report.not_done
    if left:
        reasons = list(dict.fromkeys(outcome.reason or "" for outcome in left))
        more = "" if len(reasons) == 1 else f" And {counted(len(reasons) - 1, 'other reason')}."
        told += f" {counted(len(left), 'file')} left out: {reasons[0]}{more}"
    return told
