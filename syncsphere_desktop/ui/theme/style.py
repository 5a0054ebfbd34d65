"""Puts a theme's tokens on the application: palette, style sheet, base font."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from syncsphere_desktop.ui.theme.sheet import style_sheet
from syncsphere_desktop.ui.theme.tokens import DARK, Tokens, load_tokens, mixed

STYLE_ARGUMENTS = ("-style", "Fusion")
"""To make the QApplication with. `setStyle` does the same but returns the style, and to wrap the classes and
enums of styles for Python takes 5 ms before the first paint."""
UNIT = 4
RADIUS = 6
_TOKENS_PROPERTY = "syncsphere-tokens"
_FONT_PROPERTY = "syncsphere-font"


def apply_theme(app: QApplication, tokens: Tokens) -> None:
    """Make `tokens` the look of an application made with STYLE_ARGUMENTS; every widget repaints by itself."""
    if app.property(_FONT_PROPERTY) is None:
        font = QFont(app.font())
        font.setPixelSize(13)
        app.setFont(font)
        app.setProperty(_FONT_PROPERTY, True)
    app.setProperty(_TOKENS_PROPERTY, tokens)
    app.setPalette(palette(tokens))
    app.setStyleSheet(style_sheet(tokens))


def current_tokens() -> Tokens:
    """Return the tokens of the theme that is on; the dark ones before any was applied."""
    app = QApplication.instance()
    tokens = app.property(_TOKENS_PROPERTY) if app is not None else None
    return tokens if isinstance(tokens, Tokens) else load_tokens(DARK)


def set_surface(widget: QWidget, level: int) -> None:
    """Paint the widget's ground as surface 0 to 3 of the theme."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    widget.setProperty("surface", str(level))


def set_role(widget: QWidget, name: str, value: str) -> None:
    """Set a property the style sheet asks for (`role`, `kind`, `invalid`...) and style the widget anew."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def palette(tokens: Tokens) -> QPalette:
    """Return the palette of a theme, for everything the style sheet does not name."""
    role = QPalette.ColorRole
    colors = {
        role.Window: tokens.surface_1,
        role.WindowText: tokens.text,
        role.Base: tokens.surface_0,
        role.AlternateBase: tokens.surface_1,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.text_muted,
        role.Button: tokens.surface_2,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.danger,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.selection_text,
        role.Accent: tokens.accent,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.ToolTipBase: tokens.surface_3,
        role.ToolTipText: tokens.text,
        role.Light: tokens.surface_3,
        role.Midlight: tokens.surface_2,
        role.Mid: tokens.border,
        role.Dark: tokens.border,
        role.Shadow: tokens.border,
    }
    result = QPalette()
    for color_role, color in colors.items():
        result.setColor(color_role, QColor(color))
    faded = QColor(mixed(tokens.text_muted, tokens.surface_1, 0.6))
    for color_role in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, color_role, faded)
    return result
