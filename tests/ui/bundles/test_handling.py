"""What is done with versions in the view: restored, copied, imported, exported, pruned, verified."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.bundles.dialogs import ImportBundlesDialog, NewProjectCopyDialog
from syncsphere_desktop.ui.bundles.restore_dialog import RestoreDialog
from syncsphere_desktop.ui.bundles.retention_dialog import STAYS, RetentionDialog
from syncsphere_desktop.ui.importing.targets import HasReceiver, TakesFiles
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from tests.bundle_maker import sample_bundle
from tests.ui.bench import (
    button,
    line,
    texts,
    turns,
    until,
)
from tests.ui.bundles.bundle_bench import bundles, rows, select
from tests.ui.loops import QtRun


def test_restoring_says_whose_tracks_change_and_adds_a_version(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with bundles() as (bench, parts):
            version = await select(bench, parts.train, 1)
            bench.controller.inspector.restore_button.click()
            dialog = await bench.asked(RestoreDialog)
            await until(dialog.confirm_button.isEnabled)
            told = " ".join(texts(dialog))
            assert "Who is online is not known." in told
            for parts.deeds.online, sentence in (
                ((), "Nobody has the project open."),
                (("cleo", "dan"), "Online in the project: cleo, dan."),
            ):
                dialog.show_impact(await parts.deeds.restore_impact(version.id))
                assert sentence in " ".join(texts(dialog))
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
