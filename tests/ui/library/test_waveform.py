"""The picture of a file: where it is clicked, what keys do, and that it is drawn for its very pixels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from syncsphere_desktop.domain.sound import Waveform
from syncsphere_desktop.ui.library.waveform import WaveformView
from syncsphere_desktop.ui.theme.style import current_tokens

LOUD = Waveform(100, 1, bytes([129, 127] * 100))


@pytest.fixture
def view(qtbot: QtBot) -> WaveformView:
    view = WaveformView()
    qtbot.addWidget(view)
    view.resize(208, 96)
    view.show()
    return view


def test_a_click_seeks_to_its_place(view: WaveformView, qtbot: QtBot) -> None:
    view.show_waveform(LOUD, 10.0)
    with qtbot.waitSignal(view.seek_requested) as sought:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(104, 40))
    assert sought.args == [pytest.approx(5.0, abs=0.05)]


def test_a_click_beyond_the_edges_seeks_to_the_ends(view: WaveformView) -> None:
    view.show_waveform(LOUD, 10.0)
    assert (view.seconds_at(-50), view.seconds_at(5_000)) == (0.0, 10.0)


def test_keys_seek_and_play(view: WaveformView) -> None:
    view.show_waveform(LOUD, 100.0)
    view.show_position(50.0)
    sought: list[float] = []
    plays: list[bool] = []
    view.seek_requested.connect(sought.append)
    view.play_requested.connect(lambda: plays.append(True))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space):
        QTest.keyClick(view, key)
    assert sought == [49.0, 51.0, 0.0, 100.0]
    assert plays == [True]


def test_arrows_stay_within_a_short_file(view: WaveformView) -> None:
    view.show_waveform(LOUD, 0.2)
    sought: list[float] = []
    view.seek_requested.connect(sought.append)
    QTest.keyClick(view, Qt.Key.Key_Left)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert sought == [0.0, pytest.approx(0.01)]


def test_a_file_without_a_length_can_be_looked_at(view: WaveformView) -> None:
    view.show_waveform(LOUD, 0.0)
    view.show_position(0.0)
    assert view.seconds_at(100) == 0.0
    view.grab()


def test_a_reason_is_told_in_place_of_a_picture_and_can_not_be_clicked(view: WaveformView) -> None:
    view.show_sentence("The storage has no such file.")
    sought: list[float] = []
    view.seek_requested.connect(sought.append)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(50, 40))
    assert sought == []
    assert view.accessibleDescription() == "The storage has no such file."
    assert view.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_what_was_played_has_the_accent(view: WaveformView) -> None:
    view.show_waveform(LOUD, 10.0)
    view.show_position(5.0)
    picture = view.grab().toImage()
    accent = QColor(current_tokens().accent)
    assert picture.pixelColor(50, 40) == accent
    assert picture.pixelColor(150, 40) != accent
    assert picture.pixelColor(150, 40) != QColor(current_tokens().surface_0)


def test_the_picture_has_the_pixels_of_the_screen(view: WaveformView) -> None:
    view.show_waveform(LOUD, 10.0)
    for width in (120, 333, 1200):
        view.resize(width, 96)
        view.grab()
        unplayed, _played = view._drawn()
        assert unplayed.width() == round((width - 8) * view.devicePixelRatioF())
