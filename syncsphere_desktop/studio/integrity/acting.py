"""How an action goes over many things: one after the other, each told, none spoiling the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.trash import TrashId
from syncsphere_desktop.errors import (
    AppError,
    ConflictError,
    FileError,
    InputError,
    InUseError,
    NotAudioError,
    NotFoundError,
    PathOutsideStoreError,
    ProbeLimitError,
    StoredFileExistsError,
    StoredFileMissingError,
)
from syncsphere_desktop.studio.integrity.findings import Finding
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport, Did
from syncsphere_desktop.studio.work_control import WorkCancelledError, WorkControl

_MEANWHILE = (ConflictError, NotFoundError, InUseError, StoredFileMissingError, StoredFileExistsError)
_ITS_OWN = (FileError, InputError, NotAudioError, ProbeLimitError, PathOutsideStoreError)
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Thing:
    """What is acted on: a row, a finding, or something in quarantine."""

    path: str = ""
    file_id: AudioFileId | None = None
    trash_id: TrashId | None = None
    finding: Finding | None = None

    def done(self, *, path: str | None = None, size: int | None = None) -> ActionOutcome:
        """Return the outcome of a thing that was carried out."""
        return replace(self._outcome(Did.DONE, None), path=path or self.path, size=size)

    def unchanged(self, path: str, reason: str) -> ActionOutcome:
        """Return the outcome of a thing that is as it was to be already."""
        return replace(self._outcome(Did.UNCHANGED, reason), path=path)

    def skipped(self, reason: str) -> ActionOutcome:
        """Return the outcome of a thing that is not what it was."""
        return self._outcome(Did.SKIPPED, reason)

    def failed(self, reason: str) -> ActionOutcome:
        """Return the outcome of a thing that could not be done."""
        return self._outcome(Did.FAILED, reason)

    def _outcome(self, did: Did, reason: str | None) -> ActionOutcome:
        return ActionOutcome(did, self.path, reason, self.file_id, self.trash_id)


class NoLongerSoError(AppError):
    """Raised when, at the moment of acting, a thing is not as it was found; nothing was changed."""

    code = "no_longer_so"


async def act_on_each(
    things: Sequence[Thing],
    act: Callable[[Thing], Awaitable[ActionOutcome]],
    *,
    doing: str,
    control: WorkControl | None,
    progress: Progress,
) -> ActionReport:
    """Act on one after the other until all are done or `control` cancels; `doing` as in `Restoring`.

    An error that is not of one thing alone ends it: the storage or the database is gone.
    """
    outcomes: list[ActionOutcome] = []
    for number, thing in enumerate(things):
        # Any thread may resume, so there is no event of this loop to wait for.
        while control is not None and control.paused and not control.cancelled:  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_SECONDS)
        if control is not None and control.cancelled:
            return ActionReport(tuple(outcomes), cancelled=True)
        progress(f"{doing} {counted(len(things), 'file')}", number / len(things))
        try:
            outcomes.append(await act(thing))
        except WorkCancelledError:
            return ActionReport(tuple(outcomes), cancelled=True)
        except (NoLongerSoError, *_MEANWHILE) as error:
            outcomes.append(thing.skipped(error.message))
        except _ITS_OWN as error:
            outcomes.append(thing.failed(error.message))
    return ActionReport(tuple(outcomes))
