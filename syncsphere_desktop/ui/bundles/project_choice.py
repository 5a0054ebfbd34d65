"""Which project something is listed of: one, or all."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from syncsphere_desktop.domain.humane import middle_elided
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton
from syncsphere_desktop.ui.widgets.plain_text import plain_tip, without_mnemonics

_LONGEST = 28


class ProjectChoice(QWidget):
    """A button with the project's name, and one that goes back to all; `things` are what is listed."""

    choose_requested = Signal()
    all_requested = Signal()

    def __init__(self, things: str = "versions") -> None:
        super().__init__()
        self._things = things
        self.button = Button("All projects", icon_name="projects")
        self.button.setAccessibleName("Project")
        self.button.clicked.connect(self.choose_requested)
        self.clear = IconButton("close", f"List the {things} of all projects")
        self.clear.clicked.connect(self.all_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(self.clear)
        self.show_project(None)

    def show_project(self, name: str | None) -> None:
        """Show the project that is listed; None stands for all."""
        told = "All projects" if name is None else middle_elided(name, _LONGEST)
        self.button.setText(without_mnemonics(told))
        tip = f"List the {self._things} of one project (Ctrl+P)"
        self.button.setToolTip(plain_tip(tip if name is None else f"{name}\n{tip}"))
        self.button.setAccessibleDescription(name or "All projects")
        self.clear.setVisible(name is not None)
