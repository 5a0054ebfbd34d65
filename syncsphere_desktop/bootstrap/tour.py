"""The tour: every view, dialog and important state as a PNG, on a sample studio made for it alone.

Nothing is staged: rows come from PostgreSQL, a list loads because its table is locked, a conflict is there
because another connection changed the row, and offline means that the server was stopped.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import qasync

from syncsphere_desktop.bootstrap.frame import Frame, build_frame
from syncsphere_desktop.bootstrap.program import Program
from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.scenes import SCENES
from syncsphere_desktop.bootstrap.stage import Stage
from syncsphere_desktop.errors import FileError, UsageError
from syncsphere_desktop.settings import HOME_VARIABLE, Paths, ThemeMode
from syncsphere_desktop.studio.local_studio import LocalStudio
from syncsphere_desktop.ui.app.qt_messages import log_qt_messages
from syncsphere_desktop.ui.app.window_actions import install_actions


def render(out: Path, themes: Sequence[str], only: str) -> list[Path]:
    """Render the scenes whose names begin with `only`, in each theme; return the files written.

    Raises UsageError for a name that no scene has, LocalStudioError, FileError.
    """
    scenes = [scene for scene in SCENES if scene.name.startswith(only)]
    if not scenes:
        names = ", ".join(sorted({scene.name.split("-")[0] for scene in SCENES}))
        raise UsageError(f"No scene is called “{only}”; there are: {names}.")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"No pictures can be put into {out}.", details=error.strerror) from error
    end_messages = log_qt_messages()
    with tempfile.TemporaryDirectory(prefix="syncsphere-tour-") as home:
        paths = Paths.of_this_user({HOME_VARIABLE: home})
        studio = LocalStudio(paths)
        try:
            return [file for theme in themes for file in _render_theme(out, theme, scenes, paths, studio)]
        finally:
            studio.stop(force=True)
            end_messages()


def _render_theme(
    out: Path, theme: str, scenes: Sequence[Scene], paths: Paths, studio: LocalStudio
) -> list[Path]:
    studio.start()
    frame = build_frame(paths)
    frame.theme.set_mode(ThemeMode(theme))
    loop = qasync.QEventLoop(frame.app)
    with loop:
        return list(loop.run_until_complete(_play(out, theme, scenes, frame, studio)))


async def _play(
    out: Path, theme: str, scenes: Sequence[Scene], frame: Frame, studio: LocalStudio
) -> list[Path]:
    bugs: list[BaseException] = []
    program = Program(frame, recovery_seconds=2.0)
    program.presenter.bug_reported.connect(bugs.append)
    install_actions(frame.window, frame.theme, program.desktop, switch_server=lambda: None)
    frame.window.resize(1440, 900)
    frame.window.show()
    stage = Stage(frame, program, studio, out, theme)
    try:
        for scene in scenes:
            await stage.prepare(scene.needs)
            await scene.play(stage)
            await stage.clear()
    finally:
        await program.shutdown()
        frame.window.close_now()
    if bugs:
        raise RuntimeError(f"The tour met {len(bugs)} bugs; their reports are in the log.")
    return stage.written
