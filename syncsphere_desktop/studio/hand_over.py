"""Handing everything that a user owns, made or holds to another, with what is said before and after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from syncsphere_desktop.domain.hand_over import EVERYTHING, HandOverCounts, Part, check_hand_over
from syncsphere_desktop.domain.impact import UserImpact, belongings_sentence
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.studio.ports import UserStore


@dataclass(frozen=True, slots=True)
class HandOver:
    """A hand-over that was counted and not yet done."""

    source: User
    receiver: User
    parts: frozenset[Part]
    impact: UserImpact

    @property
    def sentence(self) -> str:
        """Return what it will touch, as the dialog asks."""
        things = belongings_sentence(self.impact)
        return f"{self.receiver.username} receives {things} of {self.source.username}."


async def plan_hand_over(
    users: UserStore, source: User, receiver: User, parts: Collection[Part] = EVERYTHING
) -> HandOver:
    """Count what would change hands; raises InputError where the hand-over makes no sense."""
    check_hand_over(source.id, receiver.id, parts)
    found = await users.impact([source.id])
    impact = UserImpact(
        projects_owned=found.projects_owned if Part.PROJECTS in parts else 0,
        collaborations=found.collaborations if Part.MEMBERSHIPS in parts else 0,
        audio_files=found.audio_files if Part.AUDIO in parts else 0,
        bundles=found.bundles if Part.BUNDLES in parts else 0,
        boxes=found.boxes if Part.BOXES in parts else 0,
    )
    return HandOver(source, receiver, frozenset(parts), impact)


async def carry_out(users: UserStore, plan: HandOver) -> tuple[HandOverCounts, str]:
    """Do it in one transaction; return what changed hands and the sentence that tells it."""
    counts = await users.hand_over(plan.source.id, plan.receiver.id, plan.parts)
    moved = UserImpact(
        projects_owned=counts.projects,
        collaborations=counts.memberships,
        audio_files=counts.audio_files,
        bundles=counts.bundles,
        boxes=counts.boxes,
    )
    return counts, f"{plan.receiver.username} received {belongings_sentence(moved)}."
