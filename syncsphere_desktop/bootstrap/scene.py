"""What a scene of the tour is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from syncsphere_desktop.bootstrap.stage import Needs, Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture, or a few that belong together."""

    name: str
    needs: Needs
    play: Callable[[Stage], Awaitable[None]]
