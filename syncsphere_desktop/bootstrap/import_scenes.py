"""The scenes of importing: files are made on disk, dragged over the window, and really imported."""

from __future__ import annotations

import shutil
import tempfile
import wave
from array import array
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.ui.importing.controller import ImportController
from syncsphere_desktop.ui.importing.preview import ImportDialog
from syncsphere_desktop.ui.importing.report_dialog import ReportDialog
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog

_LEFT, _PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_COPY = Qt.DropAction.CopyAction
_RATE = 48_000
_TAKES = ("Bass DI", "Bass amp", "Overheads", "Room", "Lead vocal", "Harmony high", "Harmony low", "Rhodes")
_TAKES_EACH = 4
_SECONDS = 45


async def _import(stage: Stage) -> None:
    with tempfile.TemporaryDirectory() as home:
        takes = Path(home) / "Night session 12 March"
        _make_takes(takes, stage)
        await _drag(stage, takes)
        dialog = await stage.dialog(ImportDialog)
        await stage.until(lambda: dialog.plan is not None)
        await stage.settled()
        stage.shoot("import-preview")
        dialog.confirm.click()
        jobs = stage.program.desktop.jobs
        await stage.until(lambda: bool(jobs.running) and len(jobs.running[0].parts) > 1)
        await stage.until(lambda: not jobs.running or (jobs.running[0].fraction or 0.0) > 0.3)
        stage.shoot("import-progress")
        report = await stage.dialog(ReportDialog)
        stage.shoot("import-report")
        report.undo.click()
        sure = await stage.dialog(ConfirmDialog)
        stage.shoot("import-undo")
        sure.confirm_button.click()
        await stage.until(lambda: len(jobs.all) > 1 and not jobs.running)
        await stage.settled()
        stage.shoot("import-undone")
        jobs.clear_ended()


async def _drag(stage: Stage, takes: Path) -> None:
    """Drag the folder over the first project, take the picture, and drop it."""
    importing = stage.program.desktop.importing
    assert isinstance(importing, ImportController)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(takes))])
    window, overlay = stage.frame.window, importing.zone.overlay
    view = stage.projects.listing.view
    place = view.viewport().mapTo(window, QPoint(80, 3 * 32 + 16))
    QApplication.sendEvent(window, QDragEnterEvent(place, _COPY, mime, _LEFT, _PLAIN))
    await stage.until(lambda: bool(overlay.offered))
    QApplication.sendEvent(overlay, QDragMoveEvent(place, _COPY, mime, _LEFT, _PLAIN))
    await stage.settled()
    stage.shoot("import-drop")
    drop = QDropEvent(QPointF(place), _COPY, mime, _LEFT, _PLAIN, QEvent.Type.Drop)
    QApplication.sendEvent(overlay, drop)


def _make_takes(folder: Path, stage: Stage) -> None:
    """Make takes of several sizes, and beside them copies, a link, and what is no audio."""
    seed = sum(map(ord, stage.theme))  # the second theme's files must be new again
    number = 0
    for name in _TAKES:
        for take in range(1, _TAKES_EACH + 1):
            number += 1
            _write_wav(folder / name / f"{name} take {take}.wav", seed * 1000 + number, _SECONDS)
    (folder / "Copies").mkdir()
    for name in ("Bass DI", "Lead vocal"):
        shutil.copy(folder / name / f"{name} take 2.wav", folder / "Copies" / f"{name} (copy).wav")
    (folder / "Session notes.txt").write_text("Take 3 is the one.\n", encoding="utf-8")
    (folder / "Cover.wav").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(5000))
    (folder / "Room" / "Room take 5.wav").write_bytes(b"")
    (folder / "Mixes").symlink_to(folder, target_is_directory=True)


def _write_wav(path: Path, seed: int, seconds: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    period = array("h", ((seed * place * 37) % 20_000 - 10_000 for place in range(_RATE // 4)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(period.tobytes() * (8 * (seconds + seed % 9)))


IMPORT_SCENES: tuple[Scene, ...] = (Scene("import", Needs.PROJECTS, _import),)
