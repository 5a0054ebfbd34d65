"""The report of an import: what came of each file and why, to look at, to save, and to undo."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.studio.audio_import.report import ImportReport, ImportStatus
from syncsphere_desktop.ui.importing.columns import ImportedRow, imported_rows
from syncsphere_desktop.ui.importing.file_list import ALL, FileList
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_SIZE = QSize(1080, 640)


class AfterReport(StrEnum):
    """What is wished for after a look at the report; the dialog closes with it."""

    UNDO = "undo"
    SHOW = "show"


class ReportDialog(AwaitableDialog[AfterReport]):
    """Shows first what was not imported. Saving and asking happen beside it, and leave it open."""

    save_requested = Signal()
    undo_requested = Signal()
    """Somebody is to be asked first: `accept_with(AfterReport.UNDO)` once they agreed."""

    def __init__(
        self, parent: QWidget, report: ImportReport, files: FileList[ImportedRow], *, undone: bool
    ) -> None:
        super().__init__(parent, f"Import into {report.project_name}", width=_SIZE.width())
        self._report = report
        summary = PlainLabel(report.summary() if report.problem is None else _without_problem(report))
        summary.setWordWrap(True)
        self.body.addWidget(summary)
        if report.problem is not None:
            self.body.addWidget(Banner(report.problem, "danger", dismissible=False))
        if undone:
            self.body.addWidget(Banner("This import was undone.", "info", dismissible=False))
        self.files = files
        self.body.addWidget(self.files, 1)
        self.undo = Button("Undo import…", Kind.SUBTLE, icon_name="undo")
        self.undo.clicked.connect(self.undo_requested)
        self.undo.setVisible(report.remembered and not undone and report.imported > 0)
        self.save = Button("Save report…", icon_name="download")
        self.save.clicked.connect(self.save_requested)
        show = Button("Show in library", tooltip="List what was imported")
        show.clicked.connect(lambda: self.accept_with(AfterReport.SHOW))
        show.setVisible(report.imported > 0 and not undone)
        self.leave = Button("Close", Kind.PRIMARY)
        self.leave.clicked.connect(self.reject)
        self.leave.setDefault(True)
        self.add_button(self.undo, left=True)
        for button in (self.save, show, self.leave):
            self.add_button(button)

    @property
    def report(self) -> ImportReport:
        """Return what is shown."""
        return self._report

    @override
    async def ask(self) -> AfterReport | None:
        await asyncio.sleep(0)  # to be made and to be shown are a turn of the loop each
        rows = await imported_rows(self._report.files)
        await self.files.show_rows(rows, chosen=first_kind(self._report))
        return await super().ask()

    @override
    async def wind_down(self) -> None:
        await self.files.shutdown()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        window = self.parentWidget()
        room = _SIZE if window is None else window.size() - QSize(48, 48)
        self.resize(_SIZE.boundedTo(room))
        self.leave.setFocus()


def first_kind(report: ImportReport) -> str:
    """Return which files are shown first: those that somebody should look at, else all."""
    if report.rejected:
        return ImportStatus.REJECTED.value
    return ImportStatus.CANCELLED.value if report.left_out else ALL


def _without_problem(report: ImportReport) -> str:
    return report.summary().removesuffix(f" {report.problem}")
