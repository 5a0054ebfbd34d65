"""A part that answers, and not as it should."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.self_test.part import NotPassedError


def check(_folder: Path) -> str:
    """Refuse."""
    raise NotPassedError("There is no such thing here.")
