"""Names are shown letter by letter, whatever HTML they look like."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

import syncsphere_desktop.ui
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel, plain_tip

_NASTY = "<b>bold</b><img src=file:///etc/passwd>"


def test_a_label_shows_markup_as_text(qapp: QApplication) -> None:
    label = PlainLabel(_NASTY)
    assert label.text() == _NASTY
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_a_tooltip_shows_markup_as_text() -> None:
    assert "<b>" not in plain_tip(_NASTY)
    assert plain_tip("ada@studio.example") == "ada@studio.example"


def test_no_label_of_the_window_guesses_at_html() -> None:
    folder = Path(syncsphere_desktop.ui.__file__).parent
    guessing = [
        f"{path.name}: {line.strip()}"
        for path in folder.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "QLabel(" in line.replace("(QLabel)", "") and path.name != "plain_text.py"
    ]
    assert not guessing
