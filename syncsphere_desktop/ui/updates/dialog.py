"""Shows what a look for newer versions found: the version, its notes, and where to download it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QWidget
from typing_extensions import override

from syncsphere_desktop import __version__
from syncsphere_desktop.domain.humane import day, size
from syncsphere_desktop.domain.updates import Manifest, Standing
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.updates import NO_SOURCE, SOURCE_VARIABLE, News, Updates
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.reading_dialog import ReadingDialog
from syncsphere_desktop.ui.theme.fonts import monospace
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_filled
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_ROOM = QSize(680, 560)
_HOW = (
    "An administrator can name one by the environment variable"
    f" {SOURCE_VARIABLE}, or by the command “syncsphere-desktop updates source URL”."
)
_FACTS = ("Version", "This is", "Size", "SHA-256")
_NOTES_HEIGHT = 180


class UpdateDialog(ReadingDialog[Manifest]):
    """Looks when it is opened. `ask()` returns the manifest whose download page is wanted, or None."""

    def __init__(
        self, parent: QWidget, scope: TaskScope, updates: Updates, *, found: News | None = None
    ) -> None:
        super().__init__(parent, scope, "Updates", width=_ROOM.width())
        self._updates = updates
        self._news: News | None = None
        self.sentence = PlainLabel()
        self.sentence.setWordWrap(True)
        self.banner = Banner(dismissible=False)
        self.banner.action_triggered.connect(self.look)
        self._facts = {name: ElidedLabel("", copyable=True) for name in _FACTS}
        self._facts["SHA-256"].setFont(monospace())
        self._rows = fact_rows(self._facts)
        self.notes = QPlainTextEdit()
        self.notes.setReadOnly(True)
        self.notes.setTabChangesFocus(True)
        self.notes.setAccessibleName("Release notes")
        self.notes.setMinimumHeight(_NOTES_HEIGHT)
        self.weekly = QCheckBox("Look once a week, and say when there is a newer version")
        self.weekly.setChecked(updates.settings.weekly is True)
        self.weekly.setVisible(updates.source is not None)
        self.weekly.toggled.connect(self._on_weekly_toggled)
        for part in (self.sentence, self.banner, self._rows, self.notes):
            self.body.addWidget(part)
        self.body.addStretch(1)
        self.body.addWidget(self.weekly)
        self._add_buttons()
        self._show_nothing()
        if found is not None:
            self.show_news(found)
        elif updates.source is None:
            self.sentence.setText(NO_SOURCE)
            self.banner.show_message(_HOW, "info")
            self.banner.show()
        else:
            self.look()

    def _add_buttons(self) -> None:
        self.skip_button = Button("Skip this version", Kind.SUBTLE)
        self.skip_button.clicked.connect(self._on_skip_clicked)
        self.close_button = Button("Close")
        self.close_button.clicked.connect(self.reject)
        self.page_button = Button(
            "Open the download page", Kind.PRIMARY, tooltip="In the system's browser; nothing is installed"
        )
        self.page_button.clicked.connect(self._on_page_clicked)
        self.add_button(self.skip_button, left=True)
        self.add_button(self.close_button)
        self.add_button(self.page_button)
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def look(self) -> None:
        """Look for a newer version."""
        self._show_nothing()
        self.sentence.setText("Looking for a newer version…")
        self.tasks.spawn(self._look(), key="look")

    def show_news(self, news: News) -> None:
        """Show what was found."""
        self._show_nothing()
        self._news = news
        manifest, file = news.manifest, news.file
        if news.standing is Standing.CURRENT:
            self.sentence.setText(f"This is the newest version: {news.running}.")
            return
        self.sentence.setText(f"SyncSphere Desktop {manifest.version} is there.")
        values = {
            "Version": f"{manifest.version}, of {day(manifest.released)}",
            "This is": news.running,
            "Size": "" if file is None else size(file.size),
            "SHA-256": "" if file is None else file.sha256,
        }
        for name, text in values.items():
            self._facts[name].set_text(text)
        show_filled(self._rows, self._facts)
        self.notes.setPlainText(manifest.notes)
        for part in (self._rows, self.notes, self.page_button):
            part.show()
        self.skip_button.setVisible(news.standing is Standing.NEWER)

    @override
    def show_failed(self, error: AppError) -> None:
        """Say why nothing is known."""
        self._show_nothing()
        self.sentence.setText(f"Whether there is a newer version than {__version__} is not known.")
        self.banner.show_message(
            error.message,
            "warning" if error.retryable else "danger",
            action="Look again" if error.retryable else None,
            details=error.details,
        )
        self.banner.show()

    async def _look(self) -> None:
        self.show_news(await self._updates.check())

    def _show_nothing(self) -> None:
        for part in (self.banner, self._rows, self.notes, self.page_button, self.skip_button):
            part.hide()

    def _on_skip_clicked(self) -> None:
        if self._news is not None:
            self.tasks.spawn(self._skip(self._news.manifest))

    async def _skip(self, manifest: Manifest) -> None:
        self._updates.skip(manifest)
        self.reject()

    def _on_page_clicked(self) -> None:
        if self._news is not None:
            self.accept_with(self._news.manifest)

    def _on_weekly_toggled(self, checked: bool) -> None:  # noqa: FBT001  # Qt's signal
        self.tasks.spawn(self._set_weekly(weekly=checked))

    async def _set_weekly(self, *, weekly: bool) -> None:
        self._updates.set_weekly(weekly=weekly)
