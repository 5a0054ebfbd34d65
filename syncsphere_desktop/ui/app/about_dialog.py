"""The about box: versions, licence, where the logs are, and all of it to be copied."""

from __future__ import annotations

from collections.abc import Callable

import PySide6
from PySide6.QtCore import QSize, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.about import LICENCE, About, about_app, with_server
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.main_window import APP_TITLE, MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.icons import app_icon
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_MARK = 48


class AboutDialog(AwaitableDialog[None]):
    """Shows what `about` holds. Each value can be copied, and all of them by a button."""

    def __init__(self, parent: QWidget, about: About, logs: QUrl) -> None:
        super().__init__(parent, APP_TITLE, width=560)
        self.about = about
        self.heading.hide()  # the name stands beside the icon
        self.body.addLayout(self._head(about))
        facts = {**about.versions, **about.server, **about.places}
        labels = {name: _value(text) for name, text in facts.items() if name != APP_TITLE}
        self.body.addWidget(fact_rows(labels))
        self.body.addStretch(1)
        self.copy_button = Button("Copy details", icon_name="copy")
        self.copy_button.clicked.connect(self._on_copy_clicked)
        open_logs = Button("Open the logs", Kind.SUBTLE, icon_name="folder")
        open_logs.clicked.connect(lambda: QDesktopServices.openUrl(logs))
        close = Button("Close", Kind.PRIMARY)
        close.clicked.connect(self.reject)
        self.add_button(open_logs, left=True)
        self.add_button(self.copy_button)
        self.add_button(close)
        close.setDefault(True)
        close.setFocus()

    def _head(self, about: About) -> QHBoxLayout:
        mark = PlainLabel()
        mark.setPixmap(app_icon().pixmap(QSize(_MARK, _MARK), self.devicePixelRatioF()))
        title = PlainLabel(APP_TITLE)
        title.setProperty("role", "title")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        for text in (f"Version {about.versions[APP_TITLE]}", f"Free software under the {LICENCE}"):
            line = PlainLabel(text)
            line.setProperty("role", "secondary")
            words.addWidget(line)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        return head

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.about.as_text())
        self.copy_button.setText("Copied")


class AboutBox:
    """Gives the window the action that shows the about box."""

    def __init__(
        self, scope: TaskScope, window: MainWindow, paths: Paths, session: Callable[[], Session | None]
    ) -> None:
        self._scope = scope
        self._window = window
        self._paths = paths
        self._session = session
        add_action(window, f"About {APP_TITLE}", self.open, group="Window", everywhere=True)

    def open(self) -> None:
        """Show it."""
        self._scope.spawn(self._show(), key="about")

    async def _show(self) -> None:
        about = about_app(self._paths, {"Qt": qVersion(), "PySide6": PySide6.__version__})
        session = self._session()
        if session is not None:
            about = await with_server(about, session)
        await AboutDialog(self._window, about, QUrl.fromLocalFile(str(self._paths.logs))).ask()


def _value(text: str) -> ElidedLabel:
    label = ElidedLabel("", Qt.TextElideMode.ElideMiddle, copyable=True)
    label.set_text(text)
    return label
