"""Makes the application's icons of every size from its one SVG drawing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
_ICO_SIZE = 256
_ICNS_SIZE = 1024


def make_icons(drawing: Path, target: Path, name: str) -> None:
    """Write `target/SIZExSIZE/NAME.png` for each size, and `NAME.ico` and `NAME.icns`."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    renderer = QSvgRenderer(str(drawing))
    if not renderer.isValid():
        raise SystemExit(f"{drawing} is no SVG that can be drawn.")

    def drawn(size: int) -> QImage:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter)
        painter.end()
        return image

    def save(image: QImage, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not image.save(str(path)):
            raise SystemExit(f"{path} can't be written.")

    for size in SIZES:
        save(drawn(size), target / f"{size}x{size}" / f"{name}.png")
    save(drawn(_ICO_SIZE), target / f"{name}.ico")
    save(drawn(_ICNS_SIZE), target / f"{name}.icns")
    del app
