"""The whole program started on a bundle file, as by a double click: no connection, and a clean end."""

from __future__ import annotations

import shutil
from pathlib import Path

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.bootstrap.program import StartWish
from syncsphere_desktop.cli.parser import parse
from syncsphere_desktop.ui.app.actions import visible_actions
from syncsphere_desktop.ui.bundles.file_dialog import BundleFileDialog
from tests.e2e.test_program import running
from tests.ui.bench import texts, until
from tests.ui.loops import QtRun


def test_the_window_opens_on_a_file_without_a_connection_and_ends_with_it_open(
    tmp_path: Path, qt_run: QtRun
) -> None:
    file = Path(shutil.copy(RESOURCES / "sample" / "studio-project-v2.odb", tmp_path / "Midnight.odb"))

    async def scenario() -> None:
        wish = StartWish(bundle_file=parse([str(file)]).bundle_file)
        async with running(tmp_path / "home", wish) as run:
            dialog = await run.asked(BundleFileDialog)
            await until(lambda: dialog.inspector.shows_contents)
            assert "Midnight Session" in texts(dialog)
            assert run.program.desktop.session is None
            assert run.program.connecting.page.isVisible()

    qt_run(scenario())


def test_the_app_itself_is_among_all_commands(tmp_path: Path, qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with running(tmp_path / "home", StartWish()) as run:
            await until(run.program.connecting.page.isVisible)
            offered = {action.text() for action in visible_actions(run.frame.window)}
            assert {"About SyncSphere Desktop", "Check for updates…", "Open a bundle file…"} <= offered

    qt_run(scenario())
