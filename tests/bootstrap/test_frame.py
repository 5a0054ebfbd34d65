"""The painted frame, in a process of its own: it makes the application and changes how Python imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import inspect
from syncsphere_desktop.bootstrap.frame import build_frame, paint

frame = build_frame()
paint(frame)
print(frame.window.isVisible(), not frame.window.grab().isNull())

read = []
inspect.getsource = read.append
import wave
print(read)

frame.app.setStyleSheet("")  # which hides the style below it
print(frame.app.style().name())
"""


def test_the_frame_is_painted_in_our_style_and_imports_read_no_sources(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "SYNCSPHERE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.splitlines() == ["True True", "[]", "fusion"]
    assert done.stderr == ""
