"""The bundles view: the timeline, its chart, contents, comparing, and what is done with versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import ConnectionLostError
from syncsphere_desktop.studio.bundle_contents import BundleContents
from syncsphere_desktop.studio.bundles.child.desk import OwnProcess
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.bundles.controller import BundleParts, BundlesController
from syncsphere_desktop.ui.bundles.dialogs import ImportBundlesDialog, NewProjectCopyDialog
from syncsphere_desktop.ui.bundles.diff_dialog import TEXT, DiffDialog
from syncsphere_desktop.ui.bundles.diff_rows import Mark
from syncsphere_desktop.ui.bundles.restore_dialog import RestoreDialog
from syncsphere_desktop.ui.bundles.retention_dialog import STAYS, RetentionDialog
from syncsphere_desktop.ui.importing.targets import HasReceiver, TakesFiles
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from tests.bundle_maker import sample_bundle
from tests.fakes.bundles import START, EmptyLibrary, InMemoryDeeds, InMemoryHolders, InMemoryVersions
from tests.ui.bench import (
    NOW,
    Bench,
    Stores,
    button,
    cut_buttons,
    line,
    loaded,
    texts,
    turns,
    until,
    view_bench,
)
from tests.ui.loops import QtRun


class Parts:
    """What the view was built over."""

    versions: InMemoryVersions
    holders: InMemoryHolders
    deeds: InMemoryDeeds
    train: Project
    hymn: Project


@asynccontextmanager
async def bundles(
    fill: Callable[[Parts], None] | None = None, *, read_only: bool = False
) -> AsyncIterator[tuple[Bench[BundlesController], Parts]]:
    """Night train has three versions, of which the second is as the first; Hymn has one."""
    stores, parts = Stores(), Parts()
    ada = await stores.user("ada")
    parts.train = await stores.project("Night train", ada)
    parts.hymn = await stores.project("Hymn", ada)
    parts.versions = versions = InMemoryVersions(stores.studio)
    parts.holders = InMemoryHolders(stores.studio.gate)
    parts.deeds = InMemoryDeeds(versions, stores.projects, NOW)
    for version, days in (("v1", 0), ("v1", 10), ("v2", 20)):
        versions.add(parts.train, sample_bundle(version), days=days)
    versions.add(parts.hymn, sample_bundle("v1"), days=30)
    if fill is not None:
        fill(parts)

    def make(stores: Stores, context: ViewContext) -> BundlesController:
        return BundlesController(
            BundleParts(
                versions=versions,
                marks=versions,
                projects=stores.projects,
                contents=BundleContents(versions, EmptyLibrary(), OwnProcess()),
                holders=parts.holders.rows,
                people=stores.users.rows,
                deeds=parts.deeds,
            ),
            context,
            lambda: NOW,
            read_only=read_only,
        )

    async with view_bench(make, stores) as bench:
        yield bench, parts


def rows(bench: Bench[BundlesController]) -> list[BundleVersion]:
    model = bench.controller.listing.model
    return [row for at in range(model.count.value) if (row := model.row(at)) is not None]


async def select(bench: Bench[BundlesController], project: Project, number: int) -> BundleVersion:
    found = rows(bench)
    place = next(at for at, row in enumerate(found) if (row.project_id, row.version) == (project.id, number))
    bench.controller.listing.view.go_to(place)
    await until(lambda: bench.controller.editing.shown == found[place])
    await until(lambda: bench.controller.inspector.shows_contents)
    await turns()
    return found[place]


async def compared(bench: Bench[BundlesController]) -> DiffDialog:
    dialog = await bench.asked(DiffDialog)
    await until(lambda: dialog.shown is not None)
    return dialog


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
            assert {"Version 3 of Night train", "Version 1 of Hymn"} <= set(texts(dialog))
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


def test_restoring_says_whose_tracks_change_and_adds_a_version(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.train, 1)
            bench.controller.inspector.restore_button.click()
            dialog = await bench.asked(RestoreDialog)
            await until(dialog.confirm_button.isEnabled)
            told = " ".join(texts(dialog))
            assert "Version 3 and every other version stay as they are" in told
            assert "Tracks of 1 person change: bob" in told
            assert any("Lead Synth" in each.text for each in dialog.units.lines)
            dialog.confirm_button.click()
            await bench.told("Version 1 of Night train is restored as version 4")
            await until(lambda: (shown := bench.controller.editing.shown) is not None and shown.version == 4)

    qt_run(scenario())


def test_a_question_can_be_left_while_it_is_still_finding_out(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.train, 1)
            parts.versions.gate.close()
            bench.controller.handling.restore()
            dialog = await bench.asked(RestoreDialog)
            assert not dialog.confirm_button.isEnabled()
            dialog.reject()
            await until(lambda: not bench.dialogs())

    qt_run(scenario())


def test_retention_is_simulated_and_applied(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            bench.controller.narrow({"project_id": parts.train.id})
            await until(lambda: bench.controller.receiving_project() is not None)
            bench.controller.handling.simulate_retention()
            dialog = await bench.asked(RetentionDialog)
            await until(lambda: dialog.simulation is not None)
            first = dialog.simulation
            dialog.days.setValue(0)
            dialog.then.setCurrentIndex(dialog.then.count() - 1)
            dialog.then.activated.emit(dialog.then.currentIndex())
            await until(lambda: dialog.simulation is not first)
            await until(lambda: dialog.summary.text() == "Frees 916 kB, keeps 1")
            assert [each.text for each in dialog.lines.lines] == ["Version 1", "Version 2"]
            assert "too old" in dialog.lines.lines[0].aside
            dialog.switch.chosen.emit(STAYS)
            assert [each.text for each in dialog.lines.lines] == ["Version 3"]
            button(dialog, "Remove 2 versions").click()
            await bench.told("2 versions removed (916 kB).")
            await until(lambda: [row.version for row in rows(bench)] == [3])

    qt_run(scenario())


def test_a_bundle_is_imported_after_it_was_looked_at(qt_run: QtRun, tmp_path: Path) -> None:
    good, bad = tmp_path / "mine.odb", tmp_path / "notes.odb"
    good.write_bytes(sample_bundle("v2"))
    bad.write_bytes(b"no bundle")

    async def scenario() -> None:
        async with bundles() as (bench, parts):
            assert isinstance(bench.controller, TakesFiles)
            assert isinstance(bench.controller, HasReceiver)
            lines = [path.as_uri() for path in (good, bad)]
            assert bench.controller.takes_files(lines)
            assert not bench.controller.takes_files(["file:///tmp/kick.wav"])
            bench.controller.take_files(lines, parts.hymn)
            dialog = await bench.asked(ImportBundlesDialog)
            told = " ".join(texts(dialog))
            assert "notes.odb is left out: It's not a bundle" in told
            assert "5 units" in told
            dialog.confirm_button.click()
            await bench.told("mine.odb is version 2 of Hymn now.")
            await until(lambda: (shown := bench.controller.editing.shown) is not None and shown.version == 2)

    qt_run(scenario())


def test_a_file_that_is_no_bundle_is_refused(qt_run: QtRun, tmp_path: Path) -> None:
    bad = tmp_path / "notes.odb"
    bad.write_bytes(b"no bundle")

    async def scenario() -> None:
        async with bundles() as (bench, parts):
            bench.controller.handling.take([bad], parts.hymn)
            await bench.told("notes.odb: It's not a bundle")
            assert not bench.dialogs()

    qt_run(scenario())


def test_versions_are_exported_into_a_folder_as_a_job(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, _parts):
            view = bench.controller.listing.view
            view.go_to(1)
            view.selection.extend_to(3)
            await turns()
            bench.controller.handling.export_into(tmp_path)
            await bench.told("3 versions written.")
            assert len(list(tmp_path.glob("*.odb"))) == 3
            assert [job.state for job in bench.jobs.all] == [JobState.DONE]

    qt_run(scenario())


def test_a_version_is_copied_into_another_and_into_a_new_project(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            await select(bench, parts.train, 3)
            bench.controller.handling.copy()
            dialog = await bench.asked(ChooseProjectDialog)
            dialog.accept_with(parts.hymn)
            await bench.told("It is version 2 of Hymn now.")
            await until(lambda: (shown := bench.controller.editing.shown) is not None and shown.version == 2)
            bench.controller.handling.copy_to_new_project()
            asked = await bench.asked(NewProjectCopyDialog)
            assert line(asked, "Name").text() == "Hymn (copy)"
            asked.confirm.click()
            await until(lambda: asked.fields.field("owner_id").error == "Choose who owns the project.")
            asked.reject()

    qt_run(scenario())


def test_versions_are_verified_as_a_job(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            bench.controller.handling.verify()
            await bench.told("4 versions sound.")
            assert parts.deeds.done == ["verify None"]

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
