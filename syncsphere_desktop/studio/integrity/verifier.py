"""Verifying the audio library: every row's file is read again, and every file must have its row."""

from __future__ import annotations

from collections.abc import Callable

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.integrity.checking import Check, CheckParts
from syncsphere_desktop.studio.integrity.findings import (
    MOST_FINDINGS,
    CheckProgress,
    CheckReport,
    CheckScope,
    Finding,
)
from syncsphere_desktop.studio.integrity.inspection import Depth, Prober
from syncsphere_desktop.studio.integrity.ports import (
    CheckRows,
    ContentRows,
    ImportsUnderWay,
    KnownStores,
    SampleUses,
)
from syncsphere_desktop.studio.integrity.tally import Tally, recorded_orphan, row_findings
from syncsphere_desktop.studio.threads import Threads
from syncsphere_desktop.studio.work_control import WorkControl

_WORKERS = 4
_RECALLED_AT_A_TIME = 2000


def _tell_nobody(_told: object) -> None:
    pass


class AudioVerifier:
    """Runs checks, one at a time. Memory is flat but for the findings: 8 bytes a row, two pages of rows.

    What a page of `rows_at_a_time` found is recorded together, and is where a later run can go on.
    """

    def __init__(
        self,
        *,
        store: AudioStore,
        known: KnownStores,
        contents: ContentRows,
        checks: CheckRows,
        prober: Prober,
        uses: SampleUses | None = None,
        imports: ImportsUnderWay | None = None,
        rows_at_a_time: int = 512,
    ) -> None:
        self._threads = Threads(_WORKERS, "audio-check")
        self._parts = CheckParts(
            store, known, contents, checks, prober, uses, imports, self._threads, _WORKERS, rows_at_a_time
        )

    async def close(self) -> None:
        """Wait for what is under way and end the threads."""
        await self._threads.close()

    async def run(
        self,
        scope: CheckScope | None = None,
        *,
        deep: bool = True,
        decode: bool = False,
        resume: bool = True,
        control: WorkControl | None = None,
        progress: Callable[[CheckProgress], None] = _tell_nobody,
        on_finding: Callable[[Finding], None] = _tell_nobody,
    ) -> CheckReport:
        """Check rows and files; `progress` and `on_finding` are called in the event loop.

        `deep` reads every byte; bytes that are the same as when they were decoded are not decoded again,
        unless `decode`. A check that was cancelled returns what it found, and with `resume` the next one of
        the same scope goes on where it ended. A cancelled task is waited for and can be resumed too.

        Raises StoreUnavailableError for a root that is missing, empty, another one's, or goes away: none of
        what is missing then is told or recorded. Raises whatever the database raises.
        """
        control = control or WorkControl()
        check = Check(self._parts, scope or CheckScope(), Depth(deep, decode), control, on_finding)
        return await check.run(progress, resume=resume)

    async def last(self, scope: CheckScope | None = None) -> CheckReport | None:
        """Return what is known from the newest check of this scope without looking at any file, or None.

        What was mended since is left out, as rows are asked for their state of now.
        """
        scope = scope or CheckScope()
        run = await self._parts.checks.last(scope.project_id)
        if run is None:
            return None
        tally = Tally(_tell_nobody)
        after = AudioFileId(0)
        while rows := await self._parts.contents.to_check(
            after, _RECALLED_AT_A_TIME, project_id=scope.project_id, troubled=True
        ):
            for row in rows:
                for finding in row_findings(row, row.state, row.state_details or "", None):
                    tally.add(finding)
            after = rows[-1].id
            if tally.total >= MOST_FINDINGS:
                break
        if scope.project_id is None:
            for orphan in await self._parts.checks.orphans():
                tally.add(recorded_orphan(orphan))
        return CheckReport(
            scope=scope,
            findings=await tally.with_uses(self._parts.store, self._parts.uses),
            files=run.counts.get("files", 0),
            bytes=run.counts.get("bytes", 0),
            seconds=(run.finished_at - run.started_at).total_seconds() if run.finished_at else 0.0,
            complete=run.finished_at is not None,
            recorded=True,
            started_at=run.started_at,
            counts=tally.counts,
        )
