"""A part that never ends, with something running that must not be left behind."""

from __future__ import annotations

import threading
from pathlib import Path


def check(folder: Path) -> str:
    """Wait for what never comes."""
    (folder / "left").write_text("behind")
    threading.Event().wait()
    return ""
