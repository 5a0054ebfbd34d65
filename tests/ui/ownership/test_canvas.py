"""The grid on screen: keys, mouse, what is painted, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.canvas import GridCanvas
from syncsphere_desktop.ui.ownership.geometry import HOLDERS_ROOM, SIZES, Density
from syncsphere_desktop.ui.ownership.marks import Marks
from syncsphere_desktop.ui.ownership.tips import tip_at
from syncsphere_desktop.ui.ownership.values import Held, Narrowing, Person, Shown, Track
from syncsphere_desktop.ui.theme.style import current_tokens
from tests.ui.loops import QtRun
from tests.ui.ownership.grids import ADA, BOB, SECONDS, box, close, held_by, middle, shown_canvas, small_model

_CONTROL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def canvas(qapp: QApplication) -> Iterator[GridCanvas]:
    made = shown_canvas(small_model("Kick", "Snare", "Bass DI", "Bass amp", "Vocals"))
    yield made
    close(made)


def names(canvas: GridCanvas) -> list[str]:
    return [canvas.model.track(row).name for row in sorted(canvas.selection.rows)]


def color_at(canvas: GridCanvas, place: QPoint) -> QColor:
    return canvas.viewport().grab().toImage().pixelColor(place)


def fill(user: UserId) -> QColor:
    return QColor(current_tokens().person(user).fill)


def corner(canvas: GridCanvas, row: int, column: int) -> QPoint:
    """Return a point of a holder's box beside its words."""
    cell = canvas.geometry_now.cell(row, column)
    return QPoint(cell.right() - 8, cell.center().y())


def test_arrows_move_the_cell_and_select_its_track(canvas: GridCanvas) -> None:
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.selection.current == (1, 1)
    assert names(canvas) == ["Snare"]
    QTest.keyClick(canvas, Qt.Key.Key_Down, _SHIFT)
    QTest.keyClick(canvas, Qt.Key.Key_Down, _SHIFT)
    assert names(canvas) == ["Snare", "Bass DI", "Bass amp"]
    QTest.keyClick(canvas, Qt.Key.Key_End)
    assert canvas.selection.current == (4, 1)
    QTest.keyClick(canvas, Qt.Key.Key_Home, _CONTROL)
    assert canvas.selection.current == (0, 0)
    QTest.keyClick(canvas, Qt.Key.Key_Right, _CONTROL)
    assert canvas.selection.current == (0, 2)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert names(canvas) == []


def test_typing_goes_to_the_track_that_begins_so(canvas: GridCanvas) -> None:
    QTest.keyClicks(canvas, "bass a")
    assert names(canvas) == ["Bass amp"]
    canvas._typing._last = 0.0  # a pause
    QTest.keyClicks(canvas, "b")
    assert names(canvas) == ["Bass DI"]
    canvas._typing._last = 0.0
    QTest.keyClicks(canvas, "v")
    assert names(canvas) == ["Vocals"]


def test_the_accessible_name_follows_the_cell(canvas: GridCanvas) -> None:
    canvas.model.set_held(box(1), held_by(BOB))
    canvas.go_to(1, 1)
    assert canvas.accessibleName() == "Snare, Band. Held by bob for 3 min. Column bob"
    assert canvas.accessibleDescription() == "Row 2 of 5, column 2 of 3"
    canvas.model.set_held(box(1), held_by(ADA))
    QTest.qWait(40)
    assert canvas.accessibleName() == "Snare, Band. Held by ada for 3 min. Column bob"


def test_the_mouse_selects_stretches_and_single_rows(canvas: GridCanvas) -> None:
    view = canvas.viewport()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle(canvas, 1, 0))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, _SHIFT, middle(canvas, 3, 0))
    assert names(canvas) == ["Snare", "Bass DI", "Bass amp"]
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, _CONTROL, middle(canvas, 2, 1))
    assert names(canvas) == ["Snare", "Bass amp"]
    assert canvas.selection.current == (2, 1)
    head = QPoint(canvas.geometry_now.left(0) + 10, 10)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=head)
    assert canvas.selection.current == (2, 0)


def test_what_is_filtered_out_is_not_selected_any_more(canvas: GridCanvas) -> None:
    canvas.model.set_held(box(0), held_by(ADA))
    canvas.selection.select_all()
    canvas.model.narrow(Narrowing(Shown.HELD))
    assert names(canvas) == ["Kick"]
    assert canvas.selection.count == 1


def test_a_holder_fills_the_cell_and_a_change_is_painted_soon(canvas: GridCanvas) -> None:
    canvas.model.set_held(box(0), held_by(ADA))
    QTest.qWait(40)
    assert color_at(canvas, corner(canvas, 0, 0)) == fill(ADA)
    canvas.model.set_held(box(0), held_by(BOB))
    QTest.qWait(40)
    assert color_at(canvas, corner(canvas, 0, 1)) == fill(BOB)
    assert color_at(canvas, corner(canvas, 0, 0)) != fill(ADA)


@pytest.mark.parametrize("density", list(Density))
def test_a_change_of_holder_leaves_long_names_whole(qapp: QApplication, density: Density) -> None:
    canvas = shown_canvas(small_model("Lead synthesiser (doubled): volume, and more of it", "Snare"))
    canvas.set_density(density)
    geometry, marks = canvas.geometry_now, Marks(None, None, frozenset(), {}, has_focus=False)

    def painted(area: QRect) -> QImage:
        picture = QImage(area.size(), QImage.Format.Format_RGB32)
        painter = QPainter(picture)
        painter.translate(-area.topLeft())
        canvas._painter.paint(painter, area, geometry, marks)
        painter.end()
        return picture

    whole = painted(canvas.viewport().rect())
    for row in range(2):
        strip = QRect(geometry.names - HOLDERS_ROOM, geometry.top(row), HOLDERS_ROOM, geometry.sizes.row)
        assert painted(strip) == whole.copy(strip)
    close(canvas)


