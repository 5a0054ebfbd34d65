"""Text is shown as it is: Qt guesses at HTML in labels and tooltips, and would load its images."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """A label that never takes its text for HTML."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def plain_tip(text: str) -> str:
    """Return what a tooltip needs to show `text` letter by letter."""
    return f"<qt>{html.escape(text)}</qt>" if "<" in text or "&" in text else text


def without_mnemonics(text: str) -> str:
    """Return what a button needs to show `text` with its ampersands."""
    return text.replace("&", "&&")
