"""Importing in the window: from the wish over the preview and the job to the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QListWidget

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.errors import StoreUnavailableError
from syncsphere_desktop.studio.audio_import.control import ImportState
from syncsphere_desktop.studio.audio_import.journal import InterruptedImport
from syncsphere_desktop.studio.audio_import.plan import Verdict
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.importing.preview import ImportDialog
from syncsphere_desktop.ui.importing.report_dialog import ReportDialog
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.segments import Segment
from tests.fakes.importing import FACTS, FakeImporter, planned
from tests.ui.bench import button, find_button, texts, turns, until
from tests.ui.importing.bench import ImportBench, import_bench
from tests.ui.loops import QtRun

MIXED = (
    planned("Kick.wav"),
    planned("Snare.wav"),
    planned("Old/Kick.wav", Verdict.DUPLICATE, "The project has the same content as Kick.wav."),
    planned("notes.txt", Verdict.NOT_AUDIO, "It's a text."),
    planned("secret.wav", Verdict.UNREADABLE, "You may not read it."),
)


async def previewed(bench: ImportBench) -> ImportDialog:
    """Wait for the preview with its plan."""
    dialog = await bench.beside.asked(ImportDialog)
    await until(lambda: dialog.plan is not None)
    await until(lambda: dialog.files.model.shown_query is not None)
    return dialog


def listed(dialog: ImportDialog | ReportDialog) -> list[str]:
    model = dialog.files.model
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_files_dropped_on_a_project_are_previewed_imported_and_told(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.part.take([Path("/takes")], bench.project)
            dialog = await previewed(bench)
            assert dialog.heading.text() == "Import takes"
            assert listed(dialog) == ["Kick.wav"]
            assert "1 new file, 1.23 MB." in texts(dialog)
            button(dialog, "Import 1 file").click()
            await bench.beside.told("Imported 1 file")
            assert bench.importer.runs[0][0].project_id == bench.project.id
            job = bench.beside.jobs.all[0]
            assert job.state is JobState.DONE
            assert job.offer is not None

    qt_run(scenario())


@pytest.mark.parametrize("what", ["choose_files", "choose_folder"])
def test_what_is_chosen_in_the_file_dialog_is_previewed(qt_run: QtRun, tmp_path: Path, what: str) -> None:
    (tmp_path / "takes").mkdir()
    (tmp_path / "Kick.wav").write_bytes(b"RIFF")
    chosen = "Kick.wav" if what == "choose_files" else "takes"

    async def scenario() -> None:
        async with import_bench() as bench:
            getattr(bench.part, what)(bench.project)
            chooser = await bench.beside.asked(QFileDialog)
            chooser.setDirectory(str(tmp_path))
            name = chooser.findChild(QLineEdit, "fileNameEdit")
            assert name is not None
            name.setText(str(tmp_path / chosen))
            chooser.accept()
            dialog = await previewed(bench)
            assert dialog.heading.text() == f"Import {chosen}"
            dialog.reject()

    qt_run(scenario())


def test_without_a_project_the_preview_asks_for_it_before_anything_is_looked_at(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.part.take([Path("/takes")])
            dialog = await bench.beside.asked(ImportDialog)
            assert "Into which project?" in texts(dialog)
            assert not dialog.confirm.isEnabled()
            assert not bench.importer.plans
            button(dialog, "Choose a project").click()
            popup = dialog.project.popup
            assert popup is not None
            found = popup.findChild(QListWidget)
            assert found is not None
            await until(lambda: found.count() == 1)
            QTest.keyClick(popup.picker.search, Qt.Key.Key_Down)
            QTest.keyClick(popup.picker.search, Qt.Key.Key_Return)
            await until(lambda: dialog.plan is not None)
            assert bench.importer.plans == [bench.project.id]
            dialog.reject()

    qt_run(scenario())


def test_the_preview_counts_what_becomes_of_files_and_shows_each_kind(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench(FakeImporter(MIXED)) as bench:
            bench.part.take([Path("/takes")], bench.project)
            dialog = await previewed(bench)
            assert "2 new files, 2.47 MB. 1 is here already, 2 can't be imported." in texts(dialog)
            segments = dialog.files.segments.findChildren(Segment)
            shown = [found.accessibleName() for found in segments if found.isVisible()]
            assert shown == ["All 5", "New 2", "Here already 1", "Not audio 1", "Unreadable 1"]
            segments[3].click()
            await until(lambda: listed(dialog) == ["notes.txt"])
            dialog.files.search.setText("secret")
            await until(lambda: "No files found" in texts(dialog))
            dialog.reject()

    qt_run(scenario())


def test_another_project_plans_anew_without_looking_at_the_files_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            stores = bench.beside.stores
            other = await stores.project("Second", await stores.user("ada"))
            bench.part.take([Path("/takes")], bench.project)
            dialog = await previewed(bench)
            dialog.project.choose(other)
            dialog.project.row_changed.emit(other)
            await until(lambda: dialog.plan is not None and dialog.plan.project_id == other.id)
            assert bench.importer.plans == [bench.project.id]
            assert bench.importer.replans == [other.id]
            dialog.reject()

    qt_run(scenario())


def test_leaving_the_preview_ends_the_planning(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.importer.planning.clear()
            bench.part.take([Path("/takes")], bench.project)
            dialog = await bench.beside.asked(ImportDialog)
            await until(lambda: bench.importer.plans)
            await until(lambda: "Looking into files: 3 to go…" in texts(dialog))
            assert not dialog.confirm.isEnabled()
            dialog.reject()
            await until(lambda: not bench.beside.dialogs())
            assert not bench.beside.jobs.all

    qt_run(scenario())


def test_a_store_that_is_away_is_said_in_place_of_the_files_and_can_be_tried_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.importer.failure = StoreUnavailableError("The audio storage is not there.")
            bench.part.take([Path("/takes")], bench.project)
            dialog = await bench.beside.asked(ImportDialog)
            await until(lambda: "The audio storage is not there." in texts(dialog))
            bench.importer.failure = None
            button(dialog, "Retry").click()
            await until(lambda: dialog.plan is not None)
            dialog.reject()

    qt_run(scenario())


def test_nothing_new_leaves_nothing_to_import(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench(FakeImporter(MIXED[2:])) as bench:
            bench.part.take([Path("/takes")], bench.project)
            dialog = await previewed(bench)
            assert dialog.confirm.text() == "Nothing to import"
            assert not dialog.confirm.isEnabled()
            dialog.reject()

    qt_run(scenario())


def test_an_import_is_paused_goes_on_and_is_cancelled_from_its_job(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            shown: list[bool] = []
            bench.beside.jobs.shown_requested.connect(lambda: shown.append(True))
            bench.importer.importing.clear()
            bench.part.take([Path("/takes")], bench.project)
            (await previewed(bench)).confirm.click()
            await until(lambda: bench.importer.controls)
            job = bench.beside.jobs.all[0]
            assert shown
            await until(lambda: job.parts)
            assert job.facts == "0 of 1 file · 617 kB of 1.23 MB · 84.0 MB/s · 35 s left"
            assert [part.name for part in job.parts] == ["Kick.wav"]
            control = bench.importer.controls[0]
            job.toggle_pause()
            assert control.state is ImportState.PAUSED
            job.toggle_pause()
            await until(lambda: control.state is ImportState.RUNNING)
            job.toggle_pause()
            job.cancel()
            await until(lambda: job.state is JobState.CANCELLED)
            assert bench.importer.forgotten

    qt_run(scenario())


def test_imports_wait_for_each_other(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.importer.importing.clear()
            for name in ("/first", "/second"):
                bench.part.take([Path(name)], bench.project)
                (await previewed(bench)).confirm.click()
                await until(lambda: not bench.beside.dialogs())
            await turns()
            assert len(bench.importer.runs) == 1
            bench.importer.importing.set()
            await until(lambda: len(bench.importer.runs) == 2)
            await until(lambda: not bench.beside.jobs.running)

    qt_run(scenario())


def test_what_was_not_imported_opens_the_report_on_it_and_the_report_is_saved(
    qt_run: QtRun, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with import_bench(FakeImporter(MIXED)) as bench:
            bench.part.take([Path("/takes")], bench.project)
            (await previewed(bench)).confirm.click()
            dialog = await bench.beside.asked(ReportDialog)
            await until(lambda: listed(dialog) == ["notes.txt", "secret.wav"])
            for ending in ("txt", "csv", "json"):
                bench.part.runs.save(dialog.report, tmp_path / f"report.{ending}")
                await bench.beside.told(f"The report is in report.{ending}.")
            assert "notes.txt: It's a text." in (tmp_path / "report.txt").read_text()
            assert (tmp_path / "report.csv").read_text().startswith("path,status,reason")
            assert len(json.loads((tmp_path / "report.json").read_text())["files"]) == 5
            bench.part.runs.save(dialog.report, tmp_path / "report.txt" / "no")
            await bench.beside.told("can't be written")
            dialog.reject()

    qt_run(scenario())


def test_an_import_is_undone_from_its_report_and_only_once(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench(FakeImporter(MIXED)) as bench:
            bench.part.take([Path("/takes")], bench.project)
            (await previewed(bench)).confirm.click()
            dialog = await bench.beside.asked(ReportDialog)
            button(dialog, "Undo import…").click()
            sure = await bench.beside.asked(ConfirmDialog)
            assert sure.heading.text() == "Undo the import of 2 files into Night Drive?"
            button(sure, "Cancel").click()
            await until(lambda: bench.beside.dialogs() == [dialog])
            assert not bench.importer.undone
            button(dialog, "Undo import…").click()
            sure = await bench.beside.asked(ConfirmDialog)
            button(sure, "Undo import").click()
            await bench.beside.told("1 file removed or replaced since: left as it is.")
            assert bench.importer.undone == [dialog.report.import_id]
            offer = bench.beside.jobs.all[1].offer
            assert offer is not None
            offer[1]()
            again = await bench.beside.asked(ReportDialog)
            assert "This import was undone." in texts(again)
            assert find_button(again, "Undo import…") is None
            again.reject()

    qt_run(scenario())


def test_the_imported_files_are_shown_in_the_library(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench(FakeImporter(MIXED)) as bench:
            bench.part.take([Path("/takes")], bench.project)
            (await previewed(bench)).confirm.click()
            dialog = await bench.beside.asked(ReportDialog)
            button(dialog, "Show in library").click()
            await until(lambda: bench.beside.opened)
            assert bench.beside.opened == [("library", {"import_id": str(dialog.report.import_id)})]

    qt_run(scenario())


def test_copied_files_are_pasted_into_the_selected_project(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.beside.controller.listing.view.go_to(0)
            await until(lambda: bench.beside.controller.editing.shown is not None)
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile("/takes/Kick 1.wav")])
            QGuiApplication.clipboard().setMimeData(mime)
            bench.part.paste()
            dialog = await previewed(bench)
            assert dialog.heading.text() == "Import Kick 1.wav"
            assert dialog.plan is not None
            assert dialog.plan.project_id == bench.project.id
            dialog.reject()
            await until(lambda: not bench.beside.dialogs())
            QGuiApplication.clipboard().setText("the kick is too loud")
            bench.part.paste()
            await bench.beside.told("The clipboard holds no files.")

    qt_run(scenario())


def test_a_connection_that_only_reads_says_so_and_imports_nothing(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench(refused="This connection only reads.", journals=True) as bench:
            bench.part.take([Path("/takes")], bench.project)
            await bench.beside.told("This connection only reads.")
            assert not bench.beside.dialogs()
            assert not bench.importer.recovered

    qt_run(scenario())


def test_an_import_that_was_cut_off_is_cleaned_up_and_offered_to_go_on(qt_run: QtRun) -> None:
    async def scenario() -> None:
        def cut(project: int) -> InterruptedImport:
            return InterruptedImport(uuid4(), ProjectId(project), (Path("/takes"),), None, "", "")

        importer = FakeImporter(cut_off=(cut(1), cut(99)), continues=True)
        async with import_bench(importer, journals=True) as bench:
            await bench.beside.told("The import of takes into Night Drive did not come to its end.")
            assert importer.recovered == 1
            await until(lambda: importer.forgotten == [importer.cut_off[1].import_id])
            button(bench.beside.toasts, "Go on").click()
            dialog = await previewed(bench)
            assert "An import of these files was cut off; this goes on with it." in texts(dialog)
            dialog.reject()

    qt_run(scenario())


def test_going_on_with_an_import_whose_uploader_was_deleted_says_so_and_proposes_nobody(
    qt_run: QtRun,
) -> None:
    async def scenario() -> None:
        cut = InterruptedImport(uuid4(), ProjectId(1), (Path("/takes"),), UserId(99), "", "")
        async with import_bench(FakeImporter(cut_off=(cut,), continues=True), journals=True) as bench:
            await bench.beside.told("The import of takes into Night Drive did not come to its end.")
            button(bench.beside.toasts, "Go on").click()
            dialog = await previewed(bench)
            await bench.beside.told("The user who was to be the uploader was deleted meanwhile")
            assert dialog.uploader.row is None
            dialog.reject()

    qt_run(scenario())


def test_a_name_that_tells_of_another_format_gets_a_hint_in_the_last_column(qt_run: QtRun) -> None:
    async def scenario() -> None:
        flac = replace(FACTS, format=AudioFormat.FLAC)
        files = (replace(planned("Kick.wav"), facts=flac), planned("Snare.wav"), planned("Tape"))
        async with import_bench(FakeImporter(files)) as bench:
            bench.part.take([Path("/takes")], bench.project)
            dialog = await previewed(bench)
            model = dialog.files.model
            last = model.columnCount() - 1
            assert model.headerData(last, Qt.Orientation.Horizontal) == "Why"
            told = {listed(dialog)[row]: model.index(row, last).data() for row in range(model.rowCount())}
            assert told == {
                "Kick.wav": "It's FLAC inside, not what its name says; it's imported as FLAC.",
                "Snare.wav": "",
                "Tape": "",
            }
            dialog.reject()

    qt_run(scenario())


def test_leaving_the_session_ends_an_import_and_closes_the_importer(qt_run: QtRun) -> None:
    async def scenario() -> None:
        importer = FakeImporter()
        async with import_bench(importer) as bench:
            importer.importing.clear()
            bench.part.take([Path("/takes")], bench.project)
            (await previewed(bench)).confirm.click()
            await until(lambda: importer.controls)
            job = bench.beside.jobs.all[0]
            states: list[JobState] = []
            job.changed.connect(lambda: states.append(job.state))
            job.toggle_pause()
        assert importer.controls[0].cancelled
        assert states[-1] is JobState.CANCELLED
        assert importer.closed == 1

    qt_run(scenario())