def test_an_unconfirmed_claim_is_an_outline(canvas: GridCanvas) -> None:
    canvas.model.set_held(box(0), held_by(ADA, confirmed=False))
    assert color_at(canvas, corner(canvas, 0, 0)) != fill(ADA)


def test_who_is_stale_is_hatched(canvas: GridCanvas) -> None:
    canvas.model.set_held(box(0), held_by(ADA, ago=9_000.0))
    canvas.model.set_held(box(1), held_by(ADA, ago=9_000.0))
    cell = canvas.geometry_now.cell(0, 0)
    strip = QRect(cell.right() - 18, cell.top() + 8, 12, 12)
    plain = _colors(canvas, strip)
    assert plain == {fill(ADA).name()}
    canvas.model.set_presence({BOB}, {ADA: SECONDS - 9_000})
    assert len(_colors(canvas, strip)) > 1


def _colors(canvas: GridCanvas, area: QRect) -> set[str]:
    image = canvas.viewport().grab(area).toImage()
    return {image.pixelColor(x, y).name() for x in range(area.width()) for y in range(area.height())}


def test_a_change_flashes_once_and_fades_and_not_without_motion(canvas: GridCanvas) -> None:
    canvas.set_motion(enabled=True)
    canvas.model.set_held(box(0), held_by(ADA))
    QTest.qWait(60)
    assert canvas.lit
    assert color_at(canvas, corner(canvas, 0, 0)) != fill(ADA)
    _wait_until_dark(canvas)
    QTest.qWait(40)
    assert color_at(canvas, corner(canvas, 0, 0)) == fill(ADA)
    canvas.set_motion(enabled=False)
    canvas.model.set_held(box(1), held_by(ADA))
    QTest.qWait(60)
    assert not canvas.lit


def test_nothing_flashes_where_everything_changes(qapp: QApplication) -> None:
    model = small_model()
    model.set_tracks(Track(box(at), f"Track {at}") for at in range(100))
    canvas = shown_canvas(model, height=1_600)
    canvas.set_density(Density.OVERVIEW)
    canvas.set_motion(enabled=True)
    for at in range(100):
        model.set_held(box(at), held_by(ADA))
    QTest.qWait(60)
    assert not canvas.lit
    close(canvas)


def _wait_until_dark(canvas: GridCanvas) -> None:
    for _ in range(250):
        if not canvas.lit:
            return
        QTest.qWait(20)
    raise AssertionError("the light never went out")


def test_only_what_is_on_screen_is_asked_of_the_model(qapp: QApplication) -> None:
    model = small_model()
    model.set_tracks(Track(box(at), f"Track {at}") for at in range(5_000))
    canvas = shown_canvas(model)
    asked: list[int] = []
    real = model.track

    def track(row: int) -> Track:
        asked.append(row)
        return real(row)

    model.track = track  # type: ignore[method-assign]
    canvas.verticalScrollBar().setValue(2_500 * SIZES[Density.COMFORTABLE].row)
    canvas.viewport().repaint()
    assert asked
    assert min(asked) >= 2_499
    assert max(asked) <= 2_499 + 400 // SIZES[Density.COMFORTABLE].row + 2
    close(canvas)


def test_the_cursor_stays_on_screen_in_every_density(qapp: QApplication) -> None:
    model = small_model()
    model.set_tracks(Track(box(at), f"Track {at}") for at in range(500))
    model.set_people(Person(UserId(at), f"Person {at}") for at in range(1, 51))
    canvas = shown_canvas(model)
    for density in Density:
        canvas.set_density(density)
        QTest.keyClick(canvas, Qt.Key.Key_End, _CONTROL)
        place = canvas.geometry_now.cell(*canvas.selection.current)  # type: ignore[misc]
        assert canvas.geometry_now.cells.contains(place.center())
        QTest.keyClick(canvas, Qt.Key.Key_Home, _CONTROL)
        assert canvas.selection.current == (0, 0)
        assert canvas.verticalScrollBar().value() == 0
    close(canvas)


def test_a_flood_is_painted_no_oftener_than_sixty_times_a_second(qt_run: QtRun, qapp: QApplication) -> None:
    async def scenario() -> None:
        model = small_model()
        model.set_tracks(Track(box(at), f"Track {at}") for at in range(200))
        canvas = shown_canvas(model)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.1)
        started, painted, at = loop.time(), canvas.repaints, 0
        while loop.time() - started < 0.5:
            for _ in range(20):
                at += 1
                model.set_held(box(at % 10), Held((UserId(1 + at // 10 % 2),), SECONDS - 100))
            await asyncio.sleep(0.001)
        frames = canvas.repaints - painted
        assert 1 < frames <= (loop.time() - started) * 60 + 3
        await asyncio.sleep(0.2)
        assert not model.take_changes()
        close(canvas)

    qt_run(scenario())


def test_tips_tell_of_tracks_and_of_people(canvas: GridCanvas) -> None:
    canvas.model.set_held(box(0), held_by(ADA))
    tip, _area = tip_at(canvas.model, canvas.geometry_now, middle(canvas, 0, 1))
    assert tip.startswith("Kick\n")
    tip, _area = tip_at(canvas.model, canvas.geometry_now, QPoint(canvas.geometry_now.left(0) + 5, 5))
    assert tip == "ada\nOwner\nPresence is not known\nHolds 1 track here"
    tip, _area = tip_at(canvas.model, canvas.geometry_now, QPoint(canvas.geometry_now.left(2) + 5, 5))
    assert tip == "Tracks that nobody holds: 4"
