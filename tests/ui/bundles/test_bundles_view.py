"""The bundles view: the timeline, its chart, contents, comparing, and what is done with versions."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from syncsphere_desktop.errors import ConnectionLostError
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from tests.bundle_maker import sample_bundle
from tests.ui.bench import (
    cut_buttons,
    line,
    loaded,
    texts,
    turns,
    until,
)
from tests.ui.bundles.bundle_bench import Parts, bundles, rows, select
from tests.ui.loops import QtRun


def test_the_versions_of_all_projects_are_listed_the_newest_first(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            assert [(row.project_name, row.version) for row in rows(bench)] == [
                ("Hymn", 1),
                ("Night train", 3),
                ("Night train", 2),
                ("Night train", 1),
            ]
            assert not bench.controller.chart.isVisible()
            bench.controller.narrow({"project_id": parts.train.id})
            await loaded(bench.controller)
            assert [row.version for row in rows(bench)] == [3, 2, 1]
            await until(bench.controller.chart.isVisible)
            await until(lambda: bench.controller.receiving_project() is not None)
            assert bench.controller.choice.button.text() == "Night train"

    qt_run(scenario())


def test_a_project_is_chosen_in_the_header_and_left_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            bench.controller.choice.button.click()
            dialog = await bench.asked(ChooseProjectDialog)
            await until(dialog.picker.search.isVisible)
            dialog.accept_with(parts.hymn)
            await until(lambda: [row.project_name for row in rows(bench)] == ["Hymn"])
            assert bench.controller.choice.button.text() == "Hymn"
            bench.controller.choice.clear.click()
            await until(lambda: len(rows(bench)) == 4)
            assert bench.controller.choice.button.text() == "All projects"

    qt_run(scenario())


def test_the_inspector_shows_what_a_version_holds_and_reads_it_once(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.train, 3)
            inspector = bench.controller.inspector
            told = [each.text for each in inspector.units.lines]
            assert told[:3] == ["Lead Synth (doubled)", "Notes", "Automation: volume"]
            assert [each.icon for each in inspector.units.lines][:3] == ["instrument", "notes", "automation"]
            assert inspector.samples.lines[0].text == "vox take 1.wav"
            assert "not in the library" in inspector.samples.lines[0].aside
            assert {"122 bpm", "4/4", "41"} <= set(texts(inspector))
            reads = parts.versions.reads
            await select(bench, parts.train, 1)
            await select(bench, parts.train, 3)
            assert parts.versions.reads == reads + 1

    qt_run(scenario())


def test_what_is_no_bundle_is_shown_for_what_it_is(qt_run: QtRun) -> None:
    def fill(parts: Parts) -> None:
        parts.versions.add(parts.hymn, b"something else altogether", days=40)
        parts.versions.add(parts.hymn, sample_bundle("v1")[:5_000], days=41)

    async def scenario() -> None:
        async with bundles(fill) as (bench, parts):
            await select(bench, parts.hymn, 2)
            inspector = bench.controller.inspector
            assert "neither a bundle nor a project" in inspector.notice.sentence
            assert not inspector.units.isVisible()
            await select(bench, parts.hymn, 3)
            assert "cut off, or damaged" in inspector.notice.sentence

    qt_run(scenario())


def test_a_version_that_lost_its_boxes_is_warned_of(qt_run: QtRun) -> None:
    def fill(parts: Parts) -> None:
        parts.versions.add(parts.hymn, sample_bundle("v1"), days=40, boxes=3)

    async def scenario() -> None:
        async with bundles(fill) as (bench, parts):
            version = await select(bench, parts.hymn, 2)
            columns = {column.name: column for column in bench.controller.listing.model.columns}
            assert columns["state"].text(version) == "Boxes lost"
            assert "3 boxes where the version before has 36" in bench.controller.inspector.notice.sentence

    qt_run(scenario())


def test_contents_that_can_t_be_read_are_told_in_the_inspector(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            parts.versions.gate.failure = ConnectionLostError("The server is gone.")
            bench.controller.listing.view.go_to(0)
            await until(lambda: bench.controller.inspector.waiting.text() == "The server is gone.")
            parts.versions.gate.failure = None

    qt_run(scenario())


def test_the_chart_is_stepped_through_and_selects_a_version(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            bench.controller.narrow({"project_id": parts.train.id})
            await until(bench.controller.chart.isVisible)
            chart = bench.controller.chart
            assert [point.name for point in chart.points] == ["Version 1", "Version 2", "Version 3"]
            chart.setFocus()
            QTest.keyClick(chart, Qt.Key.Key_Home)
            QTest.keyClick(chart, Qt.Key.Key_Right)
            assert chart.pointed is not None
            assert chart.pointed.told == "Version 2 · 458 kB (same) · 11 Jan 2025"
            QTest.keyClick(chart, Qt.Key.Key_Return)
            await until(lambda: (shown := bench.controller.editing.shown) is not None and shown.version == 2)
            QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(chart.width() - 8, 40))
            await until(lambda: (shown := bench.controller.editing.shown) is not None and shown.version == 3)

    qt_run(scenario())


def test_a_version_is_labelled_and_pinned(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            version = await select(bench, parts.train, 2)
            line(bench.controller.inspector, "Label").setText("before the mix")
            bench.controller.inspector.form.save()
            await until(
                lambda: (row := parts.versions.table.get(version.id)) and row.label == "before the mix"
            )
            await until(lambda: bench.controller.unsaved() is None)
            bench.controller.toggle_pin()
            await until(lambda: any(row.pinned and row.id == version.id for row in parts.versions.table))
            await until(lambda: any(row.pinned for row in rows(bench)))

    qt_run(scenario())


def test_a_connection_that_only_reads_offers_no_changes(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles(read_only=True) as (bench, parts):
            await select(bench, parts.train, 1)
            inspector = bench.controller.inspector
            assert not inspector.restore_button.isVisible()
            assert inspector.compare_button.isVisible()
            bench.controller.handling.restore()
            bench.controller.handling.verify()
            await turns()
            assert not bench.dialogs()
            assert not parts.deeds.done

    qt_run(scenario())


def test_nothing_is_cut_in_a_small_window(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            bench.controller.narrow({"project_id": parts.train.id})
            await until(lambda: bench.controller.receiving_project() is not None)
            await select(bench, parts.train, 3)
            assert not cut_buttons(bench.window)

    qt_run(scenario())
