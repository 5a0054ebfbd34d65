"""A bundle file without any connection: what it holds, or what it is instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.file_dialog import BundleFileDialog, BundleFiles
from syncsphere_desktop.ui.theme.controller import ThemeController
from tests.bundle_maker import bundle, graph, sample_bundle
from tests.ui.bench import texts, until
from tests.ui.loops import QtRun


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    made = MainWindow(DESTINATIONS, ThemeController(qapp))
    made.show()
    yield made
    made.close_now()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def shown(window: MainWindow, path: Path) -> str:
    """Return what the dialog says of a file."""
    errors: list[AppError] = []
    bugs: list[BaseException] = []
    scope = TaskScope("test", on_error=errors.append, report_bug=bugs.append)
    BundleFiles(scope, window).open(path)
    await until(lambda: any(dialog.isVisible() for dialog in window.findChildren(BundleFileDialog)))
    dialog = next(found for found in window.findChildren(BundleFileDialog) if found.isVisible())
    await until(lambda: dialog.inspector.is_empty or dialog.inspector.shows_contents)
    said = " | ".join([*texts(dialog.inspector), dialog.inspector.notice.sentence])
    dialog.reject()
    await until(lambda: not dialog.isVisible())
    await scope.shutdown()
    assert not [*errors, *bugs]
    return said


def test_its_music_tracks_and_samples_are_shown(window: MainWindow, qt_run: QtRun, tmp_path: Path) -> None:
    path = tmp_path / "Midnight.odb"
    path.write_bytes(sample_bundle("v2"))

    said = qt_run(shown(window, path))

    assert "Midnight.odb" in said
    assert "Midnight Session" in said
    assert "4 tracks" in said
    assert "1 sample" in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"RIFF no bundle at all", "neither a bundle nor a project"),
        (b"", "empty"),
        (sample_bundle("v2")[:200_000], "damaged"),
        (bundle(graph([]), version=b"99"), "newer version"),
    ],
    ids=["foreign", "empty", "damaged", "newer"],
)
def test_what_is_no_whole_bundle_is_told_for_what_it_is(
    content: bytes, sentence: str, window: MainWindow, qt_run: QtRun, tmp_path: Path
) -> None:
    path = tmp_path / "file.odb"
    path.write_bytes(content)

    assert sentence in qt_run(shown(window, path)).lower()


def test_a_file_that_is_not_there_or_a_folder_is_told(
    window: MainWindow, qt_run: QtRun, tmp_path: Path
) -> None:
    assert "no such file" in qt_run(shown(window, tmp_path / "gone.odb"))
    assert "it is a folder" in qt_run(shown(window, tmp_path))
