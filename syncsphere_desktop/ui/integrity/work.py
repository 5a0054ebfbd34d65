"""What the integrity view needs of the use cases, met by them and by the tests' fakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.trash import TrashEntry, TrashId
from syncsphere_desktop.studio.integrity.findings import CheckProgress, CheckReport, CheckScope, Finding
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.studio.work_control import WorkControl


class Checking(Protocol):
    """Checks the library, and remembers what the last check found."""

    async def run(
        self,
        scope: CheckScope | None = None,
        *,
        deep: bool = True,
        decode: bool = False,
        resume: bool = True,
        control: WorkControl | None = None,
        progress: Callable[[CheckProgress], None] = ...,
        on_finding: Callable[[Finding], None] = ...,
    ) -> CheckReport: ...
    async def last(self, scope: CheckScope | None = None) -> CheckReport | None: ...


class Holding(Protocol):
    """Takes files into quarantine, and brings them back or removes them."""

    async def entries(self, *, project_id: ProjectId | None = None) -> Sequence[TrashEntry]: ...
    async def put_findings(
        self,
        findings: Sequence[Finding],
        reason: str,
        *,
        control: WorkControl | None = None,
        progress: Progress = ...,
    ) -> ActionReport: ...
    async def restore(
        self,
        ids: Sequence[TrashId],
        *,
        project_id: ProjectId | None = None,
        control: WorkControl | None = None,
        progress: Progress = ...,
    ) -> ActionReport: ...
    async def empty(
        self,
        ids: Sequence[TrashId] | None = None,
        *,
        even_used: bool = False,
        control: WorkControl | None = None,
        progress: Progress = ...,
    ) -> ActionReport: ...


class Mending(Protocol):
    """Points rows at their files again, and describes them anew."""

    async def relocate(
        self,
        findings: Sequence[Finding],
        *,
        control: WorkControl | None = None,
        progress: Progress = ...,
    ) -> ActionReport: ...
    async def reprobe(
        self,
        ids: Sequence[AudioFileId],
        *,
        control: WorkControl | None = None,
        progress: Progress = ...,
    ) -> ActionReport: ...


class IntegrityWork(Protocol):
    """The use cases over one open store."""

    @property
    def verifier(self) -> Checking: ...
    @property
    def quarantine(self) -> Holding: ...
    @property
    def repair(self) -> Mending: ...


class OpenWork(Protocol):
    """Opens the store and gives the use cases; `claim` marks it as this studio's before it is changed."""

    def __call__(self, *, claim: bool = False) -> AbstractAsyncContextManager[IntegrityWork]: ...
