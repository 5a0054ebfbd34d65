"""What a change would touch, counted before anybody confirms it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserImpact:
    """What hangs on some users: what they own, made or hold. All are row counts."""

    projects_owned: int = 0
    collaborations: int = 0
    audio_files: int = 0
    bundles: int = 0
    boxes: int = 0

    @property
    def blocks_removal(self) -> bool:
        """Whether rows without ON DELETE CASCADE still point here, so that they must be handed over first."""
        return bool(self.projects_owned or self.audio_files or self.bundles or self.boxes)


@dataclass(frozen=True, slots=True)
class ProjectImpact:
    """What goes with some projects when they are removed (all of it by ON DELETE CASCADE)."""

    collaborators: int = 0
    audio_files: int = 0
    audio_bytes: int = 0
    bundles: int = 0
    bundle_bytes: int = 0
    boxes: int = 0
