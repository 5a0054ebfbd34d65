"""The page without a connection: the local studio, a server, and where one was before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.connecting.recents import RecentRow, RecentsList
from syncsphere_desktop.ui.connecting.start_card import StartCard
from syncsphere_desktop.ui.theme.icons import app_icon
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.key_hint import KeyHint
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

COLUMN_WIDTH = 760
_HINTS = (("Ctrl+N", "Connect to a server"), ("Ctrl+K", "All commands"), ("F1", "Keyboard shortcuts"))


class WelcomePage(QWidget):
    """What an admin sees without a connection. It asks; the controller opens and tells how far that is."""

    local_requested = Signal()
    form_requested = Signal()
    open_requested = Signal(object)
    edit_requested = Signal(object)
    remove_requested = Signal(object)
    retry_requested = Signal()
    edit_failed_requested = Signal()
    cancel_requested = Signal()
    bundle_file_requested = Signal(object)
    """A bundle file is to be looked into: its path, or None where it is to be asked for."""
    back_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_surface(self, 0)
        self.local_card = StartCard(
            "Local studio",
            "A sample studio in a PostgreSQL of its own on this machine. Look around and try everything;"
            " nobody else's work is touched.",
            "Open",
            "home",
            Kind.PRIMARY,
        )
        self.server_card = StartCard(
            "A server",
            "The database of a SyncSphere studio, on this machine, in your network or far away.",
            "Connect…",
            "server",
            Kind.PLAIN,
        )
        self.recents = RecentsList()
        self.back_button = Button("", Kind.SUBTLE, icon_name="chevron-left", keys="Esc")
        self.back_button.hide()
        self.bundle_button = Button(
            "Open a bundle file…",
            icon_name="bundles",
            tooltip="See what it holds, without a connection; it can also be dropped here",
        )
        self.setAcceptDrops(True)
        self.banner = Banner(action="Retry")
        self.banner.hide()
        self._can_go_back = False
        self._no_recents = PlainLabel("Servers that you connect to are listed here.")
        self._no_recents.setProperty("role", "secondary")
        self._mark = PlainLabel()
        self._build()
        self._connect()

    def _build(self) -> None:
        cards = QHBoxLayout()
        cards.setSpacing(16)
        cards.addWidget(self.local_card, 1)
        cards.addWidget(self.server_card, 1)
        heading = PlainLabel("Recent connections")
        heading.setProperty("role", "heading")
        line = QHBoxLayout()
        line.addWidget(heading, 1)
        line.addWidget(self.bundle_button)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        column.addLayout(self._head())
        column.addSpacing(24)
        self._banner_gap = QWidget()
        self._banner_gap.setFixedHeight(16)
        self._banner_gap.hide()
        column.addWidget(self.banner)
        column.addWidget(self._banner_gap)
        column.addLayout(cards)
        column.addSpacing(24)
        column.addLayout(line)
        column.addSpacing(8)
        column.addWidget(self._no_recents)
        column.addWidget(self.recents)
        column.addStretch(2)
        column.addSpacing(16)
        column.addLayout(_hints())
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(COLUMN_WIDTH)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 16)
        row.addStretch(1)
        row.addWidget(middle, 100)
        row.addStretch(1)

    def _head(self) -> QHBoxLayout:
        self.renew_icons()
        title = PlainLabel("SyncSphere Desktop")
        title.setProperty("role", "title")
        line = PlainLabel("Which studio would you like to work on?")
        line.setProperty("role", "secondary")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(line)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._mark)
        head.addLayout(words, 1)
        head.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignVCenter)
        return head

    def _connect(self) -> None:
        self.bundle_button.clicked.connect(lambda: self.bundle_file_requested.emit(None))
        self.local_card.chosen.connect(self.local_requested)
        self.server_card.chosen.connect(self.form_requested)
        for card in (self.local_card, self.server_card):
            card.cancelled.connect(self.cancel_requested)
        self.recents.open_requested.connect(self.open_requested)
        self.recents.edit_requested.connect(self.edit_requested)
        self.recents.remove_requested.connect(self.remove_requested)
        self.banner.action_triggered.connect(self.retry_requested)
        self.banner.second_action_triggered.connect(self.edit_failed_requested)
        self.banner.dismissed.connect(self._hide_banner)
        self.back_button.clicked.connect(self.back_requested)
        add_action(self, "New connection…", self._on_new_connection, shortcut="Ctrl+N", group="Connection")
        add_action(self, "Open the local studio", self._on_open_local, group="Connection")

    @property
    def is_opening(self) -> bool:
        """Whether a card shows the progress of an opening."""
        return self.local_card.is_opening or self.server_card.is_opening

    def show_recents(self, rows: tuple[RecentRow, ...], now: datetime) -> None:
        """List the recent connections, newest first."""
        self.recents.show_rows(rows, now)
        self.recents.setVisible(bool(rows))
        self._no_recents.setVisible(not rows)

    def show_progress(self, title: str, sentence: str, share: float | None, *, local: bool) -> None:
        """Tell in its card how far an opening is; nothing else can be opened meanwhile."""
        card, other = (self.local_card, self.server_card) if local else (self.server_card, self.local_card)
        self._hide_banner()
        card.show_progress(title, sentence, share)
        for rest in (other, self.recents, self.back_button, self.bundle_button):
            rest.setEnabled(False)

    def show_rest(self) -> None:
        """Offer everything again."""
        for card in (self.local_card, self.server_card):
            card.show_rest()
        for part in (self.local_card, self.server_card, self.recents, self.back_button, self.bundle_button):
            part.setEnabled(True)

    def show_error(self, error: AppError | None, *, retry: bool = False, edit: bool = False) -> None:
        """Tell above the cards what failed; None takes it away."""
        if error is None:
            self._hide_banner()
            return
        self.banner.show_message(
            error.message,
            "danger",
            action="Retry" if retry else None,
            second_action="Edit connection…" if edit else None,
            details=error.details,
        )
        self.banner.show()
        self._banner_gap.show()

    def show_way_back(self, name: str | None) -> None:
        """Offer to go back to the session that is open; None: there is none."""
        self._can_go_back = name is not None
        self.back_button.setVisible(name is not None)
        self.back_button.setText("" if name is None else f"Back to {name}")

    def take_focus(self) -> None:
        """Put the focus on the likeliest choice: the newest connection, else the local studio."""
        if self.recents.count():
            self.recents.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.local_card.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def renew_icons(self) -> None:
        """Draw the icons in the colours of the theme that is on."""
        self._mark.setPixmap(app_icon().pixmap(QSize(48, 48), self.devicePixelRatioF()))
        for card in (self.local_card, self.server_card):
            card.renew_icon()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.is_opening:
            self.cancel_requested.emit()
        elif self._can_go_back:
            self.back_requested.emit()

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_file(event.mimeData()) is not None:
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_file(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.bundle_file_requested.emit(path)

    def _hide_banner(self) -> None:
        self.banner.hide()
        self._banner_gap.hide()

    def _on_new_connection(self) -> None:
        if not self.is_opening:
            self.form_requested.emit()

    def _on_open_local(self) -> None:
        if not self.is_opening:
            self.local_requested.emit()


def _dropped_file(data: QMimeData) -> Path | None:
    """Return the one file of this computer that is dragged, or None."""
    addresses = data.urls()
    return Path(addresses[0].toLocalFile()) if len(addresses) == 1 and addresses[0].isLocalFile() else None


def _hints() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for keys, words in _HINTS:
        label = PlainLabel(words)
        label.setProperty("role", "caption")
        row.addWidget(KeyHint(keys))
        row.addWidget(label)
        row.addSpacing(16)
    row.addStretch(1)
    return row
