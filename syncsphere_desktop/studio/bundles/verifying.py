"""Decodes every stored version, every byte of it, and keeps what that told."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_checks import BundleCheckRepository, ToCheck
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.domain.bundle_check import BundleCheck, CheckState
from syncsphere_desktop.domain.humane import size as humane_size
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.sample_names import storable
from syncsphere_desktop.errors import BundleError, CancelledByServerError, NotFoundError, QueryError
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, OwnProcess
from syncsphere_desktop.studio.bundles.decoding import Decoded, Tell, decode_whole, decoded_from

_LONGEST_PROBLEM = 500


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a run found, with what it had found before where it was `resumed`.

    `findings` are the versions that are not sound. `left` were deleted or changed while they were read.
    `kept` is False where the database has no place for outcomes; such a run can't be resumed.
    """

    sound: int
    damaged: int
    unknown: int
    left: int
    findings: tuple[BundleCheck, ...]
    bytes: int = 0
    kept: bool = True
    resumed: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether nothing wrong was found."""
        return not self.damaged


async def verify_bundles(
    database: Database,
    project_id: ProjectId | None = None,
    *,
    worker: BundleWorker | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> VerifyReport:
    """Decode every version of a project, or of all; `resume` leaves out what the last run has done.

    `worker` decodes them, this process itself where none is given. The hashes that come out of it are kept.

    Cancelling leaves what was found until then. Raises AppError where the connection is lost.
    """
    checks, streams, facts = (
        BundleCheckRepository(database),
        BundleStreams(database),
        BundleFactsRepository(database),
    )
    worker = worker or OwnProcess()
    kept = await checks.can_keep()
    run_at, resumed = await checks.begin(resume=resume and kept)
    if kept:
        await checks.forget_gone()
    versions, total = await checks.amount_left(run_at, project_id)
    meter = _Meter(progress, versions, total)
    outcomes: list[BundleCheck] = []
    left = 0
    last: BundleId | None = None
    while batch := await checks.left(run_at, project_id, last):
        for version in batch:
            last = version.id
            found = await _check(streams, worker, version, meter)
            if found is None or (kept and not await checks.keep(found[0], run_at)):
                left += 1
            else:
                outcomes.append(found[0])
                await facts.keep_hashes(version.id, version.row_version, found[1].sha256, found[1].samples)
            meter.finish(version.size)
    if kept:
        outcomes = list(await checks.of_run(run_at, project_id))
    return _report(outcomes, left, kept=kept, resumed=resumed)


def _report(outcomes: list[BundleCheck], left: int, *, kept: bool, resumed: bool) -> VerifyReport:
    counts = {state: sum(check.state is state for check in outcomes) for state in CheckState}
    return VerifyReport(
        sound=counts[CheckState.SOUND],
        damaged=counts[CheckState.DAMAGED],
        unknown=counts[CheckState.UNKNOWN],
        left=left,
        findings=tuple(check for check in outcomes if check.state is not CheckState.SOUND),
        bytes=sum(check.size for check in outcomes),
        kept=kept,
        resumed=resumed,
    )


async def _check(
    streams: BundleStreams, worker: BundleWorker, version: ToCheck, meter: _Meter
) -> tuple[BundleCheck, Decoded] | None:
    stop = threading.Event()
    tell = meter.teller(asyncio.get_running_loop(), stop)
    try:
        pieces = await streams.read(
            version.id, lambda file: worker.ask(decode_whole, {}, file, on_beat=tell, stop=stop)
        )
        decoded = decoded_from(pieces)
    except NotFoundError:
        return None
    except (QueryError, BundleError) as error:  # the server's own storage is damaged, or it is a trap
        decoded = Decoded(CheckState.DAMAGED, (error.message,))
    finally:
        stop.set()  # whoever cancelled does not wait for what is still being unpacked
    check = BundleCheck(
        bundle_id=version.id,
        row_version=version.row_version,
        state=decoded.state,
        problems=tuple(storable(problem, _LONGEST_PROBLEM) for problem in decoded.problems),
        project_id=version.project_id,
        project_name=version.project_name,
        version=version.version,
        size=version.size,
    )
    return check, decoded


class _Meter:
    """Tells how far a run is, by bytes."""

    def __init__(self, progress: Progress, versions: int, total: int) -> None:
        self._progress = progress
        self._versions = versions
        self._total = total
        self._done_versions = 0
        self._done = 0

    def teller(self, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> Tell:
        """Return what is called on a worker thread while one version is decoded."""

        def tell(done: float) -> None:
            if stop.is_set():
                raise CancelledByServerError("Verifying was cancelled.")
            loop.call_soon_threadsafe(self._tell, done)

        return tell

    def finish(self, size: int) -> None:
        """Count a version as done."""
        self._done_versions += 1
        self._done += size
        self._tell(0.0)

    def _tell(self, inside: float) -> None:
        done = self._done + inside
        number = min(self._done_versions + 1, self._versions)
        sentence = f"Verifying version {number:,} of {self._versions:,}, {humane_size(round(done))}"
        self._progress(sentence, min(done / self._total, 1.0) if self._total else 1.0)
