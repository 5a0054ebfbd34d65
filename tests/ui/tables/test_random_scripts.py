"""Whatever happens to a list, in any order: Qt's own tester finds the model sound, and the end is right."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.domain.listing import Sort
from tests.ui.loops import run_on_qt_loop
from tests.ui.tables.conftest import BY_NAME, Bench, listing, until

STEPS = some.one_of(
    some.tuples(some.just("scroll"), some.integers(0, 150)),
    some.tuples(some.just("insert"), some.integers(1, 30)),
    some.tuples(some.just("remove"), some.integers(1, 120)),
    some.tuples(some.just("change"), some.integers(1, 120)),
    some.tuples(some.just("search"), some.integers(1, 9)),
    some.tuples(some.just("sort"), some.integers(0, 1)),
    some.tuples(some.just("select"), some.integers(0, 60)),
    some.tuples(some.just("wait"), some.integers(0, 3)),
    some.tuples(some.just("everything"), some.just(0)),
)


def do(bench: Bench, what: str, number: int) -> None:
    model, source, view = bench.model, bench.source, bench.view
    if what == "scroll":
        view.verticalScrollBar().setValue(number * 32)
    elif what == "insert":
        source.insert_first(number)
        model.reload()
    elif what == "remove":
        source.remove(*range(number, number + 20))
        model.reload()
    elif what == "change":
        model.replace_row(source.change(number))
    elif what == "search":
        model.set_query(replace(model.query or BY_NAME, search="" if number == 1 else str(number)))
    elif what == "sort":
        model.sort_by(Sort("name", descending=bool(number)))
    elif what == "select":
        view.selection.select_only(number)
        view.selection.extend_to(number + 12)
    elif what == "everything":
        view.selection.select_all()


async def play(script: list[tuple[str, int]]) -> None:
    async with listing(60, page_size=16, delay=0.001) as bench:
        for what, number in script:
            do(bench, what, number)
            if what == "wait":
                await asyncio.sleep(number / 500)
        bench.model.reload()
        await until(lambda: _is_right(bench))
        assert len(await bench.view.selection.resolve()) == bench.view.selection.count


def _is_right(bench: Bench) -> bool:
    """Whether the list shows what the source holds, and nothing else is on its way."""
    query = bench.model.query
    if query is None or bench.model.is_dimmed or bench.model.is_loading:
        return False
    expected = list(bench.source._order(query))
    first, last = bench.view.rows_on_screen()
    shown = bench.model.rows.loaded(first, last)
    right = [bench.source.track(row_id) for row_id in expected[first : last + 1]]
    return bench.model.count.value == len(expected) and list(shown.values()) == right


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=some.lists(STEPS, max_size=14))
def test_any_script_ends_with_the_right_rows(qapp: QApplication, script: list[tuple[str, int]]) -> None:
    run_on_qt_loop(qapp, play(script))
