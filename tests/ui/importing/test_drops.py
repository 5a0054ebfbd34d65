"""Files dragged over the window: where they may be dropped, what is said of it, and where they go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.importing.preview import ImportDialog
from tests.fakes.importing import FakeImporter
from tests.ui.bench import turns, until
from tests.ui.importing.bench import ImportBench, import_bench
from tests.ui.loops import QtRun

_BUTTONS, _KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_ACTIONS = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


class Dragged:
    """A drag of one file, sent to widgets as the window system does."""

    def __init__(self, bench: ImportBench, *, files: bool = True, name: str = "Kick.wav") -> None:
        self.window = bench.beside.window
        self.overlay = bench.part.zone.overlay
        self.mime = QMimeData()
        if files:
            self.mime.setUrls([QUrl.fromLocalFile(f"/takes/{name}")])
        else:
            self.mime.setText("Kick")

    def enter(self, place: QPoint) -> bool:
        """Come into the window, and on to what covers it then; return whether a drop is taken."""
        event = QDragEnterEvent(place, _ACTIONS, self.mime, _BUTTONS, _KEYS)
        QApplication.sendEvent(self.window, event)
        if self.overlay.isVisible():
            QApplication.sendEvent(self.window, QDragLeaveEvent())
            event = QDragEnterEvent(place, _ACTIONS, self.mime, _BUTTONS, _KEYS)
            QApplication.sendEvent(self.overlay, event)
        return event.isAccepted()

    def move(self, place: QPoint) -> bool:
        """Go on to a place in the window; return whether a drop is taken there."""
        event = QDragMoveEvent(place, _ACTIONS, self.mime, _BUTTONS, _KEYS)
        QApplication.sendEvent(self.overlay, event)
        return event.isAccepted()

    def leave(self) -> None:
        """Go out of the window."""
        QApplication.sendEvent(self.overlay, QDragLeaveEvent())

    def drop(self, place: QPoint) -> QDropEvent:
        """Let go."""
        event = QDropEvent(QPointF(place), _ACTIONS, self.mime, _BUTTONS, _KEYS, QEvent.Type.Drop)
        QApplication.sendEvent(self.overlay, event)
        return event


def middle(widget: QWidget, window: QWidget) -> QPoint:
    return widget.mapTo(window, widget.rect().center())


def row_of(bench: ImportBench) -> QPoint:
    """Return a place in the first row of the list of projects, in the window."""
    view = bench.beside.controller.listing.view
    return view.viewport().mapTo(bench.beside.window, QPoint(40, 16))


def test_a_drop_on_a_row_goes_into_that_project_and_is_a_copy(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            drag = Dragged(bench)
            assert drag.enter(QPoint(600, 20))
            assert drag.overlay.sentence == "Drop to import audio You choose the project next."
            assert drag.move(row_of(bench))
            assert drag.overlay.sentence == "Drop to import into Night Drive"
            drag.overlay.grab()
            event = drag.drop(row_of(bench))
            assert event.dropAction() is Qt.DropAction.CopyAction
            assert drag.overlay.isHidden()
            dialog = await bench.beside.asked(ImportDialog)
            await until(lambda: dialog.plan is not None)
            assert dialog.plan is not None
            assert dialog.plan.sources == (Path("/takes/Kick.wav"),)
            assert dialog.plan.project_id == bench.project.id
            dialog.reject()

    qt_run(scenario())


def test_bundles_are_not_called_audio_and_go_where_bundles_are_taken(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            taken: list[str] = []
            drag = Dragged(bench, name="Song.odb")
            drag.enter(QPoint(600, 20))
            assert not drag.move(QPoint(600, 21))
            assert drag.overlay.sentence == (
                "Bundles are imported in the view of bundles: hold them over its name."
            )
            bench.shown[:] = [BundleTaker(taken)]
            assert drag.move(QPoint(600, 22))
            assert drag.overlay.sentence == "Drop to import bundles You choose the project next."
            drag.drop(QPoint(600, 22))
            await until(lambda: taken == ["file:///takes/Song.odb"])
            assert not bench.beside.dialogs()

    qt_run(scenario())


class BundleTaker:
    """A view that takes bundles for something of its own."""

    def __init__(self, taken: list[str]) -> None:
        self._taken = taken

    def takes_files(self, lines: Sequence[str]) -> bool:
        return all(line.endswith(".odb") for line in lines)

    def take_files(self, lines: Sequence[str], into: Project | None) -> None:
        self._taken += lines


def test_projects_are_offered_in_the_sidebar_while_files_are_dragged(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            drag = Dragged(bench)
            drag.enter(QPoint(600, 20))
            await until(lambda: drag.overlay.offered)
            project, area = drag.overlay.offered[0]
            assert bench.beside.window.sidebar.geometry().contains(area.center())
            assert drag.move(area.center())
            assert drag.overlay.sentence == f"Drop to import into {project.name}"
            drag.overlay.grab()
            drag.drop(area.center())
            dialog = await bench.beside.asked(ImportDialog)
            assert dialog.project.row == project
            dialog.reject()
            await until(lambda: not bench.beside.dialogs())
            assert not drag.overlay.offered

    qt_run(scenario())


def test_a_drop_anywhere_else_goes_into_the_selected_project(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.beside.controller.listing.view.go_to(0)
            await until(lambda: bench.beside.controller.editing.shown is not None)
            drag = Dragged(bench)
            drag.enter(QPoint(600, 20))
            assert drag.overlay.sentence == "Drop to import into Night Drive"
            drag.drop(QPoint(600, 20))
            dialog = await bench.beside.asked(ImportDialog)
            assert dialog.project.row is not None
            dialog.reject()

    qt_run(scenario())


def test_what_names_no_files_is_not_taken(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            drag = Dragged(bench, files=False)
            assert not drag.enter(QPoint(600, 20))
            assert drag.overlay.isHidden()

    qt_run(scenario())


def test_a_connection_that_only_reads_says_why_nothing_can_be_dropped(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench(refused="This connection only reads.") as bench:
            drag = Dragged(bench)
            assert not drag.enter(QPoint(600, 20))
            assert drag.overlay.sentence == "This connection only reads."
            drag.overlay.grab()
            assert not drag.drop(QPoint(600, 20)).isAccepted()
            await turns()
            assert not bench.beside.dialogs()

    qt_run(scenario())


def test_nothing_is_taken_while_a_dialog_asks(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            bench.part.take([Path("/takes")], bench.project)
            dialog = await bench.beside.asked(ImportDialog)
            drag = Dragged(bench)
            assert not drag.enter(QPoint(600, 20))
            assert drag.overlay.isHidden()
            dialog.reject()

    qt_run(scenario())


def test_leaving_the_window_takes_the_frame_away_also_when_it_was_only_brushed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            drag = Dragged(bench)
            drag.enter(QPoint(600, 20))
            drag.leave()
            assert drag.overlay.isHidden()
            event = QDragEnterEvent(QPoint(2, 2), _ACTIONS, drag.mime, _BUTTONS, _KEYS)
            QApplication.sendEvent(drag.window, event)
            assert drag.overlay.isVisible()
            QApplication.sendEvent(drag.window, QDragLeaveEvent())
            await until(drag.overlay.isHidden)

    qt_run(scenario())


def test_resting_on_a_view_in_the_sidebar_goes_there(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with import_bench() as bench:
            drag = Dragged(bench)
            drag.enter(QPoint(600, 20))
            sidebar = bench.beside.window.sidebar
            item = next(found for found in sidebar.children() if getattr(found, "destination", None))
            assert isinstance(item, QWidget)
            drag.move(middle(item, bench.beside.window))
            await asyncio.sleep(0.1)
            assert not bench.views
            await until(lambda: bench.views == ["users"])
            drag.leave()

    qt_run(scenario())


def test_ten_thousand_dropped_files_are_taken(qt_run: QtRun) -> None:
    async def scenario() -> None:
        importer = FakeImporter()
        async with import_bench(importer) as bench:
            drag = Dragged(bench)
            drag.mime.setData(
                "text/uri-list", b"".join(b"file:///takes/%d.wav\r\n" % number for number in range(10_000))
            )
            drag.enter(row_of(bench))
            drag.drop(row_of(bench))
            dialog = await bench.beside.asked(ImportDialog)
            assert dialog.heading.text() == "Import 10\u202f000 files and folders"
            dialog.reject()

    qt_run(scenario())
