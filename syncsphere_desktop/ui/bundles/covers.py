"""Cover pictures of bundles, made small off the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

COVER = 72
_LARGEST_SIDE = 20_000


def small_cover(data: bytes | None, ratio: float) -> QImage | None:
    """Return a picture that fits the square of the inspector at a screen's ratio, or None if it is none.

    Safe to call on any thread.
    """
    if data is None:
        return None
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    whole = reader.size()
    if not whole.isValid() or max(whole.width(), whole.height()) > _LARGEST_SIDE:
        return None
    side = round(COVER * ratio)
    reader.setScaledSize(whole.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        return None
    image.setDevicePixelRatio(ratio)
    return image
