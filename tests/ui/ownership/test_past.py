"""The log and the history over a studio in memory, and the painted parts by themselves."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from syncsphere_desktop.database.change_events import Operation, TableChanged
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership_history import EventKind, HeatRow, HistoryState
from syncsphere_desktop.errors import ConnectionLostError
from syncsphere_desktop.feed.state import FeedCounts
from syncsphere_desktop.ui.ownership.controller import OwnershipController
from syncsphere_desktop.ui.ownership.heat_map import HeatMap
from syncsphere_desktop.ui.ownership.lane_chart import LaneChart
from syncsphere_desktop.ui.ownership.log_strip import LogStrip
from syncsphere_desktop.ui.ownership.past_pages import HISTORY, LOG
from syncsphere_desktop.ui.ownership.past_values import LaneRow, PastWindow, Reach, Stretch, Window
from syncsphere_desktop.ui.ownership.time_axis import TimeAxis
from syncsphere_desktop.ui.ownership.time_scale import TimeScale, rounded_end, ticks
from syncsphere_desktop.ui.ownership.values import Track
from tests.ui.bench import NOW, Bench, turns, until
from tests.ui.loops import QtRun
from tests.ui.ownership.grids import ADA, BOB, CLOCK, SECONDS, box
from tests.ui.ownership.test_ownership_view import Parts, held, ownership

_CHANGED = TableChanged("box_ownership", Operation.UPDATE, (1,), 1, own=False)


def _live(parts: Parts) -> None:
    """Kick went from Ada to Bob two hours ago and to nobody one hour ago."""
    row = next(row for row in parts.ownership.table if row.box_uuid == parts.boxes[0])
    row = parts.ownership.give(row, parts.bob.id, NOW - timedelta(hours=2))
    parts.ownership.give(row, None, NOW - timedelta(hours=1))


def _listed(bench: Bench[OwnershipController]) -> list[str]:
    model = bench.controller.past.log.listing.model
    rows = [model.row(at) for at in range(model.count.value)]
    return [row.kind.value for row in rows if row is not None]


def test_the_log_shows_new_events_on_top_and_counts_those_that_wait(qt_run: QtRun) -> None:
    async def script() -> None:
        async with ownership() as (bench, parts):
            _live(parts)
            log = bench.controller.past.log
            bench.controller.show_page(LOG)
            await until(lambda: _listed(bench) == ["released", "handed_over"])
            log.toggle_pause()
            await until(lambda: log.is_paused)
            row = next(row for row in parts.ownership.table if row.box_uuid == parts.boxes[1])
            parts.ownership.give(row, parts.ada.id, NOW)
            bench.controller.take_change(_CHANGED)
            await until(lambda: log.waiting == 1)
            assert log.strip.light.accessibleName() == "Paused, 1 waiting"
            assert len(_listed(bench)) == 2
            log.toggle_pause()
            await until(lambda: _listed(bench) == ["handed_over", "released", "handed_over"])

    qt_run(script())


def test_the_log_is_narrowed_by_kind_and_exported_as_json(qt_run: QtRun, tmp_path: Path) -> None:
    async def script() -> None:
        async with ownership() as (bench, parts):
            _live(parts)
            log = bench.controller.past.log
            bench.controller.show_page(LOG)
            await until(lambda: len(_listed(bench)) == 2)
            log.strip.kinds.setCurrentIndex(log.strip.kinds.findData(EventKind.RELEASED.value))
            log.narrow()
            await until(lambda: _listed(bench) == ["released"])
            target = tmp_path / "events.json"
            log.listing.export_to(target)
            await until(target.exists)
            (event,) = json.loads(target.read_text())
            assert event["event"] == "Released"
            assert event["before"] == "bob"

    qt_run(script())


def test_the_slider_shows_who_held_what_then_and_leads_back_to_now(qt_run: QtRun) -> None:
    async def script() -> None:
        async with ownership() as (bench, parts):
            _live(parts)
            history = bench.controller.past.history
            bench.controller.show_page(HISTORY)
            await until(lambda: history.is_loaded)
            assert len(history.window.moments) == 2
            QTest.keyClick(history.axis, Qt.Key.Key_Left)
            QTest.keyClick(history.axis, Qt.Key.Key_Left)
            assert history.moment == (NOW - timedelta(hours=2)).replace(tzinfo=UTC).timestamp()
            kick = parts.boxes[0]
            await until(lambda: history.model.held_of(kick).owners == (parts.bob.id,))
            assert "Kick" not in held(bench) or held(bench)["Kick"] != ["bob"]
            QTest.keyClick(history.axis, Qt.Key.Key_Escape)
            await until(lambda: history.model.held_of(kick).owners == ())
            assert history.moment is None

    qt_run(script())


def test_the_heat_map_leads_to_a_project_at_that_time(qt_run: QtRun) -> None:
    async def script() -> None:
        async with ownership(project=False) as (bench, parts):
            _live(parts)
            past = bench.controller.past
            bench.controller.show_page(HISTORY)
            await until(lambda: past.heat.is_loaded)
            past.heat.map.go_to(0, 0)
            assert past.heat.map.current is not None
            assert past.heat.map.current[0].total == 2
            QTest.keyClick(past.heat.map, Qt.Key.Key_Return)
            await until(lambda: past.history.is_loaded)
            assert past.history.project is not None
            assert past.history.project.id == parts.train.id
            assert past.history.strip.reach is Reach.DAY

    qt_run(script())


def test_without_a_history_it_is_told_what_is_missing_and_a_failure_can_be_tried_again(qt_run: QtRun) -> None:
    async def script() -> None:
        async with ownership() as (bench, parts):
            history = bench.controller.past.history
            parts.ownership.past.state_now = HistoryState(readable=False, recording=False, reason="No table.")
            bench.controller.show_page(HISTORY)
            await until(lambda: "No history is kept here" in history.covers.told)
            assert "No table." in history.covers.told
            parts.ownership.past.state_now = HistoryState(readable=True, recording=True)
            parts.ownership.gate.failure = ConnectionLostError("The server is away.")
            history.read()
            await until(lambda: "The server is away." in history.covers.told)
            parts.ownership.gate.failure = None
            history.covers.retry_requested.emit()
            await until(lambda: "No history yet" in history.covers.told)
            await turns()

    qt_run(script())


def _past(lanes: int, stretches: int) -> PastWindow:
    window = Window(SECONDS - 86400, SECONDS)
    step = 86400 / stretches
    rows = []
    for lane in range(lanes):
        starts = tuple(window.start + at * step for at in range(stretches))
        found = tuple(
            Stretch((ADA, BOB)[at % 2], start, start + step, start, at == stretches - 1)
            for at, start in enumerate(starts)
        )
        rows.append(LaneRow(Track(box(lane), f"Track {lane}"), found, starts))
    moments = rows[0].starts if rows else ()
    return PastWindow(window, tuple(rows), moments, frozenset({ADA, BOB}))


def _name(user: UserId) -> str:
    return "ada" if user == ADA else "bob"


def test_lanes_are_gone_through_by_keys_and_tell_their_facts(qt_run: QtRun) -> None:
    async def script() -> None:
        chart = LaneChart(CLOCK, _name)
        chart.resize(900, 300)
        chart.show()
        chart.show_past(_past(5_000, 24))
        chosen: list[float] = []
        chart.moment_chosen.connect(chosen.append)
        QTest.keyClick(chart, Qt.Key.Key_Down)
        QTest.keyClick(chart, Qt.Key.Key_Right)
        QTest.keyClick(chart, Qt.Key.Key_Right)
        QTest.keyClick(chart, Qt.Key.Key_Return)
        assert chosen == [SECONDS - 23 * 3600]
        assert "Held by bob" in chart.accessibleDescription()
        chart.show_past(_past(3, 20_000))  # narrower than a pixel
        chart.grab()
        chart.close()
        chart.deleteLater()

    qt_run(script())


def test_the_axis_steps_from_change_to_change_and_stands_at_local_hours(qt_run: QtRun) -> None:
    async def script() -> None:
        axis = TimeAxis(CLOCK)
        window = Window(SECONDS - 86400, SECONDS)
        axis.resize(800, 76)
        axis.show_window(window, (SECONDS - 500, SECONDS - 400))
        wishes: list[float | None] = []
        axis.moment_chosen.connect(wishes.append)
        axis.step(-1)
        axis.step(-1)
        axis.step(-1)
        axis.step(1)
        axis.step(1)
        axis.step(1)
        assert wishes == [SECONDS - 400, SECONDS - 500, window.start, SECONDS - 500, SECONDS - 400, None]
        axis.grab()
        words = [told for _moment, told in ticks(TimeScale(window, 0, 800), CLOCK.shown)]
        assert words[0].endswith(":00")
        assert "1 Jun" in words
        assert rounded_end(SECONDS + 1, 3600, CLOCK.shown) == SECONDS + 3600
        axis.deleteLater()

    qt_run(script())


def test_a_cell_of_the_heat_map_tells_when_and_how_much(qt_run: QtRun) -> None:
    async def script() -> None:
        heat = HeatMap(CLOCK)
        heat.resize(900, 300)
        window = Window(SECONDS - 86400, SECONDS)
        rows = [HeatRow(ProjectId(at), f"Project {at}", (0, 5, 1_000_000)) for at in range(1, 200)]
        heat.show_heat(rows, window, 3)
        heat.go_to(150, 1)
        assert heat.accessibleDescription().startswith("Project 151. ")
        assert heat.accessibleDescription().endswith("5 changes")
        heat.grab()
        heat.deleteLater()

    qt_run(script())


def test_frames_of_unknown_types_are_counted_in_the_log(qt_run: QtRun) -> None:
    async def script() -> None:
        strip = LogStrip()
        strip.show_counts(FeedCounts(received=9, unknown=3, malformed=1))
        assert strip.notes.whole_text == "3 feed frames of unknown types · 1 malformed"
        strip.deleteLater()

    qt_run(script())
