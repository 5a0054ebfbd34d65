"""Asking for files and folders by the system's dialog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog


def ask_for_paths(dialog: QFileDialog, take: Callable[[list[Path]], None]) -> None:
    """Open a dialog; `take` gets what was chosen once it is closed, and nothing is taken when it was left.

    Qt tells the choice while the dialog is still open, and what comes next may be a dialog too.
    """
    chosen: list[Path] = []

    def end(_code: int) -> None:
        dialog.deleteLater()
        if chosen:
            take(chosen)

    dialog.filesSelected.connect(lambda names: chosen.extend(Path(name) for name in names))
    dialog.finished.connect(end)
    dialog.open()
