"""The one place that decides how a failure is shown: a banner, a toast, or a crash report."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from syncsphere_desktop.crash import CrashReport
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.settings import Paths
from syncsphere_desktop.ui.app.crash_dialog import CrashDialog
from syncsphere_desktop.ui.widgets.toasts import ToastHost

_log = logging.getLogger(__name__)


class ErrorPresenter(QObject):
    """Shows what no view showed itself. Fields, lists and dialogs show their own errors in place."""

    bug_reported = Signal(object)
    _bug_met = Signal(object)

    def __init__(self, window: QWidget, toasts: ToastHost, paths: Paths) -> None:
        super().__init__(window)
        self._window = window
        self._toasts = toasts
        self._paths = paths
        self._dialog: CrashDialog | None = None
        # A bug may be met on any thread; Qt brings the signal to the one of the window.
        self._bug_met.connect(self._show_bug)

    def show_error(self, error: AppError) -> None:
        """Show an error that belongs to no field or list."""
        self._toasts.show_error(error.message, details=error.details)

    def report_bug(self, error: BaseException) -> None:
        """Log a bug, save its report, and offer it to the user; one dialog at a time. From any thread."""
        self._bug_met.emit(error)

    @Slot(object)
    def _show_bug(self, error: BaseException) -> None:
        _log.error("A bug: %s", type(error).__name__, exc_info=error)
        report = CrashReport.of(error)
        saved = report.save(self._paths.logs)
        self.bug_reported.emit(report)
        if self._dialog is None:
            self._dialog = CrashDialog(report.text, saved, self._window)
            self._dialog.finished.connect(self._on_dialog_finished)
            self._dialog.open()

    def _on_dialog_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
