"""Selection is by id: it survives reloads and another order, and covers rows that were never fetched."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from syncsphere_desktop.domain.listing import Sort
from tests.ui.loops import QtRun
from tests.ui.tables.conftest import BY_NAME, Bench, listing, until

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


def click(bench: Bench, place: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    point = QPoint(30, place * 32 + 10)
    QTest.mouseClick(bench.view.viewport(), Qt.MouseButton.LeftButton, modifiers, point)


def press(bench: Bench, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(bench.view, key, modifiers)


async def ids(bench: Bench) -> list[int]:
    return await bench.view.selection.resolve()


def test_clicks_select_one_several_and_a_stretch(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(50) as bench:
            click(bench, 2)
            assert await ids(bench) == [3]
            click(bench, 4, CONTROL)
            assert await ids(bench) == [3, 5]
            click(bench, 7, SHIFT)
            assert await ids(bench) == [5, 6, 7, 8]
            click(bench, 3, SHIFT)
            assert await ids(bench) == [4, 5]
            click(bench, 4, CONTROL)
            assert await ids(bench) == [4]

    qt_run(scenario())


def test_keys_move_and_extend(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(50) as bench:
            press(bench, Qt.Key.Key_Home)
            press(bench, Qt.Key.Key_Down)
            assert await ids(bench) == [2]
            press(bench, Qt.Key.Key_Down, SHIFT)
            press(bench, Qt.Key.Key_Down, SHIFT)
            press(bench, Qt.Key.Key_Up, SHIFT)
            assert await ids(bench) == [2, 3]
            press(bench, Qt.Key.Key_End)
            assert await ids(bench) == [50]
            press(bench, Qt.Key.Key_Home, CONTROL)
            press(bench, Qt.Key.Key_Space)
            assert await ids(bench) == [1, 50]

    qt_run(scenario())


def test_everything_is_selected_though_it_was_never_fetched(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(30_000) as bench:
            press(bench, Qt.Key.Key_A, CONTROL)
            assert bench.view.selection.is_everything
            assert bench.view.selection.count == 30_000
            click(bench, 1, CONTROL)
            assert bench.view.selection.count == 29_999
            assert await ids(bench) == [1, *range(3, 30_001)]

    qt_run(scenario())


def test_a_stretch_over_rows_that_are_not_here_gets_their_ids(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(30_000) as bench:
            click(bench, 0)
            press(bench, Qt.Key.Key_End, SHIFT)
            assert bench.view.selection.count == 30_000
            assert bench.view.selection.contains(15_000)
            await asyncio.sleep(0.1)
            bench.source.insert_first(1)
            bench.model.reload()
            await until(lambda: bench.model.count.value == 30_001)
            assert await ids(bench) == list(range(1, 30_001))

    qt_run(scenario())


def test_the_selection_survives_a_reload_and_another_order(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            click(bench, 3)
            bench.source.insert_first(2)
            bench.model.reload()
            await until(lambda: bench.model.count.value == 1_002)
            await until(lambda: bench.view.selection.contains(5))
            assert not bench.view.selection.contains(3)
            bench.model.sort_by(Sort("name", descending=True))
            await until(lambda: not bench.model.is_dimmed)
            assert await ids(bench) == [4]

    qt_run(scenario())


def test_another_search_clears_the_selection(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            click(bench, 3)
            bench.model.set_query(replace(BY_NAME, search="2"))
            assert bench.view.selection.count == 0
            await until(lambda: not bench.model.is_dimmed)

    qt_run(scenario())


def test_rows_that_are_gone_leave_the_selection(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            click(bench, 3)
            click(bench, 4, CONTROL)
            bench.source.remove(4)
            bench.model.reload()
            await until(lambda: bench.view.selection.count == 1)
            assert await ids(bench) == [5]
            bench.view.selection.discard([5])
            assert bench.view.selection.count == 0

    qt_run(scenario())


def test_rows_are_fetched_in_the_lists_order(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(5_000) as bench:
            bench.view.selection.select_ids([4_000, 3, 2_500])
            rows = await bench.view.selection.fetch(10)
            assert [row.id for row in rows] == [3, 2_500, 4_000]
            assert [row.id for row in await bench.view.selection.fetch(2)] == [3, 2_500]

    qt_run(scenario())


def test_selected_rows_are_copied_as_a_table(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            click(bench, 0)
            click(bench, 1, SHIFT)
            bench.view.header.moveSection(bench.view.header.visualIndex(1), 0)
            QGuiApplication.clipboard().clear()
            press(bench, Qt.Key.Key_C, CONTROL)
            await until(QGuiApplication.clipboard().text)
            assert QGuiApplication.clipboard().text() == (
                "Size\tName\tMade\n37\tTrack 1\t2025-01-01 00:01:00\n74\tTrack 2\t2025-01-01 00:02:00\n"
            )

    qt_run(scenario())


def test_a_right_click_keeps_a_selection_it_is_in(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(50) as bench:
            click(bench, 2)
            click(bench, 3, CONTROL)
            viewport, right = bench.view.viewport(), Qt.MouseButton.RightButton
            QTest.mouseClick(viewport, right, NONE, QPoint(30, 3 * 32 + 10))
            assert await ids(bench) == [3, 4]
            QTest.mouseClick(viewport, right, NONE, QPoint(30, 6 * 32 + 10))
            assert await ids(bench) == [7]

    qt_run(scenario())
