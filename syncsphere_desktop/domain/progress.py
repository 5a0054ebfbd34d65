"""How long work tells what it is at."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""Takes a short sentence and the share that is done, 0.0 to 1.0, or None where it can't be said."""


def silent(_sentence: str, _share: float | None) -> None:
    """Tell nobody."""
