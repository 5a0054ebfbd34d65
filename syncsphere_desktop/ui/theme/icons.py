"""The line icons of `resources/icons`, tinted by token and crisp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QImage, QPainter, QPixmap

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.override import override
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed

SMALL = 16
LARGE = 20


def icon(name: str, tone: str = "text-muted", size: int = SMALL) -> QIcon:
    """Return the icon `name`, drawn in the colour `tone` of whatever theme is on when it is painted.

    `size` is what a widget gets that asks for the icon's own size. Raises FileNotFoundError for a name
    that isn't there, at the first painting.
    """
    return QIcon(_TintedEngine(name, tone, size))


def paint_icon(painter: QPainter, rect: QRect, name: str, color: str) -> None:
    """Paint the icon as a square in the middle of `rect`, in a `#rrggbb` colour."""
    side = min(rect.width(), rect.height())
    image = _image(name, color, round(side * painter.device().devicePixelRatioF()))
    place = QRectF(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side)
    painter.drawImage(place, image)


def app_icon() -> QIcon:
    """Return the application's own icon."""
    return QIcon(_AppEngine())


def _scaled(name: str, color: str, size: QSize, scale: float) -> QPixmap:
    # `size` is in logical pixels; the picture must have its own, or it would be scaled up and blurred.
    pixmap = QPixmap.fromImage(_image(name, color, round(min(size.width(), size.height()) * scale)))
    pixmap.setDevicePixelRatio(scale)
    return pixmap


@lru_cache(maxsize=512)
def _image(name: str, color: str, pixels: int) -> QImage:
    pixels = max(1, pixels)  # a button that is squeezed to nothing asks for no pixels, which can't be painted
    # QtSvg costs some milliseconds to load, so it comes with the first icon that is really painted.
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(_source(name).replace("currentColor", color).encode())
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return image


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")


class _TintedEngine(QIconEngine):
    """Looks the colour up at each painting, so that a new theme needs no new icons."""

    def __init__(self, name: str, tone: str, size: int) -> None:
        super().__init__()
        self._name, self._tone, self._size = name, tone, size

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        paint_icon(painter, rect, self._name, self._color(mode))

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    @override
    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        return _scaled(self._name, self._color(mode), size, scale)

    @override
    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        side = min(size.width(), size.height())
        return QSize(side, side)

    @override
    def availableSizes(
        self, mode: QIcon.Mode = QIcon.Mode.Normal, state: QIcon.State = QIcon.State.Off
    ) -> list[QSize]:
        return [QSize(self._size, self._size)]

    @override
    def iconName(self) -> str:
        return self._name

    @override
    def isNull(self) -> bool:
        return False

    @override
    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._tone, self._size)

    def _color(self, mode: QIcon.Mode) -> str:
        tokens = current_tokens()
        color = tokens.color(self._tone)
        return mixed(color, tokens.surface_1, 0.45) if mode == QIcon.Mode.Disabled else color


class _AppEngine(QIconEngine):
    """Draws the application's icon at whatever size the system asks for."""

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        paint_icon(painter, rect, "app", "")

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    @override
    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        return _scaled("app", "", size, scale)

    @override
    def availableSizes(
        self, mode: QIcon.Mode = QIcon.Mode.Normal, state: QIcon.State = QIcon.State.Off
    ) -> list[QSize]:
        return [QSize(side, side) for side in (16, 24, 32, 48, 64, 128, 256)]

    @override
    def clone(self) -> QIconEngine:
        return _AppEngine()
