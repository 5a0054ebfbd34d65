"""The system's UI font in the few sizes the window uses, in logical pixels."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

TITLE_SIZE = 18
BODY_SIZE = 13
SECONDARY_SIZE = 12
CAPTION_SIZE = 11


def sized(size: int) -> QFont:
    """Return the system's UI font at `size` logical pixels."""
    font = QFont(QApplication.font())
    font.setPixelSize(size)
    return font


def tabular(size: int = BODY_SIZE) -> QFont:
    """Return the UI font with figures of one width, so that columns of numbers line up."""
    font = sized(size)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def monospace(size: int = SECONDARY_SIZE) -> QFont:
    """Return the system's font of fixed width, for ids, hashes and SQL."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(size)
    return font
