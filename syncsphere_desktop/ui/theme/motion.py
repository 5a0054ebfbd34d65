"""Whether things may move: not when the system asks for reduced motion."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QStyle

FADE_MS = 150
FLASH_MS = 600
_PROPERTY = "syncsphere-motion"
_SPI_GETCLIENTAREAANIMATION = 0x1042


def set_motion(app: QApplication, *, wanted: bool) -> None:
    """Let things move or not, whatever the system says."""
    app.setProperty(_PROPERTY, wanted)


def motion_wanted() -> bool:
    """Return whether animations may run: what `set_motion` said, else the system's wish."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return False
    chosen = app.property(_PROPERTY)
    if isinstance(chosen, bool):
        return chosen
    if QApplication.platformName() in ("offscreen", "minimal"):
        return False
    if sys.platform == "win32":
        return _windows_animates()
    return app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


def _windows_animates() -> bool:
    import ctypes

    answer = ctypes.c_int(1)
    windll = getattr(ctypes, "windll")  # noqa: B009  # the attribute exists on Windows alone
    windll.user32.SystemParametersInfoW(_SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(answer), 0)
    return bool(answer.value)
