"""The theme follows the system or the user, and icons follow the theme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QImage
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.settings import ThemeMode
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, CAPTION_SIZE, monospace, sized, tabular
from syncsphere_desktop.ui.theme.icons import app_icon, icon
from syncsphere_desktop.ui.theme.sheet import style_sheet
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import load_tokens

ICONS = sorted(path.stem for path in (RESOURCES / "icons").glob("*.svg"))
LINE_ICONS = [name for name in ICONS if name != "app"]


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[ThemeController]:
    controller = ThemeController(qapp, ThemeMode.DARK)
    yield controller
    controller.set_mode(ThemeMode.DARK)


def test_the_user_s_choice_changes_the_theme_and_tells(theme: ThemeController, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.theme_changed):
        theme.set_mode(ThemeMode.LIGHT)
    assert theme.tokens.name == "light"
    assert current_tokens() is theme.tokens
    with qtbot.assertNotEmitted(theme.theme_changed):
        theme.set_mode(ThemeMode.LIGHT)


def test_without_a_wish_of_the_system_it_is_dark(theme: ThemeController) -> None:
    theme.set_mode(ThemeMode.SYSTEM)
    assert theme.tokens.is_dark


def test_toggling_goes_there_and_back(theme: ThemeController) -> None:
    theme.toggle()
    assert theme.tokens.name == "light"
    theme.toggle()
    assert theme.tokens.name == "dark"


def test_the_palette_has_the_theme_s_colours(theme: ThemeController, qapp: QApplication) -> None:
    theme.set_mode(ThemeMode.LIGHT)
    assert qapp.palette().window().color() == QColor(load_tokens("light").surface_1)
    assert qapp.palette().text().color() == QColor(load_tokens("light").text)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_each_picture_the_style_sheet_names_is_there(name: str) -> None:
    sheet = style_sheet(load_tokens(name))
    pictures = [Path(part.split('")')[0]) for part in sheet.split('url("')[1:]]
    assert pictures
    assert all(picture.is_file() for picture in pictures)
    assert "%(" not in sheet
    assert "gradient" not in sheet


@pytest.mark.parametrize("name", LINE_ICONS)
def test_icons_are_of_one_family(name: str) -> None:
    root = ElementTree.parse(RESOURCES / "icons" / f"{name}.svg").getroot()
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke") == "currentColor"
    assert root.get("stroke-width") == "1.75"
    assert root.get("stroke-linecap") == "round"


@pytest.mark.parametrize("name", LINE_ICONS)
@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_icons_are_drawn_in_the_screen_s_own_pixels(theme: ThemeController, name: str, ratio: float) -> None:
    pixmap = icon(name, "text").pixmap(QSize(16, 16), ratio)
    assert pixmap.width() == round(16 * ratio)
    assert pixmap.devicePixelRatio() == ratio
    assert _inked(pixmap.toImage()) > 8


def test_an_icon_takes_on_a_new_theme_by_itself(theme: ThemeController) -> None:
    drawn = icon("plus", "text")
    dark = _strongest(drawn.pixmap(QSize(20, 20), 1.0).toImage())
    theme.set_mode(ThemeMode.LIGHT)
    light = _strongest(drawn.pixmap(QSize(20, 20), 1.0).toImage())
    assert dark.lightness() > 180
    assert light.lightness() < 90


def test_a_disabled_icon_is_fainter(theme: ThemeController) -> None:
    drawn = icon("plus", "text")
    usual = _strongest(drawn.pixmap(QSize(20, 20), 1.0).toImage())
    faint = _strongest(drawn.pixmap(QSize(20, 20), 1.0, QIcon.Mode.Disabled).toImage())
    assert faint.lightness() < usual.lightness()


def test_icons_outlive_their_widgets_and_copies(theme: ThemeController, qtbot: QtBot) -> None:
    for _round in range(200):
        button = QPushButton()
        button.setIcon(icon("users"))
        QIcon(button.icon()).pixmap(16, 16)
        button.deleteLater()
    qtbot.wait(1)


def test_the_app_s_icon_comes_in_the_sizes_systems_ask_for(qapp: QApplication) -> None:
    assert QSize(256, 256) in app_icon().availableSizes()
    assert app_icon().pixmap(QSize(32, 32), 1.0).width() == 32


def test_fonts_are_the_system_s_in_the_few_sizes(theme: ThemeController) -> None:
    assert sized(CAPTION_SIZE).pixelSize() == CAPTION_SIZE
    assert tabular().pixelSize() == BODY_SIZE
    assert tabular().family() == QApplication.font().family()
    metrics = QFontMetrics(monospace())
    assert metrics.horizontalAdvance("iiii") == metrics.horizontalAdvance("WWWW")


def _inked(image: QImage) -> int:
    return sum(
        image.pixelColor(x, y).alpha() > 60 for x in range(image.width()) for y in range(image.height())
    )


def _strongest(image: QImage) -> QColor:
    colors = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(colors, key=lambda color: color.alpha())
