"""Which of a user's things go to another, and how many did."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.errors import InputError


class Part(StrEnum):
    """A kind of thing that a user owns, made or holds."""

    PROJECTS = "projects"
    AUDIO = "audio"
    BUNDLES = "bundles"
    BOXES = "boxes"
    MEMBERSHIPS = "memberships"


EVERYTHING = frozenset(Part)


@dataclass(frozen=True, slots=True)
class HandOverCounts:
    """How many rows changed hands; `memberships` counts those moved and those merged into a present one."""

    projects: int = 0
    audio_files: int = 0
    bundles: int = 0
    boxes: int = 0
    memberships: int = 0


def check_hand_over(source: UserId, receiver: UserId, parts: Collection[Part]) -> None:
    """Raise InputError (field `to` or `parts`) for a hand-over that makes no sense."""
    if source == receiver:
        raise InputError("A user's things can't be handed over to the same user.", field="to")
    if not parts:
        raise InputError("Choose at least one kind of thing to hand over.", field="parts")
