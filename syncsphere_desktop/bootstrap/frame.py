"""The first half of the start: a painted window, with nothing heavy imported before it."""

from __future__ import annotations

import builtins
import gc
import importlib
import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsphere_desktop.errors import UsageError
from syncsphere_desktop.settings import Paths, Settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from syncsphere_desktop.settings_store import SettingsStore
    from syncsphere_desktop.ui.app.main_window import MainWindow
    from syncsphere_desktop.ui.theme.controller import ThemeController

MEASURE_FIRST_PAINT = "SYNCSPHERE_MEASURE_FIRST_PAINT"
"""Set to 1: print `first-paint <unix time>` on standard error and quit."""
MEASURE_USABLE = "SYNCSPHERE_MEASURE_USABLE"
"""Set to 1: print `usable <unix time>` when the first list shows its rows, and quit; to `stay`: go on."""

# Imported in this order on a thread, while the painted window already answers.
_HEAVY_MODULES = (
    "asyncio",
    "psycopg2",
    "sqlalchemy",
    "syncsphere_desktop.studio.session",
    "syncsphere_desktop.studio.local_studio",
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is there at the first paint."""

    app: QApplication
    paths: Paths
    store: SettingsStore
    settings: Settings
    theme: ThemeController
    window: MainWindow


def build_frame(paths: Paths | None = None) -> Frame:
    """Make the application object and an unpainted window, with nothing heavy imported.

    `paths` are this user's, unless a tour brings its own.
    """
    _require_display()
    from PySide6.QtWidgets import QApplication

    _import_without_reading_sources()
    from syncsphere_desktop.ui.theme.style import STYLE_ARGUMENTS

    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication([sys.argv[0], *STYLE_ARGUMENTS])
    app.setApplicationName("SyncSphere Desktop")
    app.setDesktopFileName("syncsphere-desktop")
    app.setQuitOnLastWindowClosed(False)

    from syncsphere_desktop.settings_store import SettingsStore
    from syncsphere_desktop.ui.app.destinations import DESTINATIONS
    from syncsphere_desktop.ui.app.main_window import MainWindow
    from syncsphere_desktop.ui.theme.controller import ThemeController

    paths = paths or Paths.of_this_user()
    store = SettingsStore(paths)
    settings = store.load()
    theme = ThemeController(app, settings.theme_mode)
    window = MainWindow(DESTINATIONS, theme)
    window.restore_layout(settings.layouts.get("window", {}))
    return Frame(app, paths, store, settings, theme, window)


def paint(frame: Frame) -> None:
    """Show the window and return when it was painted for the first time."""
    from PySide6.QtCore import QEventLoop

    until_painted = QEventLoop()
    frame.window.first_painted.connect(until_painted.quit)
    frame.window.show()
    until_painted.exec()


def import_behind(frame: Frame) -> None:
    """Import the heavy modules on a thread; return when they are there. The window answers meanwhile."""
    from PySide6.QtCore import QEventLoop, QTimer

    failures: list[BaseException] = []

    def import_all() -> None:
        try:
            for name in _HEAVY_MODULES:
                importlib.import_module(name)
            # What the modules made lives to the end. Looked through at each full collection, it stops
            # the GUI thread for 50 to 100 ms; set aside, the collector looks at rows alone.
            gc.freeze()
        except BaseException as error:  # noqa: BLE001  # raised again below, on the thread that can tell it
            failures.append(error)

    thread = threading.Thread(target=import_all, name="imports")
    until_imported = QEventLoop()
    poll = QTimer(frame.window)
    poll.setInterval(5)
    poll.timeout.connect(lambda: None if thread.is_alive() else until_imported.quit())
    thread.start()
    poll.start()
    until_imported.exec()
    poll.stop()
    poll.deleteLater()
    thread.join()
    if failures:
        raise failures[0]


def tell_moment(variable: str, name: str) -> None:
    """Print the time of a moment of the start, where a benchmark asks for it by an environment variable."""
    if os.environ.get(variable):
        print(f"{name} {time.time():.6f}", file=sys.stderr, flush=True)  # noqa: T201


def _import_without_reading_sources() -> None:
    """Take back the `import` that PySide6 put in: it reads the source of every module that is imported.

    It looks for modules that use `from __feature__ import`, and nothing here does. To the first paint that
    takes 9 ms, to the usable window 100 ms.
    """
    builtins.__import__ = vars(builtins).get("__orig_import__", builtins.__import__)


def _require_display() -> None:
    """Qt ends the process without a display; a sentence is better."""
    on_unix_desktop = sys.platform.startswith("linux")
    if not on_unix_desktop or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise UsageError(
            "There is no display to open a window on. Every command works without one;"
            " `syncsphere-desktop tour --out DIR` renders the views to pictures."
        )
