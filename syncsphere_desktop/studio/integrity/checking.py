"""One run of a check: guard, rows, files without a row, and which versions name what was found."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from syncsphere_desktop.domain.audio_check import CheckRun, ContentRecord, OrphanFile, RowToCheck
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.integrity.findings import (
    CheckPhase,
    CheckProgress,
    CheckReport,
    CheckScope,
    Finding,
    FindingKind,
)
from syncsphere_desktop.studio.integrity.guard import WITNESSES_SOUGHT, StoreGuard
from syncsphere_desktop.studio.integrity.inspection import Depth, Inspection, Inspector, Prober
from syncsphere_desktop.studio.integrity.library import path_in
from syncsphere_desktop.studio.integrity.meter import Meter
from syncsphere_desktop.studio.integrity.orphans import NamedPaths, OrphanSearch
from syncsphere_desktop.studio.integrity.ports import (
    CheckRows,
    ContentRows,
    ImportsUnderWay,
    KnownStores,
    SampleUses,
)
from syncsphere_desktop.studio.integrity.tally import Tally, findings_of, row_findings
from syncsphere_desktop.studio.threads import Threads
from syncsphere_desktop.studio.work_control import WorkCancelledError, WorkControl

_READ_ONLY = "The audio storage can be read but not written to: nothing that is wrong in it can be mended."
_ROWS_SKIPPED_AT_A_TIME = 5000
_TELL_SECONDS = 0.1
_RESUMED_WITHIN = timedelta(days=1)
"""An older run that was never finished is begun anew: what it saw may have changed."""


@dataclass(frozen=True, slots=True)
class CheckParts:
    """What a check works with."""

    store: AudioStore
    known: KnownStores
    contents: ContentRows
    checks: CheckRows
    prober: Prober
    uses: SampleUses | None
    imports: ImportsUnderWay | None
    threads: Threads
    workers: int
    rows_at_a_time: int


class Check:
    """One run; not to be used twice."""

    def __init__(
        self,
        parts: CheckParts,
        scope: CheckScope,
        depth: Depth,
        control: WorkControl,
        on_finding: Callable[[Finding], None],
    ) -> None:
        self._parts = parts
        self._scope = scope
        self._depth = depth
        self._control = control
        self._meter = Meter(control)
        self._tally = Tally(self._counted(on_finding))
        self._named = NamedPaths()
        self._guard: StoreGuard | None = None
        self._inspector = Inspector(
            parts.store, parts.prober, depth, on_bytes=self._meter.read, check=control.checkpoint
        )
        self._run: CheckRun | None = None
        self._resumed = False
        self._recorded = True
        self._told_early = 0  # of the page that is not recorded yet
        self._files = self._bytes = 0  # of what is recorded; the meter is ahead of it
        self._started_at = datetime.now(UTC)
        self._notes: list[str] = []

    async def run(self, progress: Callable[[CheckProgress], None], *, resume: bool) -> CheckReport:
        """Check all that is to be checked, or until it is cancelled."""
        telling = asyncio.create_task(self._tell(progress), name="tell how far the check is")
        complete = False
        try:
            await self._begin(resume=resume)
            await self._check_rows()
            if self._scope.project_id is None:
                await self._check_files()
            self._meter.phase = CheckPhase.USES
            complete = True
        except WorkCancelledError:
            self._notes.append("The check was cancelled before its end.")
        finally:
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling
        findings = await self._tally.with_uses(self._parts.store, self._parts.uses)
        if complete and self._run is not None:
            await self._parts.checks.finish(self._run.id, self._counts())
        self._meter.phase = CheckPhase.DONE
        progress(self._meter.progress())
        return self._report(findings, complete=complete)

    async def _begin(self, *, resume: bool) -> None:
        parts = self._parts
        guard = self._guard = StoreGuard(parts.store, await parts.known.known())
        witnesses = await parts.contents.to_check(AudioFileId(0), WITNESSES_SOUGHT)
        identity = await parts.threads(lambda: guard.begin(witnesses))
        if await parts.threads(parts.store.is_writable) is False:
            self._notes.append(_READ_ONLY)
        self._meter.files_total, self._meter.bytes_total = await parts.contents.totals(self._scope.project_id)
        unfinished = await parts.checks.unfinished(self._scope.project_id, identity) if resume else None
        if unfinished is not None and self._can_go_on(unfinished):
            self._run = unfinished
            self._resumed = True
            self._started_at = unfinished.started_at
            await self._recall(unfinished)
        else:
            self._run = await parts.checks.begin(
                project_id=self._scope.project_id, store_id=identity, deep=self._depth.deep
            )
        self._recorded = self._run is not None

    def _can_go_on(self, run: CheckRun) -> bool:
        return run.deep == self._depth.deep and run.started_at > self._started_at - _RESUMED_WITHIN

    async def _recall(self, run: CheckRun) -> None:
        """Take up what the interrupted run had found, and which paths the rows name that it had checked."""
        self._files, self._bytes = run.counts.get("files", 0), run.counts.get("bytes", 0)
        self._meter.go_on_from(self._files, self._bytes)
        after = AudioFileId(0)
        while rows := [
            row for row in await self._page(after, _ROWS_SKIPPED_AT_A_TIME) if row.id <= run.cursor
        ]:
            await self._parts.threads(partial(self._remember_paths, rows))
            for row in rows:
                for finding in row_findings(row, row.state, row.state_details or "", None):
                    self._tally.add(finding)
            after = rows[-1].id

    async def _check_rows(self) -> None:
        """Check page after page: while one is inspected, the next is read and the last one is recorded.

        What a page finds is told as it is found, for a page may take minutes.
        """
        self._meter.phase = CheckPhase.ROWS
        rows = await self._page(AudioFileId(self._run.cursor if self._run and self._resumed else 0))
        before: Sequence[Inspection] = ()
        inspecting: asyncio.Task[Sequence[Inspection]] | None = None
        try:
            while rows:
                seen: dict[AudioFileId, Inspection] = {}
                inspecting = asyncio.create_task(self._inspected(rows, seen), name="inspect audio files")
                following = await self._page(rows[-1].id)
                await self._keep(before)
                while not (await asyncio.wait([inspecting], timeout=_TELL_SECONDS))[0]:
                    await self._tell_found(_until_first_left_out(rows, seen))
                before = await inspecting
                if len(before) < len(rows):
                    break
                rows = following
        finally:
            if inspecting is not None and not inspecting.done():
                self._control.cancel()
                await asyncio.wait([inspecting])
                if not inspecting.cancelled():
                    inspecting.exception()  # what ended the check is being raised already
        await self._keep(before)
        if self._control.cancelled:
            raise WorkCancelledError

    async def _inspected(
        self, rows: Sequence[RowToCheck], seen: dict[AudioFileId, Inspection]
    ) -> Sequence[Inspection]:
        """Inspect rows on all threads, into `seen`; return those before the first that was left out."""
        waiting = deque(rows)
        ended = await asyncio.gather(
            *(self._parts.threads(lambda: self._drain(waiting, seen)) for _ in range(self._parts.workers)),
            return_exceptions=True,
        )
        for error in ended:
            if error is not None and not isinstance(error, WorkCancelledError):
                raise error
        return _until_first_left_out(rows, seen)

    def _drain(self, waiting: deque[RowToCheck], seen: dict[AudioFileId, Inspection]) -> None:
        while True:
            try:
                row = waiting.popleft()
            except IndexError:
                return
            try:
                self._control.checkpoint()
                inspection = self._inspector.inspect(row)
            except BaseException:
                waiting.clear()  # the other threads need not go on either
                raise
            seen[row.id] = inspection
            if inspection.path is not None:
                self._named.add(inspection.path)
            self._meter.looked_at(row.filename, row.file_size or 0)

    async def _keep(self, seen: Sequence[Inspection]) -> None:
        """Tell and record what was seen, once it is sure that the storage was there all the time."""
        if not seen:
            return
        await self._confirm(seen)
        await self._tell_found(seen)
        self._told_early = 0
        self._files += len(seen)
        self._bytes += sum(one.content.size for one in seen if one.content is not None)
        records = [record for record in map(Inspection.record, seen) if record is not None]
        await self._record(records)
        if self._run is not None:
            await self._parts.checks.advance(self._run.id, seen[-1].row.id, self._counts())

    async def _tell_found(self, seen: Sequence[Inspection]) -> None:
        """Tell what was found since the last time, once it is sure that the storage is there still."""
        news = seen[self._told_early :]
        await self._confirm(news)
        self._told_early += len(news)
        for one in news:
            for finding in findings_of(one):
                self._tally.add(finding)

    async def _confirm(self, seen: Sequence[Inspection]) -> None:
        assert self._guard is not None
        if any(one.state in {ContentState.MISSING, ContentState.UNREADABLE} for one in seen):
            await self._parts.threads(self._guard.confirm)

    async def _record(self, records: Sequence[ContentRecord]) -> None:
        if records and self._recorded:
            self._recorded = await self._parts.contents.record_all(records)

    async def _check_files(self) -> None:
        self._meter.phase = CheckPhase.ORPHANS
        parts = self._parts
        search = OrphanSearch(
            parts.store,
            parts.contents,
            parts.threads,
            seen=self._meter.seen,
            check=self._control.checkpoint,
        )
        orphans: list[Finding] = []

        def found(finding: Finding) -> None:
            self._tally.add(finding)
            if finding.kind is FindingKind.ORPHAN:
                orphans.append(finding)

        importing = parts.imports is not None and await parts.imports.under_way()
        await search.run(self._named, found, importing=importing)
        if search.left_out:
            self._notes.append(
                f"{counted(search.left_out, 'new file')} without a row"
                " may belong to an import that is under way, and were left out."
            )
        if self._run is not None:
            await parts.checks.replace_orphans(self._run.id, [_plain(finding) for finding in orphans])

    async def _page(self, after: AudioFileId, limit: int | None = None) -> Sequence[RowToCheck]:
        limit = limit or self._parts.rows_at_a_time
        return await self._parts.contents.to_check(after, limit, project_id=self._scope.project_id)

    def _remember_paths(self, rows: Sequence[RowToCheck]) -> None:
        for row in rows:
            path = path_in(self._parts.store, row.file_path)
            if path is not None:
                self._named.add(path)

    def _counted(self, on_finding: Callable[[Finding], None]) -> Callable[[Finding], None]:
        def told(finding: Finding) -> None:
            self._meter.found = self._tally.total
            on_finding(finding)

        return told

    def _counts(self) -> Mapping[str, int]:
        counts = {kind.value: number for kind, number in self._tally.counts.items()}
        return {"files": self._files, "bytes": self._bytes, **counts}

    async def _tell(self, progress: Callable[[CheckProgress], None]) -> None:
        while True:
            progress(self._meter.progress())
            await asyncio.sleep(_TELL_SECONDS)

    def _report(self, findings: tuple[Finding, ...], *, complete: bool) -> CheckReport:
        if not self._recorded:
            self._notes.append("The findings could not be recorded in the database.")
        return CheckReport(
            scope=self._scope,
            findings=findings,
            files=self._files,
            bytes=self._bytes,
            seconds=self._meter.seconds,
            complete=complete,
            recorded=self._recorded,
            resumed=self._resumed,
            started_at=self._started_at,
            notes=tuple(self._notes),
            counts=self._tally.counts,
        )


def _until_first_left_out(
    rows: Sequence[RowToCheck], seen: Mapping[AudioFileId, Inspection]
) -> list[Inspection]:
    whole: list[Inspection] = []
    for row in rows:
        inspection = seen.get(row.id)
        if inspection is None:
            break
        whole.append(inspection)
    return whole


def _plain(finding: Finding) -> OrphanFile:
    return OrphanFile(finding.path, finding.size or 0, finding.modified or 0.0)
