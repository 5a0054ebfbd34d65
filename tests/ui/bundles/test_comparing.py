"""Versions are compared: side by side, as text, with a file, with owners then and now."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication

from syncsphere_desktop.ui.bundles.diff_dialog import TEXT
from syncsphere_desktop.ui.bundles.diff_rows import Mark
from tests.bundle_maker import sample_bundle
from tests.fakes.bundles import START
from tests.ui.bench import (
    NOW,
    texts,
    turns,
    until,
)
from tests.ui.bundles.bundle_bench import bundles, compared, select
from tests.ui.loops import QtRun


def test_a_version_is_compared_with_the_one_before_it(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.train, 3)
            bench.controller.inspector.compare_button.click()
            dialog = await compared(bench)
            told = [(row.mark, row.before, row.after) for row in dialog.list.rows]
            assert (Mark.CHANGED, "tempo 118 bpm", "tempo 122 bpm") in told
            assert (Mark.ADDED, "", "automation of volume") in told
            assert (Mark.ADDED, "", "4 notes") in told
            dialog.show_as(TEXT)
            assert "tempo 118 → 122 bpm" in dialog.words.toPlainText()
            dialog.copy_button.click()
            copied = QGuiApplication.clipboard().text()
            assert copied.startswith("Version 2 → Version 3")
            assert "renamed from “Lead Synth”" in copied
            dialog.reject()

    qt_run(scenario())


def test_who_held_a_track_then_is_told_only_where_it_is_known(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            version = await select(bench, parts.train, 3)
            unit = (await bench.controller._parts.contents.of(version)).bundle.named[0]
            parts.holders.hold(parts.train, unit.uuid, "ada", START)
            parts.holders.hold(parts.train, unit.tracks[0].uuid, "bob", version.created_at or NOW)
            bench.controller.comparing.compare()
            dialog = await compared(bench)
            heading = next(row for row in dialog.list.rows if row.before == "Lead Synth")
            assert heading.owners_before == "ada, perhaps others"
            assert heading.owners_after == "ada, bob"
            dialog.reject()

    qt_run(scenario())


def test_two_versions_of_two_projects_are_compared(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, _parts):
            view = bench.controller.listing.view
            view.go_to(0)
            view.selection.extend_to(1)
            await turns()
            bench.controller.comparing.compare()
            dialog = await compared(bench)
            await until(lambda: {"Version 3 of Night train", "Version 1 of Hymn"} <= set(texts(dialog)))
            dialog.reject()

    qt_run(scenario())


def test_a_version_is_compared_with_a_file(qt_run: QtRun, tmp_path: Path) -> None:
    file = tmp_path / "mine.odb"
    file.write_bytes(sample_bundle("v2"))

    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.train, 3)
            bench.controller.comparing.compare_with(file)
            dialog = await compared(bench)
            assert not dialog.list.rows
            assert "Nothing differs" in texts(dialog)
            dialog.reject()

    qt_run(scenario())


def test_the_first_version_has_nothing_to_be_compared_with(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.hymn, 1)
            bench.controller.comparing.compare()
            await bench.told("is the first one")

    qt_run(scenario())
