"""The cheat sheet: every shortcut that works now, by group."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.ui.app.actions import GROUP, shortcut_text, visible_actions
from syncsphere_desktop.ui.widgets.key_hint import KeyHint
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_COLUMNS = 2


class CheatSheet(QDialog):
    """A window-modal sheet with the shortcuts of the window as it stands; Escape closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        heading = PlainLabel("Keyboard shortcuts")
        heading.setProperty("role", "title")
        columns = QHBoxLayout()
        columns.setSpacing(40)
        halves: list[QVBoxLayout] = [QVBoxLayout() for _ in range(_COLUMNS)]
        heights = [0] * _COLUMNS
        for group, rows in _grouped(window):
            place = heights.index(min(heights))
            halves[place].addLayout(_section(group, rows))
            heights[place] += len(rows) + 2
        for half in halves:
            half.setSpacing(16)
            half.addStretch(1)
            columns.addLayout(half, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(16)
        layout.addWidget(heading)
        layout.addLayout(columns)


def _grouped(window: QWidget) -> list[tuple[str, list[tuple[str, str]]]]:
    actions = [action for action in visible_actions(window) if shortcut_text(action)]
    actions.sort(key=lambda action: str(action.property(GROUP)))
    return [
        (group, [(action.text(), shortcut_text(action)) for action in members])
        for group, members in groupby(actions, key=lambda action: str(action.property(GROUP)))
    ]


def _section(group: str, rows: list[tuple[str, str]]) -> QVBoxLayout:
    caption = PlainLabel(group)
    caption.setProperty("role", "caption")
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(0, 1)
    for line, (text, keys) in enumerate(rows):
        grid.addWidget(PlainLabel(text), line, 0)
        grid.addWidget(KeyHint(keys), line, 1, Qt.AlignmentFlag.AlignRight)
    section = QVBoxLayout()
    section.setSpacing(8)
    section.addWidget(caption)
    section.addLayout(grid)
    return section
