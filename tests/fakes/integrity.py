"""Checks, quarantine and repair without a store or a database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from syncsphere_desktop.domain.bundle_use import BundleUse
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, ProjectId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.domain.trash import TrashEntry, TrashId, TrashState
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.integrity.findings import (
    CheckPhase,
    CheckProgress,
    CheckReport,
    CheckScope,
    Finding,
    FindingKind,
)
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport, Did
from syncsphere_desktop.studio.work_control import WorkControl

_NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)


def finding(kind: FindingKind, name: str, file_id: int | None = None, *, used: int = 0) -> Finding:
    """Return a finding about a file of that name."""
    return Finding(
        kind=kind,
        file_id=None if file_id is None else AudioFileId(file_id),
        path=f"projects/1/{name}",
        details=f"About {name}.",
        filename=None if file_id is None else name,
        project_id=None if file_id is None else ProjectId(1),
        size=1000,
        sha256="ab" * 32,
        uses=tuple(BundleUse(BundleId(number), ProjectId(1), number, name) for number in range(1, used + 1)),
    )


def held(number: int, name: str, *, due: bool = False) -> TrashEntry:
    """Return a thing in quarantine."""
    return TrashEntry(
        id=TrashId(number),
        at=_NOW - timedelta(days=2),
        actor="mara",
        reason="Missing",
        state=TrashState.HELD,
        file_id=AudioFileId(number),
        filename=name,
        project_id=ProjectId(1),
        original_path=f"projects/1/{name}",
        trash_path=f".syncsphere/trash/{number}/{name}",
        size=1000,
        sha256=None,
        expires_at=_NOW + timedelta(days=-1 if due else 28),
        ended_at=None,
        due=due,
    )


def report(found: Sequence[Finding], *, complete: bool = True) -> CheckReport:
    """Return what a check says that found these."""
    counts = {kind: sum(one.kind is kind for one in found) for kind in FindingKind}
    return CheckReport(
        scope=CheckScope(),
        findings=tuple(found),
        files=12,
        bytes=12_000,
        seconds=1.0,
        complete=complete,
        recorded=True,
        started_at=_NOW,
        counts={kind: count for kind, count in counts.items() if count},
    )


@dataclass
class FakeIntegrity:
    """Verifier, quarantine and repair in one; `refused` are names that no action succeeds on."""

    found: list[Finding] = field(default_factory=list)
    known: CheckReport | None = None
    held: list[TrashEntry] = field(default_factory=list)
    failure: AppError | None = None
    refused: set[str] = field(default_factory=set)
    wishes: list[tuple[CheckScope | None, bool, bool]] = field(default_factory=list)
    acted: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)
    controls: list[WorkControl] = field(default_factory=list)
    claimed: bool = False
    looks: int = 0
    found_at: dict[str, str] = field(default_factory=dict)
    """Where `relocate` finds a file, by the name; where it was, unless that is told here."""

    def __post_init__(self) -> None:
        self.going = asyncio.Event()
        self.going.set()

    @property
    def verifier(self) -> FakeIntegrity:
        """Return itself."""
        return self

    quarantine = repair = verifier

    @asynccontextmanager
    async def open(self, *, claim: bool = False) -> AsyncIterator[FakeIntegrity]:
        """Give itself, or raise as a store that is away does."""
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.claimed |= claim
        yield self

    async def reach(self) -> AppError | None:
        """Look whether the store is there."""
        self.looks += 1
        await asyncio.sleep(0)
        return self.failure

    async def last(self, scope: CheckScope | None = None) -> CheckReport | None:
        """Return what is known."""
        return self.known

    async def run(
        self,
        scope: CheckScope | None = None,
        *,
        deep: bool = True,
        decode: bool = False,
        resume: bool = True,
        control: WorkControl | None = None,
        progress: Callable[[CheckProgress], None] = lambda _progress: None,
        on_finding: Callable[[Finding], None] = lambda _finding: None,
    ) -> CheckReport:
        """Tell of each finding, then wait to be let go on, or be cancelled."""
        control = control or WorkControl()
        self.controls.append(control)
        self.wishes.append((scope, deep, decode))
        for one in self.found:
            on_finding(one)
        while True:
            progress(
                CheckProgress(
                    phase=CheckPhase.ROWS,
                    files_done=6,
                    files=12,
                    bytes_done=6000,
                    bytes=12_000,
                    rate=3000.0,
                    seconds_left=2.0,
                    found=len(self.found),
                    current="Kick.wav",
                    paused=control.paused,
                )
            )
            if control.cancelled or (self.going.is_set() and not control.paused):
                break
            await asyncio.sleep(0.002)
        self.known = report(self.found, complete=not control.cancelled)
        return self.known

    async def entries(self, *, project_id: ProjectId | None = None) -> Sequence[TrashEntry]:
        """Return what is held."""
        return list(self.held)

    async def put_findings(
        self,
        findings: Sequence[Finding],
        reason: str,
        *,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Hold them."""
        self.acted.append((f"put: {reason}", tuple(one.path for one in findings)))
        done = self._outcomes(findings)
        for outcome in done.done:
            self.held.append(held(100 + len(self.held), outcome.path.rsplit("/", 1)[-1]))
        return done

    async def relocate(
        self, findings: Sequence[Finding], *, control: WorkControl | None = None, progress: Progress = silent
    ) -> ActionReport:
        """Find them."""
        self.acted.append(("relocate", tuple(one.path for one in findings)))
        told = self._outcomes(findings).outcomes
        names = [one.path.rsplit("/", 1)[-1] for one in findings]
        return ActionReport(
            tuple(
                replace(outcome, path=self.found_at.get(name, outcome.path))
                for name, outcome in zip(names, told, strict=True)
            )
        )

    async def reprobe(
        self, ids: Sequence[AudioFileId], *, control: WorkControl | None = None, progress: Progress = silent
    ) -> ActionReport:
        """Describe them anew."""
        self.acted.append(("reprobe", tuple(ids)))
        return self._outcomes([one for one in self.found if one.file_id in ids])

    async def restore(
        self,
        ids: Sequence[TrashId],
        *,
        project_id: ProjectId | None = None,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Let them go."""
        self.acted.append(("restore", tuple(ids)))
        return self._let_go(ids)

    async def empty(
        self,
        ids: Sequence[TrashId] | None = None,
        *,
        even_used: bool = False,
        control: WorkControl | None = None,
        progress: Progress = silent,
    ) -> ActionReport:
        """Remove them."""
        self.acted.append((f"empty, even used: {even_used}", tuple(ids or ())))
        return self._let_go(ids or ())

    def _let_go(self, ids: Sequence[TrashId]) -> ActionReport:
        gone = [entry for entry in self.held if entry.id in ids]
        self.held = [entry for entry in self.held if entry.id not in ids]
        return ActionReport(
            tuple(ActionOutcome(Did.DONE, entry.original_path, trash_id=entry.id) for entry in gone)
        )

    def _outcomes(self, findings: Sequence[Finding]) -> ActionReport:
        return ActionReport(
            tuple(
                ActionOutcome(Did.SKIPPED, one.path, "It was mended meanwhile.", one.file_id)
                if one.path.rsplit("/", 1)[-1] in self.refused
                else ActionOutcome(Did.DONE, one.path, None, one.file_id, size=one.size)
                for one in findings
            )
        )
