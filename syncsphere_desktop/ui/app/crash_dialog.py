"""Says that the app met a bug of its own, with a report to copy. The report holds no secrets."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from syncsphere_desktop.ui.widgets.plain_text import PlainLabel


class CrashDialog(QDialog):
    """A window-modal dialog; the work goes on behind it."""

    def __init__(self, report: str, saved: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.resize(720, 480)
        heading = PlainLabel("The app met a mistake of its own")
        heading.setProperty("role", "title")
        place = f" It is saved as {saved}." if saved is not None else ""
        told = PlainLabel(
            "What you were doing was not finished; everything else goes on. The report below holds no"
            f" passwords and can be sent to the makers.{place}"
        )
        told.setWordWrap(True)
        text = QPlainTextEdit(report)
        text.setReadOnly(True)
        text.setAccessibleName("Crash report")
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy report", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
        close = buttons.addButton("Go on", QDialogButtonBox.ButtonRole.AcceptRole)
        close.setDefault(True)
        buttons.accepted.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(heading)
        layout.addWidget(told)
        layout.addWidget(text, 1)
        layout.addWidget(buttons)
