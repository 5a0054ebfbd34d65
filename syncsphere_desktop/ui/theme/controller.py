"""Which theme is on: the system's wish, or the user's."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.settings import ThemeMode
from syncsphere_desktop.ui.theme.style import apply_theme
from syncsphere_desktop.ui.theme.tokens import DARK, LIGHT, Tokens, load_tokens


class ThemeController(QObject):
    """Applies the theme and changes it when the user or the system does."""

    theme_changed = Signal()

    def __init__(
        self, app: QApplication, mode: ThemeMode = ThemeMode.SYSTEM, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._app = app
        self._mode = ThemeMode(mode)
        self._tokens = load_tokens(self._wanted())
        apply_theme(app, self._tokens)
        app.styleHints().colorSchemeChanged.connect(self._on_hints_color_scheme_changed)

    @property
    def mode(self) -> ThemeMode:
        """Return what the user chose."""
        return self._mode

    @property
    def tokens(self) -> Tokens:
        """Return the tokens that are on."""
        return self._tokens

    def set_mode(self, mode: ThemeMode) -> None:
        """Follow the system, or stay dark or light."""
        self._mode = ThemeMode(mode)
        self._show_wanted()

    def toggle(self) -> None:
        """Change to the other one of dark and light."""
        self.set_mode(ThemeMode.LIGHT if self._tokens.is_dark else ThemeMode.DARK)

    def _wanted(self) -> str:
        if self._mode is not ThemeMode.SYSTEM:
            return self._mode.value
        light = self._app.styleHints().colorScheme() == Qt.ColorScheme.Light
        return LIGHT if light else DARK

    def _show_wanted(self) -> None:
        wanted = self._wanted()
        if wanted == self._tokens.name:
            return
        self._tokens = load_tokens(wanted)
        apply_theme(self._app, self._tokens)
        self.theme_changed.emit()

    def _on_hints_color_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._show_wanted()
