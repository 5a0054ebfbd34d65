"""Qt: its plugins, and the app's own window, painted and looked at."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.self_test.part import NotPassedError

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

PICTURES = ("svg", "jpeg", "png", "webp")
"""What icons, covers and the tour are read from and written as."""

_STEP = 4
_FEWEST_COLOURS = 8


def check(folder: Path) -> str:
    """Paint the window, on no display where there is none, and count what is on it."""
    _choose_platform()
    from PySide6.QtGui import QGuiApplication

    from syncsphere_desktop.bootstrap.frame import build_frame, paint
    from syncsphere_desktop.settings import HOME_VARIABLE, Paths

    frame = build_frame(Paths.of_this_user({HOME_VARIABLE: str(folder)}))
    try:
        paint(frame)
        picture = frame.window.grab().toImage()
        colours = _colours(picture)
        if colours < _FEWEST_COLOURS:
            raise NotPassedError(f"The window is blank: {colours} different colours are on it.")
        _look_for_pictures()
        _paint_icon()
        fonts = _count_fonts()
        platform = QGuiApplication.platformName()
        size = f"{picture.width()} x {picture.height()}"
        return f"{size} painted on {platform}, {fonts} font families, {', '.join(PICTURES)}"
    finally:
        frame.window.close_now()


def _choose_platform() -> None:
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _colours(picture: QImage) -> int:
    points = (
        picture.pixel(x, y)
        for x in range(0, picture.width(), _STEP)
        for y in range(0, picture.height(), _STEP)
    )
    return len(set(points))


def _look_for_pictures() -> None:
    from PySide6.QtGui import QImageReader

    known = {bytes(name.data()).decode("ascii") for name in QImageReader.supportedImageFormats()}
    missing = [name for name in PICTURES if name not in known]
    if missing:
        raise NotPassedError(f"Qt has no plugin for these pictures: {', '.join(missing)}.")


def _paint_icon() -> None:
    from syncsphere_desktop.ui.theme.icons import app_icon

    image = app_icon().pixmap(64, 64).toImage()
    if image.isNull() or _colours(image) < 2:
        raise NotPassedError("The app's icon can't be painted.")


def _count_fonts() -> int:
    from PySide6.QtGui import QFontDatabase

    fonts = len(QFontDatabase.families())
    if not fonts:
        raise NotPassedError("Qt finds no font on this system, so that no text can be read.")
    return fonts
