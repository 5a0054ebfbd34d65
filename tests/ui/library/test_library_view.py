"""The library view: the list and its filters, the inspector, work on many files, a store that is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QMenu, QPushButton, QToolButton, QWidget

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import NotAudioError, StoreUnavailableError
from syncsphere_desktop.ui.app.actions import visible_actions
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.library.controller import LibraryController, LibraryParts
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog, RemoveFilesDialog, ReplaceFileDialog
from syncsphere_desktop.ui.library.player import PlayerState
from syncsphere_desktop.ui.library.sound_output import SoundOutput
from tests.fakes.library import (
    FakeDeeds,
    FakeFetcher,
    FakeOutput,
    FakeStore,
    FakeWaveforms,
    InMemoryAudio,
    without_sound,
)
from tests.ui.bench import (
    NOW,
    Bench,
    Stores,
    button,
    cut_buttons,
    find_button,
    line,
    loaded,
    texts,
    turns,
    until,
    view_bench,
)
from tests.ui.loops import QtRun


class Studio:
    """Tape and Night drive, with three files; what the view works with, in memory."""

    def __init__(self) -> None:
        self.stores = Stores()
        self.audio = InMemoryAudio(self.stores.studio)
        self.store = FakeStore()
        self.deeds = FakeDeeds(self.audio)
        self.waveforms = FakeWaveforms()
        self.fetcher = FakeFetcher()
        self.output = FakeOutput()
        self.ada: User
        self.tape: Project
        self.night: Project

    async def fill(self) -> None:
        self.ada = await self.stores.user("ada")
        self.tape = await self.stores.project("Tape", self.ada)
        self.night = await self.stores.project("Night drive", self.ada)
        mine = {"project_id": self.tape.id, "uploaded_by": self.ada.id}
        self.audio.put("Kick.wav", duration=0.5, **mine)  # type: ignore[arg-type]
        self.audio.put("Snare.wav", channels=1, **mine)  # type: ignore[arg-type]
        self.audio.put("Vox.flac", project_id=self.night.id, format="flac", sample_rate=44_100, duration=90.0)

    def view(
        self, *, read_only: bool, output: Callable[[], SoundOutput] | None = None
    ) -> Callable[[Stores, ViewContext], LibraryController]:
        parts = LibraryParts(
            files=self.audio,
            projects=self.stores.projects,
            users=self.stores.users,
            store=self.store,
            deeds=self.deeds,
            waveform_of=self.waveforms,
            fetcher=self.fetcher,
            make_output=output or (lambda: self.output),
        )
        return lambda _stores, context: LibraryController(parts, context, lambda: NOW, read_only=read_only)


LibraryBench = Bench[LibraryController]


@asynccontextmanager
async def library(
    *,
    read_only: bool = False,
    output: Callable[[], SoundOutput] | None = None,
    prepare: Callable[[Studio], None] = lambda _studio: None,
) -> AsyncIterator[tuple[LibraryBench, Studio]]:
    studio = Studio()
    await studio.fill()
    prepare(studio)
    async with view_bench(studio.view(read_only=read_only, output=output), studio.stores) as bench:
        bench.window.activateWindow()  # shortcuts and Tab work in an active window alone
        await until(bench.window.isActiveWindow)
        yield bench, studio


def names(bench: LibraryBench) -> list[str]:
    model = bench.controller.listing.model
    return [row.filename for at in range(model.count.value) if (row := model.row(at)) is not None]


async def select(bench: LibraryBench, name: str) -> AudioFile:
    bench.controller.listing.view.go_to(names(bench).index(name))
    await until(lambda: (shown := bench.controller.editing.shown) is not None and shown.filename == name)
    shown = bench.controller.editing.shown
    assert shown is not None
    return shown


async def narrowed(bench: LibraryBench, **filters: object) -> list[str]:
    bench.controller.narrow(filters)  # type: ignore[arg-type]
    await loaded(bench.controller)
    return sorted(names(bench))


def chips(bench: LibraryBench) -> dict[str, QToolButton]:
    found = bench.controller.filters.findChildren(QToolButton)
    return {chip.text(): chip for chip in found if chip.isVisible()}


async def choose(dialog: QWidget, name: str) -> None:
    assert isinstance(dialog, ChooseProjectDialog)
    dialog.picker.search.setText(name)
    dialog.picker.search.returnPressed.emit()
    found = dialog.picker.findChildren(QListWidget)[0]
    await until(lambda: found.count() == 1 and name in found.item(0).text())
    QTest.keyClick(dialog.picker.search, Qt.Key.Key_Down)


def test_the_newest_files_come_first(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            assert names(bench) == ["Vox.flac", "Snare.wav", "Kick.wav"]

    qt_run(scenario())


def test_a_selected_file_shows_its_sound_and_its_facts(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            await select(bench, "Vox.flac")
            panel = bench.controller.inspector.listen
            await until(lambda: panel.waveform.has_peaks)
            said = texts(bench.controller.inspector)
            assert {"Vox.flac", "FLAC · 44.1 kHz · Stereo", "Night drive", "1:30", "1.00 MB"} <= set(said)
            assert panel.time == "0:00.0 / 1:30.0"
            assert studio.waveforms.asked == ["Vox.flac"]

    qt_run(scenario())


def test_files_that_arrow_keys_go_past_are_not_read(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            for name in ("Vox.flac", "Snare.wav", "Kick.wav"):
                await select(bench, name)
            await until(lambda: bench.controller.inspector.listen.waveform.has_peaks)
            assert studio.waveforms.asked == ["Kick.wav"]

    qt_run(scenario())


def test_a_file_that_is_no_audio_says_why_it_has_no_picture(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            studio.waveforms.failure = NotAudioError("It's a picture.")
            await select(bench, "Kick.wav")
            await until(lambda: bench.controller.inspector.listen.waveform.sentence == "It's a picture.")

    qt_run(scenario())


def test_the_space_bar_in_the_list_plays_and_pauses(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            await select(bench, "Kick.wav")
            view = bench.controller.listing.view
            QTest.keyClick(view, Qt.Key.Key_Space)
            await until(lambda: bench.controller.sound.player.state is PlayerState.PLAYING)
            assert studio.output.loaded == Path("/stored/Kick.wav")
            assert bench.controller.inspector.listen.play.accessibleName() == "Pause"
            QTest.keyClick(view, Qt.Key.Key_Space)
            await until(lambda: bench.controller.sound.player.state is PlayerState.PAUSED)
            QTest.keyClick(view, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
            assert bench.controller.listing.view.selection.count == 0

    qt_run(scenario())


def test_a_machine_without_sound_shows_everything_and_says_so(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library(output=without_sound) as (bench, _studio):
            await select(bench, "Kick.wav")
            panel = bench.controller.inspector.listen
            await until(lambda: panel.waveform.has_peaks)
            panel.play.click()
            assert panel.problem == "This machine has no sound device."
            assert not panel.play.isEnabled()
            QTest.mouseClick(panel.waveform, Qt.MouseButton.LeftButton, pos=QPoint(100, 40))
            assert panel.waveform.position > 0

    qt_run(scenario())


def test_a_store_that_is_away_is_told_and_the_list_works(qt_run: QtRun) -> None:
    async def scenario() -> None:
        def away(studio: Studio) -> None:
            studio.store.next_problem = StoreUnavailableError("The folder is not there.", details="ENOENT")
            studio.waveforms.failure = studio.store.next_problem

        async with library(prepare=away) as (bench, studio):
            notice = bench.controller.notice
            await until(notice.isVisible)
            assert notice.sentence.startswith("The folder is not there.")
            await select(bench, "Kick.wav")
            panel = bench.controller.inspector.listen
            await until(lambda: "storage is away" in panel.waveform.sentence)
            studio.store.next_problem = studio.waveforms.failure = None
            button(bench.window, "Look again").click()
            await until(notice.isHidden)
            await until(lambda: panel.waveform.has_peaks)
            assert bench.errors == []

    qt_run(scenario())


def test_a_store_that_comes_back_is_noticed_without_being_asked_for(qt_run: QtRun) -> None:
    async def scenario() -> None:
        def away(studio: Studio) -> None:
            studio.store.next_problem = StoreUnavailableError("The folder is not there.", details="ENOENT")

        async with library(prepare=away) as (bench, studio):
            notice = bench.controller.notice
            await until(notice.isVisible)
            button(notice, "Details").click()
            notice.pace.setInterval(1)
            looked = studio.store.looked
            await until(lambda: studio.store.looked > looked + 2)
            assert find_button(notice, "Hide details"), "a look does not fold what somebody reads"
            studio.store.next_problem = None
            await until(notice.isHidden)
            await until(lambda: not notice.pace.isActive())

    qt_run(scenario())


def test_a_store_that_is_read_only_is_told(qt_run: QtRun) -> None:
    async def scenario() -> None:
        def locked(studio: Studio) -> None:
            studio.store.is_read_only = True

        async with library(prepare=locked) as (bench, studio):
            notice = bench.controller.notice
            await until(notice.isVisible)
            assert "read only" in notice.sentence
            assert not notice.pace.isActive()
            studio.store.is_read_only = False
            notice.look()
            await until(notice.isHidden)

    qt_run(scenario())


def test_filters_show_as_chips_that_drop_them(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            assert await narrowed(bench, format="wav", channels=1) == ["Snare.wav"]
            assert list(chips(bench)) == ["Format: WAV", "Channels: Mono"]
            chips(bench)["Channels: Mono"].click()
            await loaded(bench.controller)
            assert sorted(names(bench)) == ["Kick.wav", "Snare.wav"]
            assert list(chips(bench)) == ["Format: WAV"]
            chips(bench)["Format: WAV"].click()
            await loaded(bench.controller)
            assert len(names(bench)) == 3
            assert bench.controller.filters.isHidden()

    qt_run(scenario())


def test_the_menu_narrows_by_each_facet(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            menu = bench.controller.filters.menu()
            length = next(part for part in menu.findChildren(QMenu) if part.title() == "Length")
            next(part for part in length.actions() if part.text() == "Under 2 s").trigger()
            await until(lambda: bench.controller.listing.filters == {"duration_max": 2.0})
            await loaded(bench.controller)
            assert names(bench) == ["Kick.wav"]
            menu.deleteLater()

    qt_run(scenario())


def test_another_view_narrows_by_id_and_the_chip_has_the_name(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            shown = await narrowed(bench, project_id=studio.tape.id, user_id=studio.ada.id)
            assert shown == ["Kick.wav", "Snare.wav"]
            await until(lambda: list(chips(bench)) == ["Project: Tape", "Uploader: ada"])
            assert bench.controller.receiving_project() == studio.tape
            await narrowed(bench)
            assert bench.controller.receiving_project() is None

    qt_run(scenario())


def test_a_project_is_chosen_to_list_its_files(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            bench.controller.choose_project()
            dialog = await bench.asked(ChooseProjectDialog)
            await choose(dialog, "Night")
            assert dialog.confirm.text() == "Show the files of Night drive"
            dialog.confirm.click()
            await until(lambda: list(chips(bench)) == ["Project: Night drive"])
            await loaded(bench.controller)
            assert names(bench) == ["Vox.flac"]

    qt_run(scenario())


def test_duplicates_stand_together(qt_run: QtRun) -> None:
    async def scenario() -> None:
        def double(studio: Studio) -> None:
            for name in ("One.wav", "Two.wav"):
                studio.audio.put(name, sha256="ab" * 32, copies=2)

        async with library(prepare=double) as (bench, _studio):
            assert await narrowed(bench, duplicates=True) == ["One.wav", "Two.wav"]
            await narrowed(bench)
            await select(bench, "One.wav")
            button(bench.window, "1 copy").click()
            await loaded(bench.controller)
            assert sorted(names(bench)) == ["One.wav", "Two.wav"]
            assert list(chips(bench)) == ["Copies of one file"]

    qt_run(scenario())


def test_a_name_is_edited_in_the_inspector(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            file = await select(bench, "Kick.wav")
            line(bench.controller.inspector, "File name").setText("Kick 2.wav")
            bench.controller.inspector.form.save()
            await bench.told("Kick 2.wav was saved.")
            stored = studio.audio.files.get(file.id)
            assert stored is not None
            assert stored.filename == "Kick 2.wav"
            assert studio.waveforms.asked.count("Kick 2.wav") == 0  # a name is no other content

    qt_run(scenario())


def test_many_files_move_to_another_project_as_a_job(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            bench.controller.listing.view.selection.select_all()
            await turns()
            assert {"3 files selected", "3.00 MB · 1:33"} <= set(texts(bench.controller.inspector))
            button(bench.window, "Move to another project…").click()
            dialog = await bench.asked(ChooseProjectDialog)
            await choose(dialog, "Night")
            dialog.confirm.click()
            await bench.told("3 files moved.")
            assert {file.project_id for file in studio.audio.files} == {studio.night.id}
            (job,) = bench.jobs.all
            assert (job.title, job.state) == ("Move 3 files to Night drive", JobState.DONE)

    qt_run(scenario())


def test_files_are_removed_to_quarantine_with_a_reason(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            view = bench.controller.listing.view
            view.go_to(0)
            view.selection.extend_to(1)
            await turns()
            studio.deeds.refused = {view.selection.rows()[0].id: "It is used by an import."}
            QTest.keyClick(view, Qt.Key.Key_Delete)
            dialog = await bench.asked(RemoveFilesDialog)
            assert dialog.windowTitle() == "Remove 2 files?"
            assert dialog.safe_button.hasFocus()
            dialog.findChildren(QLineEdit)[0].setText("Old takes")
            dialog.confirm_button.click()
            await bench.told(
                "1 file removed to quarantine (1.00 MB). 1 file left out: It is used by an import."
            )
            assert studio.deeds.reasons == ["Old takes"]
            await until(lambda: len(names(bench)) == 2)

    qt_run(scenario())


def test_a_removal_names_the_versions_that_use_the_file(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library(prepare=lambda studio: _used(studio, 3)) as (bench, _studio):
            await select(bench, "Bass.wav")
            bench.controller.remove()
            dialog = await bench.asked(RemoveFilesDialog)
            assert any("3 bundle versions still name it" in said for said in texts(dialog))
            dialog.reject()

    qt_run(scenario())


def _used(studio: Studio, versions: int) -> None:
    studio.audio.put("Bass.wav", used_by=versions, state=ContentState.SOUND)


def test_files_are_downloaded_as_a_job(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            bench.controller.listing.view.selection.select_all()
            bench.controller.handling.download_to(tmp_path)
            await bench.told(f"3 files copied to {tmp_path.name} (3.00 MB).")
            assert {name for name, _folder in studio.deeds.downloaded} == {
                "Kick.wav",
                "Snare.wav",
                "Vox.flac",
            }

    qt_run(scenario())


def test_a_job_that_fails_tells_why_and_keeps_the_files(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            studio.deeds.failure = StoreUnavailableError("The storage went away.")
            await select(bench, "Kick.wav")
            bench.controller.reprobe()
            await bench.told("The storage went away.")
            assert bench.jobs.all[0].state is JobState.FAILED
            assert len(names(bench)) == 3

    qt_run(scenario())


def test_a_content_is_replaced_and_drawn_anew(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            file = await select(bench, "Kick.wav")
            await until(lambda: studio.waveforms.asked == ["Kick.wav"])
            bench.controller.handling.replace_by(file, Path("/takes/New kick.wav"))
            dialog = await bench.asked(ReplaceFileDialog)
            dialog.confirm_button.click()
            await bench.told("Kick.wav has the content of New kick.wav now.")
            await until(lambda: studio.waveforms.asked == ["Kick.wav", "Kick.wav"])
            assert bench.controller.inspector.listen.time.endswith("/ 0:09.0")

    qt_run(scenario())


def test_a_connection_that_only_reads_offers_no_change(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library(read_only=True) as (bench, studio):
            await select(bench, "Kick.wav")
            for text in ("Replace…", "Remove…", "Move…", "Import files", "Save"):
                assert find_button(bench.window, text) is None
            assert find_button(bench.window, "Download…") is not None
            for wish in (bench.controller.remove, bench.controller.move, bench.controller.replace):
                wish()
            await turns()
            assert bench.dialogs() == []
            assert studio.deeds.reasons == []

    qt_run(scenario())


def test_leaving_many_selected_files_shows_none(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            bench.controller.listing.view.selection.select_all()
            await turns()
            bench.controller.listing.view.selection.clear()
            await turns()
            assert "No file selected" in texts(bench.controller.inspector)

    qt_run(scenario())


def test_everything_is_reached_by_keyboard_in_the_order_of_the_eye(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            await narrowed(bench, format="wav")
            await select(bench, "Kick.wav")
            panel = bench.controller.inspector.listen
            await until(lambda: panel.waveform.has_peaks)
            bench.controller.frame.search.setFocus()
            met: list[str] = []
            for _ in range(40):
                focused = bench.window.focusWidget()
                assert focused is not None
                name = focused.accessibleName() or (
                    focused.text() if isinstance(focused, QPushButton) else ""
                )
                if name in met:
                    break
                met.append(name)
                QTest.keyClick(focused, Qt.Key.Key_Tab)
            wanted = ["Filter", "Import files", "Format: WAV: drop this filter", "Files", "Waveform", "Play"]
            assert [name for name in met if name in wanted] == wanted
            assert {"File name", "Move…", "Download…", "Replace…", "Remove…"} <= set(met)
            assert all(met), met

    qt_run(scenario())


def test_every_action_is_in_the_palette_with_a_key_of_its_own(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, _studio):
            actions = visible_actions(bench.window)
            keys = [key.toString() for action in actions for key in action.shortcuts()]
            assert len(keys) == len(set(keys)), keys
            told = {action.text() for action in actions}
            assert {"Play or pause", "Download…", "Filter…", "Remove to quarantine…"} <= told

    qt_run(scenario())


def test_nothing_is_cut_with_long_names_in_a_small_window(qt_run: QtRun) -> None:
    async def scenario() -> None:
        long = "Wiederaufnahme der Streichersätze für „Nächtliche Überlandfahrt“ im Winterhalbjahr.wav"

        def add(studio: Studio) -> None:
            studio.audio.put(long, project_id=studio.tape.id, sha256="ab" * 32, copies=12, used_by=3)

        async with library(prepare=add) as (bench, _studio):
            await select(bench, long)
            await narrowed(bench, format="wav", channels=2, sample_rate=48_000, project_id=1, duplicates=True)
            await turns()
            assert cut_buttons(bench.window) == []

    qt_run(scenario())


def test_a_row_that_another_view_chose_is_alone_selected_and_has_a_chip(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with library() as (bench, studio):
            await select(bench, "Kick.wav")
            other = next(file for file in studio.audio.files if file.filename != "Kick.wav")
            bench.controller.narrow({"ids": str(other.id)})
            model = bench.controller.listing.model
            await until(lambda: model.count.value == 1 and not model.is_dimmed)
            await until(lambda: bench.controller.editing.shown is not None)
            shown = bench.controller.editing.shown
            assert shown is not None
            assert shown.id == other.id
            assert bench.controller.listing.view.verticalScrollBar().value() == 0
            (chip,) = bench.controller.filters.findChildren(QToolButton)
            assert chip.text() == "One chosen file"
            chip.click()
            await until(lambda: model.count.value == 3)

    qt_run(scenario())
