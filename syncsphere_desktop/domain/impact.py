"""What a change would touch, counted before anybody confirms it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.errors import InUseError


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


@dataclass(frozen=True, slots=True)
class Leavings:
    """What becomes of what removed users own: handed over, or left without an owner; else it is refused."""

    hand_over_to: UserId | None = None
    release: bool = False


def belongings_sentence(impact: UserImpact) -> str:
    """Return what hangs on users, such as `2 projects, 12 audio files and 7 tracks`; `nothing` for none."""
    kinds = [
        (impact.projects_owned, "project", None),
        (impact.audio_files, "audio file", None),
        (impact.bundles, "bundle version", None),
        (impact.boxes, "track", None),
        (impact.collaborations, "collaboration", None),
    ]
    parts = [counted(number, noun, plural) for number, noun, plural in kinds if number]
    if len(parts) > 1:
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    return parts[0] if parts else "nothing"


def refuse_removal(impact: UserImpact, leavings: Leavings) -> None:
    """Raise InUseError, naming what is owned, where users can't be removed so."""
    if leavings.hand_over_to is not None or not impact.blocks_removal:
        return
    if leavings.release and not impact.projects_owned:
        return
    if leavings.release:
        raise InUseError(
            f"A project can't be left without an owner: {counted(impact.projects_owned, 'project')} must be"
            " handed over, transferred or removed first.",
            impact=asdict(impact),
            details=f"In all: {belongings_sentence(impact)}.",
        )
    raise InUseError(
        f"This would leave {belongings_sentence(impact)} behind: hand it over, or leave it without an owner.",
        impact=asdict(impact),
    )
