"""What is done with the quarantine: brought back, or removed for good."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.trash import TrashEntry
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.integrity.acting import tell_outcome
from syncsphere_desktop.ui.integrity.dialogs import RemoveForGoodDialog
from syncsphere_desktop.ui.integrity.quarantine_page import QuarantinePage
from syncsphere_desktop.ui.integrity.work import OpenWork
from syncsphere_desktop.ui.library.deeds import Work, run_as_job
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_AT_ONCE = 10_000


class QuarantineReturning(QObject):
    """Acts on the selection, as jobs; the list is read again after each."""

    store_reached = Signal()
    """Something was done in the storage: it is there."""

    def __init__(
        self,
        page: QuarantinePage,
        open_work: OpenWork,
        context: ViewContext,
        scope: TaskScope,
    ) -> None:
        super().__init__(page)
        self._page = page
        self._open_work = open_work
        self._context = context
        self._scope = scope

    def show(self, entries: Sequence[TrashEntry]) -> None:
        """Show these as what lies in quarantine."""
        self._page.show_entries(entries)

    def read_again(self) -> None:
        """Read what lies in quarantine."""
        self._scope.spawn(self._read(), key="quarantine")

    def restore(self) -> None:
        """Bring the selected files back."""
        if self._page.listing.view.selection.count:
            self._scope.spawn(self._restore())

    def remove(self) -> None:
        """Say what is lost, and remove the selected files for good."""
        if self._page.listing.view.selection.count:
            self._ask_to_remove(selected=True)

    def remove_due(self) -> None:
        """Say what is lost, and remove for good what was kept its time."""
        if self._page.due():
            self._ask_to_remove(selected=False)

    def _ask_to_remove(self, *, selected: bool) -> None:
        if open_dialog(self._context.window) is None:
            self._scope.spawn(self._remove(selected=selected), key="dialog")

    async def _read(self) -> None:
        async with self._open_work() as parts:
            self.show(await parts.quarantine.entries())

    async def _restore(self) -> None:
        entries = await self._page.listing.view.selection.fetch(_AT_ONCE)
        ids = [entry.id for entry in entries]

        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            async with self._open_work(claim=True) as parts:
                return await parts.quarantine.restore(ids, control=control, progress=progress)

        await self._act(f"Restore {counted(len(ids), 'file')}", "restored", work)

    async def _remove(self, *, selected: bool) -> None:
        selection = self._page.listing.view.selection
        entries = await selection.fetch(_AT_ONCE) if selected else self._page.due()
        if not entries:
            return
        dialog = RemoveForGoodDialog(self._context.window, entries)
        if await dialog.ask():
            self._scope.spawn(self._empty(entries, even_used=dialog.even_used))

    async def _empty(self, entries: Sequence[TrashEntry], *, even_used: bool) -> None:
        ids = [entry.id for entry in entries]

        async def work(control: WorkControl, progress: Progress) -> ActionReport:
            async with self._open_work(claim=True) as parts:
                return await parts.quarantine.empty(
                    ids, even_used=even_used, control=control, progress=progress
                )

        await self._act(f"Remove {counted(len(ids), 'file')} for good", "removed for good", work)

    async def _act(self, title: str, did: str, work: Work) -> None:
        report = await run_as_job(self._context.jobs, title, did, work)
        gone = [outcome.trash_id for outcome in report.done if outcome.trash_id is not None]
        self._page.listing.view.selection.discard(gone)
        if report.done:
            self.store_reached.emit()
        tell_outcome(self._context.toasts, report, did)
        await self._read()
