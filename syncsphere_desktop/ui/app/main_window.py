"""The window's frame: sidebar, the place of the views, and the status bar.

It is on the way to the first paint, so it imports neither asyncio nor anything of the database.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from syncsphere_desktop.override import override
from syncsphere_desktop.settings import ConnectionProfile, Environment
from syncsphere_desktop.ui.app.navigation import SIDEBAR_WIDTH, Destination, Sidebar
from syncsphere_desktop.ui.app.status_bar import StatusBar
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.theme.tokens import Tokens
from syncsphere_desktop.ui.widgets.splits import FoldingSplitter

APP_TITLE = "SyncSphere Desktop"


class TintLine(QWidget):
    """A 3 px line in the colour of the server's environment; none for a local one."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setFixedHeight(3)
        self._tokens = tokens
        self._environment = Environment.LOCAL

    def set_environment(self, environment: Environment) -> None:
        """Tint for another environment."""
        self._environment = environment
        self.setToolTip(f"{environment.value.capitalize()} server")
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        """Paint with another theme."""
        self._tokens = tokens
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._environment is not Environment.LOCAL:
            QPainter(self).fillRect(self.rect(), QColor(self._tokens.environment(self._environment)))


class MainWindow(QMainWindow):
    """The one window. `close_requested` asks whoever owns it to shut down; it closes with `close_now`."""

    close_requested = Signal()
    destination_chosen = Signal(str)
    first_painted = Signal()

    def __init__(self, destinations: tuple[Destination, ...], theme: ThemeController) -> None:
        super().__init__()
        self._theme = theme
        self._may_close = False
        self._painted = False
        tokens = theme.tokens
        self.sidebar = Sidebar(destinations, tokens)
        self.status = StatusBar(tokens)
        self._tint = TintLine(tokens)
        self._views = QStackedWidget()
        self._pages = QStackedWidget()
        self._notice_slot = QVBoxLayout()
        self._notice: QWidget | None = None
        self._build()
        self.sidebar.destination_chosen.connect(self.destination_chosen)
        self.first_painted.connect(self._on_first_painted)
        theme.theme_changed.connect(self._on_theme_changed)
        self.show_server(None)

    def _build(self) -> None:
        content = QWidget()
        content.setObjectName("content")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tint)
        column.addLayout(self._notice_slot)
        column.addWidget(self._views, 1)
        self._workspace = FoldingSplitter(folding=0)
        self._workspace.set_sides(self.sidebar, content, [SIDEBAR_WIDTH, 1232])
        self._pages.addWidget(self._workspace)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._pages, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(whole)
        self.resize(self._first_size())
        self.setMinimumSize(900, 560)

    def _first_size(self) -> QSize:
        """Return 1440x900, or what of it fits the screen beside the window's own frame."""
        wanted = QSize(1440, 900)
        if QGuiApplication.platformName() == "offscreen":
            return wanted
        return wanted.boundedTo(self.screen().availableGeometry().size() * 0.94)

    def show_server(self, profile: ConnectionProfile | None) -> None:
        """Name the server that the window works on, in its title and by its tint; a notice goes."""
        self.show_notice(None)
        if profile is None:
            self.setWindowTitle(APP_TITLE)
            self._tint.set_environment(Environment.LOCAL)
            return
        self.setWindowTitle(f"{profile.name} — {profile.address} — {APP_TITLE}")
        self._tint.set_environment(profile.environment)

    def add_view(self, view: QWidget) -> None:
        """Add a view to the workspace, not shown yet."""
        self._views.addWidget(view)

    def remove_view(self, view: QWidget) -> None:
        """Take a view out of the workspace and delete it."""
        self._views.removeWidget(view)
        view.deleteLater()

    def show_view(self, view: QWidget) -> None:
        """Show the workspace with this view."""
        self._views.setCurrentWidget(view)
        self._pages.setCurrentWidget(self._workspace)

    def show_workspace(self) -> None:
        """Show the views again, after a page was in their place."""
        self._pages.setCurrentWidget(self._workspace)

    def show_notice(self, notice: QWidget | None) -> None:
        """Show what is true of the whole connection above every view, in place of the notice before."""
        if self._notice is not None:
            self._notice_slot.removeWidget(self._notice)
            self._notice.hide()
            self._notice.deleteLater()
        self._notice = notice
        if notice is not None:
            self._notice_slot.addWidget(notice)

    def show_page(self, page: QWidget) -> None:
        """Show a page in place of the whole workspace, such as the welcome page."""
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)

    def toggle_sidebar(self) -> None:
        """Fold the sidebar, or unfold it."""
        self._workspace.toggle()

    def save_layout(self) -> dict[str, object]:
        """Return size, place and splitter as JSON-ready values."""
        geometry = self.saveGeometry().toBase64().toStdString()
        splitter = self._workspace
        return {
            "geometry": geometry,
            "splitter": splitter.unfolded_sizes(),
            "sidebar": not splitter.is_folded,
        }

    def restore_layout(self, saved: Mapping[str, object]) -> None:
        """Take on what `save_layout` gave; whatever does not fit is left out."""
        geometry = saved.get("geometry")
        if isinstance(geometry, str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "replace")))
        self._workspace.restore(saved.get("splitter"), is_folded=saved.get("sidebar") is False)

    def close_now(self) -> None:
        """Close for good; the owner has shut everything down."""
        self._may_close = True
        self.close()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.close_requested.emit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # The children are painted after their parent, and the whole is brought to the screen then.
            QTimer.singleShot(0, self, self.first_painted.emit)

    def _on_first_painted(self) -> None:
        # With the second frame: not before whoever waits for the first was told.
        QTimer.singleShot(0, self, self.sidebar.show_icons)

    def _on_theme_changed(self) -> None:
        tokens = self._theme.tokens
        self.sidebar.set_tokens(tokens)
        self.status.set_tokens(tokens)
        self._tint.set_tokens(tokens)
