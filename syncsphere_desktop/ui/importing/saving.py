"""Saving the report of an import, as text, as a table, or for scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from syncsphere_desktop.errors import FileError
from syncsphere_desktop.files import replace_file
from syncsphere_desktop.studio.audio_import.report import ImportReport
from syncsphere_desktop.ui.widgets.file_dialog import ask_for_paths

_FILTERS = "Text (*.txt);;Table (*.csv);;JSON (*.json)"


def ask_where(parent: QWidget, take: Callable[[Path], None]) -> None:
    """Ask for a file, and hand it to `take`; the form follows from its ending."""
    dialog = QFileDialog(parent, "Save the report", "import report.txt", _FILTERS)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("txt")
    dialog.filterSelected.connect(
        lambda chosen: dialog.setDefaultSuffix(chosen.rsplit("*.", 1)[-1].rstrip(")"))
    )
    ask_for_paths(dialog, lambda chosen: take(chosen[0]))


def save_report(report: ImportReport, path: Path) -> None:
    """Write the report in the form of the path's ending: .json, .csv, or text. Blocks. Raises FileError."""
    forms = {".json": report.as_json, ".csv": report.as_csv}
    text = forms.get(path.suffix.lower(), report.as_text)()
    try:
        replace_file(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise FileError(f"{path.name} can't be written.", details=error.strerror) from error
