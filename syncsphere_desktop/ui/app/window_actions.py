"""The actions that work everywhere in the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QKeySequence, QShortcut

from syncsphere_desktop.settings import ThemeMode
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.cheat_sheet import CheatSheet
from syncsphere_desktop.ui.app.desktop import Desktop
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.jobs_panel import JobsPanel
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.palette import CommandPalette
from syncsphere_desktop.ui.theme.controller import ThemeController


def install_actions(
    window: MainWindow, theme: ThemeController, desktop: Desktop, *, switch_server: Callable[[], None]
) -> None:
    """Give the window its actions: views, palette, cheat sheet, theme, server, jobs, reload, undo, quit."""
    panel = JobsPanel(desktop.jobs, window)

    def show_jobs() -> None:
        panel.open_above(window.status)

    for number, destination in enumerate(DESTINATIONS, start=1):
        add_action(
            window,
            f"Go to {destination.title}",
            partial(desktop.show_view, destination.name),
            shortcut=f"Ctrl+{number}",
            group="Views",
            everywhere=True,
        )
    _everywhere(window, "All commands", lambda: CommandPalette(window).open(), "Ctrl+K")
    _everywhere(window, "Keyboard shortcuts", lambda: CheatSheet(window).open(), "F1")
    _everywhere(window, "Reload", desktop.reload, "F5")
    _everywhere(window, "Undo the last change", desktop.undo, "Ctrl+Z")
    _everywhere(window, "Show jobs", show_jobs, "Ctrl+J")
    _everywhere(window, "Fold or unfold the sidebar", window.toggle_sidebar, "Ctrl+B")
    _everywhere(window, "Connect to another server", switch_server, "Ctrl+O")
    _everywhere(window, "Quit", window.close, "Ctrl+Q")
    for mode, words in (
        (ThemeMode.SYSTEM, "Theme: follow the system"),
        (ThemeMode.DARK, "Theme: dark"),
        (ThemeMode.LIGHT, "Theme: light"),
    ):
        _everywhere(window, words, partial(theme.set_mode, mode), None)
    # A text field keeps its question marks: it takes the key before the shortcut does.
    question = QShortcut(QKeySequence("?"), window)
    question.activated.connect(lambda: CheatSheet(window).open())
    window.status.jobs_requested.connect(show_jobs)
    desktop.jobs.shown_requested.connect(show_jobs)
    window.status.connection_requested.connect(switch_server)


def _everywhere(window: MainWindow, text: str, callback: Callable[[], object], shortcut: str | None) -> None:
    add_action(window, text, lambda: _discard(callback()), shortcut=shortcut, group="Window", everywhere=True)


def _discard(_value: object) -> None:
    """Actions give nothing back."""
