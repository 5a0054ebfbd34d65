"""The list model: rows come a page at a time, stale answers never show, changes keep their place."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from PySide6.QtCore import Qt

from syncsphere_desktop.domain.listing import Count, ListQuery, Sort
from syncsphere_desktop.errors import TimedOutError
from syncsphere_desktop.ui.tables.model import ListModel
from tests.fakes.million import GeneratedRows
from tests.ui.loops import QtRun
from tests.ui.tables.conftest import BY_NAME, COLUMNS, listing, until


def test_the_first_rows_show_before_the_count_is_exact(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000_000, shown=False, estimates=True) as bench:
            counts: list[Count] = []
            bench.model.count_changed.connect(counts.append)
            bench.view.show()
            bench.model.set_query(BY_NAME)
            assert bench.model.is_loading
            await until(lambda: bench.model.count.exact and bench.model.count.value)
            assert counts == [Count(1_000_007, exact=False), Count(1_000_000, exact=True)]
            assert bench.names(0, 1) == ["Track 1", "Track 2"]

    qt_run(scenario())


def test_only_rows_on_screen_and_a_page_ahead_are_asked_for(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000_000) as bench:
            await until(lambda: (100, 100) in bench.source.pages)
            bench.source.pages.clear()
            bench.view.verticalScrollBar().setValue(500_020 * 32)
            await until(lambda: bench.model.row(500_020))
            await asyncio.sleep(0.05)
            assert bench.source.pages == [(500_000, 100), (500_100, 100)]

    qt_run(scenario())


def test_a_screen_over_two_pages_is_one_request(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10_000) as bench:
            bench.source.pages.clear()
            bench.view.verticalScrollBar().setValue(5_095 * 32)
            await until(lambda: bench.model.row(5_101))
            assert bench.source.pages[0] == (5_000, 200)

    qt_run(scenario())


def test_requests_for_rows_scrolled_past_are_cancelled(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000_000) as bench:
            bench.source.delay = 0.5
            for place in range(100_000, 900_000, 50_000):
                bench.view.verticalScrollBar().setValue(place * 32)
                await asyncio.sleep(0.01)
            bench.source.delay = 0.0
            bench.view.verticalScrollBar().setValue(950_000 * 32)
            await until(lambda: bench.model.row(950_000))
            assert bench.source.cancelled >= 3
            assert bench.model.row(100_000) is None

    qt_run(scenario())


def test_a_stale_answer_never_shows(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10_000) as bench:
            bench.source.delay = 0.05
            bench.model.set_query(replace(BY_NAME, search="3"))
            await asyncio.sleep(0.01)
            bench.source.delay = 0.0
            bench.model.set_query(replace(BY_NAME, search="5"))
            await until(lambda: not bench.model.is_dimmed)
            await asyncio.sleep(0.1)
            assert bench.names(0, 2) == ["Track 5", "Track 10", "Track 15"]
            assert bench.model.count == Count(2_000, exact=True)

    qt_run(scenario())


def test_old_rows_stay_dimmed_until_the_new_ones_are_here(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            bench.source.delay = 0.05
            bench.model.set_query(replace(BY_NAME, search="7"))
            await asyncio.sleep(0.01)
            assert bench.model.is_dimmed
            assert bench.model.is_loading
            assert bench.names(0, 0) == ["Track 1"]
            await until(lambda: not bench.model.is_dimmed)
            assert bench.names(0, 0) == ["Track 7"]

    qt_run(scenario())


def test_a_failed_list_tells_and_can_be_tried_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        failure = TimedOutError("The server took too long.")
        async with listing(1_000, failure=failure) as bench:
            assert bench.errors == [failure]
            assert bench.model.error is failure
            assert not bench.model.is_loading
            assert bench.model.count.value == 0
            bench.source.failure = None
            bench.model.retry()
            await until(lambda: bench.model.row(0))
            assert bench.model.error is None

    qt_run(scenario())


def test_a_failed_page_is_asked_for_once_and_again_after_retry(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10_000) as bench:
            bench.source.failure = TimedOutError("The server took too long.")
            bench.source.pages.clear()
            bench.view.verticalScrollBar().setValue(5_020 * 32)
            await until(lambda: bench.errors)
            await asyncio.sleep(0.1)
            assert len(bench.source.pages) == 1
            bench.source.failure = None
            bench.model.retry()
            await until(lambda: bench.model.row(5_020))

    qt_run(scenario())


def test_rows_removed_meanwhile_show_as_removed_and_vanish_on_reload(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            bench.source.remove(503)
            bench.view.verticalScrollBar().setValue(500 * 32)
            await until(lambda: bench.model.row(500))
            assert bench.names(501, 503) == ["Track 502", None, "Track 504"]
            assert bench.model.count.value == 1_000
            bench.model.reload()
            await until(lambda: bench.model.count.value == 999)
            assert bench.names(501, 503) == ["Track 502", "Track 504", "Track 505"]

    qt_run(scenario())


def test_a_reload_keeps_the_rows_under_the_eye_in_their_place(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10_000) as bench:
            bar = bench.view.verticalScrollBar()
            bar.setValue(5_000 * 32 + 10)
            await until(lambda: bench.model.row(5_000))
            bench.view.go_to(5_003)
            bench.source.insert_first(3)
            bench.model.reload()
            await until(lambda: bench.model.count.value == 10_003)
            top = bar.value() // 32
            await until(lambda: bench.model.row(top))
            assert bench.names(top, top) == ["Track 5001"]
            assert bar.value() % 32 == 10
            current = bench.view.current_row()
            assert current is not None
            assert current.name == "Track 5004"

    qt_run(scenario())


def test_a_reload_tells_which_rows_others_changed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            changed: list[frozenset[int]] = []
            bench.model.rows_changed_by_others.connect(changed.append)
            bench.source.change(4)
            bench.model.reload()
            await until(lambda: changed)
            assert changed == [frozenset({4})]
            assert bench.names(3, 3) == ["Track 4 v2"]

    qt_run(scenario())


def test_many_changes_are_few_reloads(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            bench.source.calls.clear()
            for _ in range(100):
                bench.model.reload_soon()
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.3)
            assert 1 <= bench.source.calls.count("prepare") <= 6

    qt_run(scenario())


def test_a_change_during_a_reload_is_read_too(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            bench.source.delay = 0.03
            bench.model.reload()
            await asyncio.sleep(0.05)
            bench.source.change(2)
            bench.model.reload()
            await until(lambda: bench.names(1, 1) == ["Track 2 v2"])

    qt_run(scenario())


def test_a_replaced_row_changes_that_row_alone(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            changes: list[tuple[int, int]] = []
            bench.model.dataChanged.connect(lambda top, bottom: changes.append((top.row(), bottom.row())))
            bench.model.replace_row(bench.source.change(6))
            assert changes == [(5, 5)]
            assert bench.names(5, 5) == ["Track 6 v2"]

    qt_run(scenario())


def test_an_edit_shows_its_text_until_it_is_confirmed_or_rejected(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10) as bench:
            edits: list[tuple[int, str, str]] = []
            bench.model.edit_committed.connect(lambda row, name, text: edits.append((row.id, name, text)))
            cell = bench.model.index(2, 0)
            assert bench.model.setData(cell, " New name ")
            assert edits == [(3, "name", "New name")]
            assert cell.data() == "New name"
            bench.model.reject_edit(3, "name", "This name is taken already.")
            assert cell.data() == "Track 3"
            assert bench.view.bubble.isVisible()
            assert bench.view.bubble.text() == "This name is taken already."
            assert bench.model.setData(cell, "Other")
            bench.model.replace_row(replace(bench.source.track(3), name="Other"))
            assert cell.data() == "Other"
            assert bench.model.pending_edit(3, "name") is None

    qt_run(scenario())


def test_an_edit_that_changes_nothing_is_no_edit(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10) as bench:
            edits: list[object] = []
            bench.model.edit_committed.connect(lambda *edit: edits.append(edit))
            assert bench.model.setData(bench.model.index(2, 0), "Track 3")
            assert not bench.model.setData(bench.model.index(2, 0), "  ")
            assert not bench.model.setData(bench.model.index(2, 1), "7")
            assert not edits

    qt_run(scenario())


def test_sorting_asks_the_server(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(1_000) as bench:
            bench.model.sort_by(Sort("name", descending=True))
            await until(lambda: not bench.model.is_dimmed)
            assert bench.names(0, 1) == ["Track 1000", "Track 999"]
            assert bench.model.query == ListQuery(Sort("name", descending=True))

    qt_run(scenario())


def test_cells_tell_shown_exact_and_tooltip_texts(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10) as bench:
            made, size = bench.model.index(0, 2), bench.model.index(0, 1)
            assert size.data() == "37 kB"
            assert size.data(Qt.ItemDataRole.EditRole) == "37"
            assert made.data(Qt.ItemDataRole.EditRole) == "2025-01-01 00:01:00"
            assert made.data(Qt.ItemDataRole.ToolTipRole) == "1 Jan 2025, 00:01:00"
            assert size.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight

    qt_run(scenario())


def test_a_list_that_shrinks_below_the_place_shows_its_end(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10_000) as bench:
            bench.view.verticalScrollBar().setValue(9_000 * 32)
            await until(lambda: bench.model.row(9_000))
            bench.source.remove(*range(51, 10_001))
            bench.model.reload()
            await until(lambda: bench.model.count.value == 50)
            await until(lambda: bench.model.row(49))

    qt_run(scenario())


def test_two_lists_in_one_scope_are_read_beside_each_other(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with listing(10) as bench:
            others = GeneratedRows(7)
            other = ListModel(others, COLUMNS, bench.model.scope, parent=bench.model)
            bench.model.set_query(ListQuery(Sort("name", descending=True)))
            other.set_query(BY_NAME)
            other.reload()
            await until(lambda: not bench.model.is_loading and not other.is_loading)
            await until(lambda: other.count.value == 7 and other.row(0))
            assert bench.names(0, 0) == ["Track 10"]

    qt_run(scenario())
