"""What is done with the selected findings: found again, read anew, taken into quarantine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.humane import counted, number
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio.integrity.findings import Finding
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.integrity.acting import tell_outcome
from syncsphere_desktop.ui.integrity.columns import FindingRow
from syncsphere_desktop.ui.integrity.dialogs import QuarantineDialog
from syncsphere_desktop.ui.integrity.findings_page import FindingsPage
from syncsphere_desktop.ui.integrity.words import KINDS
from syncsphere_desktop.ui.integrity.work import OpenWork
from syncsphere_desktop.ui.library.deeds import Work, run_as_job
from syncsphere_desktop.ui.library.facets import IDS, ids_filter
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_AT_ONCE = 10_000


class FindingsMending(QObject):
    """Acts on the selection, as jobs. What was done leaves the list; what was not is told with its reason."""

    quarantined = Signal()
    quarantine_wanted = Signal()
    """Show the quarantine: something was just put there."""
    store_reached = Signal()
    """Something was done in the storage: it is there."""

    def __init__(
        self,
        page: FindingsPage,
        open_work: OpenWork,
        context: ViewContext,
        scope: TaskScope,
    ) -> None:
        super().__init__(page)
        self._page = page
        self._open_work = open_work
        self._context = context
        self._scope = scope

    def relocate(self) -> None:
        """Look for the selected files by their content."""
        self._scope.spawn(self._relocate())

    def read_anew(self) -> None:
        """Describe the selected rows by what their files hold."""
        self._scope.spawn(self._read_anew())

    def quarantine(self) -> None:
        """Say what taking the selected findings away touches, and do it."""
        if self._page.listing.view.selection.count and open_dialog(self._context.window) is None:
            self._scope.spawn(self._quarantine(), key="dialog")

    def show_in_library(self) -> None:
        """Go to the rows of the selected findings."""
        rows = self._page.listing.view.selection.rows()
        ids = [row.finding.file_id for row in rows if row.finding.file_id is not None]
        if ids:
            self._context.open_view("library", {IDS: ids_filter(ids)})

    async def _relocate(self) -> None:
        rows = [row for row in await self._selected() if row.finding.can_be_found_again]
        if not rows:
            raise InputError("None of what is selected can be found by its content.")
        findings = [row.finding for row in rows]

        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            async with self._open_work(claim=True) as parts:
                return await parts.repair.relocate(findings, control=control, progress=progress)

        await self._act(f"Find {counted(len(rows), 'file')} by content", "found again", work, rows)

    async def _read_anew(self) -> None:
        rows = [row for row in await self._selected() if row.finding.can_be_read_anew]
        if not rows:
            raise InputError("None of what is selected can be described by what its file holds.")
        ids = [row.finding.file_id for row in rows if row.finding.file_id is not None]

        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            async with self._open_work() as parts:
                return await parts.repair.reprobe(ids, control=control, progress=progress)

        await self._act(f"Read {counted(len(ids), 'file')} anew", "described anew", work, rows)

    async def _quarantine(self) -> None:
        rows = await self._selected()
        findings = [row.finding for row in rows]
        if not findings or not await QuarantineDialog(self._context.window, findings).ask():
            return
        self._scope.spawn(self._put(rows, findings))  # the next dialog must not cancel it

    async def _put(self, rows: Sequence[FindingRow], findings: Sequence[Finding]) -> None:
        kinds = {finding.kind for finding in findings}
        reason = KINDS[kinds.pop()].name if len(kinds) == 1 else "Found by a check"

        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            async with self._open_work(claim=True) as parts:
                return await parts.quarantine.put_findings(
                    findings, reason, control=control, progress=progress
                )

        title = f"Move {counted(len(findings), 'file')} to quarantine"
        await self._act(title, "moved to quarantine", work, rows, show=self.quarantine_wanted.emit)
        self.quarantined.emit()

    async def _act(
        self,
        title: str,
        did: str,
        work: Work,
        rows: Sequence[FindingRow],
        *,
        show: Callable[[], None] | None = None,
    ) -> None:
        report = await run_as_job(self._context.jobs, title, did, work)
        ids = {outcome.file_id for outcome in report.done} - {None}
        paths = {outcome.path for outcome in report.done if outcome.file_id is None}
        mended = [row for row in rows if row.finding.file_id in ids or row.finding.path in paths]
        self._page.forget(mended, [outcome.path for outcome in report.done])
        if report.done:
            self.store_reached.emit()
        tell_outcome(
            self._context.toasts,
            report,
            did,
            action=None if show is None else "Show",
            on_action=show,
        )

    async def _selected(self) -> Sequence[FindingRow]:
        selection = self._page.listing.view.selection
        if selection.count > _AT_ONCE:
            raise InputError(
                f"At most {number(_AT_ONCE)} findings are acted on at once;"
                f" {number(selection.count)} are selected."
            )
        return await selection.fetch(_AT_ONCE)
