"""The soft shadow under what floats inside the window."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from syncsphere_desktop.ui.theme.tokens import Tokens

SHADOW = 10
"""How far the shadow reaches around a floating box, in logical pixels."""


def paint_floating(painter: QPainter, box: QRect, tokens: Tokens, *, edge: str | None = None) -> None:
    """Paint a box of surface 3 with a hairline and a shadow; leave `SHADOW` pixels free around it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    shade = QColor(tokens.shadow)
    strength = shade.alpha()
    for reach in range(SHADOW, 0, -2):
        shade.setAlpha(round(strength * 0.16 * (1 - reach / (SHADOW + 2))))
        painter.setBrush(shade)
        painter.drawRoundedRect(box.adjusted(-reach, 2 - reach, reach, 2 + reach), 6 + reach, 6 + reach)
    painter.setPen(QColor(edge or tokens.border_strong))
    painter.setBrush(QColor(tokens.surface_3))
    painter.translate(0.5, 0.5)
    painter.drawRoundedRect(box.adjusted(0, 0, -1, -1), 6, 6)
    painter.translate(-0.5, -0.5)
