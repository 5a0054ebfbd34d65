"""The list view: sorting, editing in place, layout, overlays, what is painted."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.ui.tables.cells import ROW_HEIGHT
from syncsphere_desktop.ui.theme.style import current_tokens
from tests.fakes.million import Track
from tests.ui.loops import QtRun
from tests.ui.tables.conftest import BY_NAME, Bench, listing, until


def click_header(bench: Bench, section: int) -> None:
    header = bench.view.header
    place = QPoint(header.sectionViewportPosition(section) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def painted(bench: Bench) -> QImage:
    return bench.view.viewport().grab().toImage()


def inks(image: QImage, top: int) -> set[int]:
    """Return the colours in a row of cells that is at `top`."""
    return {image.pixelColor(x, top + y).rgb() for x in range(0, image.width(), 3) for y in range(8, 24)}


def editor(bench: Bench) -> QLineEdit | None:
    found = bench.view.findChild(QLineEdit, "cell-editor")
    return found if isinstance(found, QLineEdit) and found.isVisible() else None


def test_a_click_on_the_header_sorts_and_a_second_turns_round(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            click_header(bench, 1)
            assert bench.model.query == ListQuery(Sort("size"))
            assert bench.view.header.sortIndicatorSection() == 1
            click_header(bench, 1)
            assert bench.model.query == ListQuery(Sort("size", descending=True))
            assert bench.view.header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
            await until(lambda: not bench.model.is_dimmed)

    qt_run(scenario())


def test_the_keyboard_edits_in_place(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(50) as bench:
            edits: list[tuple[int, str, str]] = []
            bench.view.edit_committed.connect(lambda row, name, text: edits.append((row.id, name, text)))
            bench.view.go_to(2)
            QTest.keyClick(bench.view, Qt.Key.Key_F2)
            field = editor(bench)
            assert field is not None
            assert field.text() == "Track 3"
            field.setText("  ")
            assert bench.view.bubble.text() == "A name can't be empty."
            QTest.keyClick(field, Qt.Key.Key_Return)
            assert editor(bench) is field
            field.setText("Bass")
            assert not bench.view.bubble.isVisible()
            QTest.keyClick(field, Qt.Key.Key_Return)
            await until(lambda: edits)
            assert edits == [(3, "name", "Bass")]
            assert bench.model.index(2, 0).data() == "Bass"

    qt_run(scenario())


def test_what_is_typed_survives_a_reload_and_stays_with_its_row(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(150) as bench:
            edits: list[int] = []
            bench.view.edit_committed.connect(lambda row, _name, _text: edits.append(row.id))
            bench.view.go_to(2)
            bench.view.edit_current()
            field = editor(bench)
            assert field is not None
            field.setText("Bass")
            bench.source.insert_first(2)
            bench.model.reload()
            await until(lambda: bench.model.count.value == 152)
            assert field.text() == "Bass"
            assert field.geometry().top() == bench.view.rowViewportPosition(4) + 2
            QTest.keyClick(field, Qt.Key.Key_Return)
            await until(lambda: edits)
            assert edits == [3]
            await until(lambda: bench.view.currentIndex().row() == 4)

    qt_run(scenario())


def test_keys_activate_and_ask_for_deletion(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(50) as bench:
            activated: list[Track] = []
            deletions: list[None] = []
            bench.view.row_activated.connect(activated.append)
            bench.view.delete_requested.connect(lambda: deletions.append(None))
            bench.view.go_to(4)
            QTest.keyClick(bench.view, Qt.Key.Key_Return)
            QTest.keyClick(bench.view, Qt.Key.Key_Delete)
            assert [row.id for row in activated] == [5]
            assert len(deletions) == 1

    qt_run(scenario())


def test_columns_are_sized_once_and_the_layout_is_remembered(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            header = bench.view.header
            assert header.sectionSize(2) >= 180
            assert header.isSectionHidden(3)
            header.resizeSection(0, 222)
            header.moveSection(0, 1)
            header.menu().actions()[3].setChecked(True)
            click_header(bench, 1)
            saved = bench.view.save_layout()
        async with listing(100) as other:
            assert other.view.restore_layout(saved) == Sort("size")
            header = other.view.header
            assert [header.visualIndex(section) for section in range(4)] == [1, 0, 2, 3]
            assert header.sectionSize(0) == 222
            assert not header.isSectionHidden(3)

    qt_run(scenario())


def test_a_layout_of_another_version_does_no_harm(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10, shown=False) as bench:
            odd: list[dict[str, object]] = [
                {},
                {"columns": 7, "sort": "name"},
                {"columns": [{"name": "gone"}, 3, {"name": "size", "width": -5, "hidden": "x"}]},
                {
                    "columns": [
                        {"name": name, "hidden": True} for name in ("name", "size", "made_at", "version")
                    ]
                },
                {"sort": {"key": "gone"}},
            ]
            for layout in odd:
                assert bench.view.restore_layout(layout) is None
            assert not bench.view.header.isSectionHidden(0)

    qt_run(scenario())


def test_the_first_load_shows_a_skeleton_and_an_overlay_covers_it(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100, shown=False) as bench:
            bench.view.show()
            blank = inks(painted(bench), 32)
            bench.source.delay = 0.05
            bench.model.set_query(BY_NAME)
            assert len(inks(painted(bench), 32)) > len(blank)
            overlay = QLabel("Nothing here")
            bench.view.set_overlay(overlay)
            assert overlay.size() == bench.view.viewport().size()
            bench.view.set_overlay(None)
            assert not overlay.isVisible()
            await until(lambda: bench.model.row(0))

    qt_run(scenario())


def test_rows_on_their_way_are_bars_and_selected_rows_are_marked(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100_000) as bench:
            text = QColor(current_tokens().text).rgb()
            assert text in inks(painted(bench), 0)
            bench.view.selection.select_only(1)
            assert QColor(current_tokens().selection).rgb() in inks(painted(bench), 32)
            bench.source.delay = 0.1
            bench.view.verticalScrollBar().setValue(50_000 * 32)
            assert text not in inks(painted(bench), 0)
            await until(lambda: bench.model.row(50_000))
            assert text in inks(painted(bench), 0)

    qt_run(scenario())


def test_changed_rows_flash_and_fade(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            ground = painted(bench).pixelColor(2, 32 + 4).rgb()
            bench.source.change(2)
            bench.model.reload()
            await until(lambda: bench.names(1, 1) == ["Track 2 v2"])
            await until(lambda: painted(bench).pixelColor(2, 32 + 4).rgb() != ground)
            await until(lambda: painted(bench).pixelColor(2, 32 + 4).rgb() == ground)

    qt_run(scenario())


def test_no_motion_means_no_flash(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            bench.view.set_motion(enabled=False)
            ground = painted(bench).pixelColor(2, 32 + 4).rgb()
            bench.source.change(2)
            bench.model.reload()
            await until(lambda: bench.names(1, 1) == ["Track 2 v2"])
            assert painted(bench).pixelColor(2, 32 + 4).rgb() == ground
            await asyncio.sleep(0)

    qt_run(scenario())


def test_typing_does_not_jump(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(100) as bench:
            bench.view.go_to(0)
            QTest.keyClicks(bench.view, "Track 50")
            assert bench.view.currentIndex().row() == 0

    qt_run(scenario())


def test_a_list_that_is_read_again_does_not_run_after_its_current_row(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            bench.view.go_to(2)
            bench.view.verticalScrollBar().setValue(60 * ROW_HEIGHT)
            await until(lambda: bench.model.row(60))
            shown = bench.names(60, 60)
            bench.source.insert_first()
            bench.model.reload()
            await until(lambda: bench.model.count.value == 1_001)
            await until(lambda: bench.names(61, 61) == shown)
            assert bench.view.rows_on_screen()[0] == 61
            assert bench.view.currentIndex().row() == 3

    qt_run(scenario())
