"""Removing users: what it will touch is said first, and nothing they own is lost by surprise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.impact import (
    Leavings,
    UserImpact,
    belongings_sentence,
    refuse_removal,
)
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio.ports import UserStore


@dataclass(frozen=True, slots=True)
class Removal:
    """A removal that was counted and not yet done: `receiver` gets all, `release` clears references."""

    users: tuple[User, ...]
    impact: UserImpact
    receiver: User | None = None
    release: bool = False

    @property
    def leavings(self) -> Leavings:
        """Return what becomes of what they own, as the store takes it."""
        return Leavings(self.receiver.id if self.receiver else None, self.release)

    @property
    def sentence(self) -> str:
        """Return what it will touch: `... releases 7 tracks, leaves 12 audio files without an uploader`."""
        names = ", ".join(user.username for user in self.users[:3])
        if len(self.users) > 3:
            names += f" and {counted(len(self.users) - 3, 'other')}"
        return f"Removing {names} {self._touches()}."

    def check(self) -> None:
        """Raise InUseError where the store would refuse this removal."""
        refuse_removal(self.impact, self.leavings)

    def _touches(self) -> str:
        impact = self.impact
        if self.receiver is not None:
            return f"hands {belongings_sentence(impact)} over to {self.receiver.username}"
        parts = [
            (impact.boxes, f"releases {counted(impact.boxes, 'track')}"),
            (
                impact.audio_files,
                f"leaves {counted(impact.audio_files, 'audio file')} without an uploader",
            ),
            (impact.bundles, f"leaves {counted(impact.bundles, 'bundle version')} without a creator"),
            (impact.projects_owned, f"leaves {counted(impact.projects_owned, 'project')} without an owner"),
            (impact.collaborations, f"ends {counted(impact.collaborations, 'collaboration')}"),
        ]
        told = [text for number, text in parts if number]
        return ", ".join(told) if told else "touches nothing else"


async def plan_removal(
    users: UserStore, chosen: Sequence[User], *, receiver: User | None = None, release: bool = False
) -> Removal:
    """Count what hangs on the chosen users; raises InputError for a receiver who is one of them."""
    if receiver is not None and release:
        raise InputError("Hand over or release: one of the two.", field="release")
    if receiver is not None and receiver.id in {user.id for user in chosen}:
        raise InputError(
            f"“{receiver.username}” is to be removed too and can't receive anything.", field="to"
        )
    impact = await users.impact([user.id for user in chosen])
    return Removal(tuple(chosen), impact, receiver, release)


async def carry_out(users: UserStore, removal: Removal) -> UserImpact:
    """Remove them in one transaction; return what hung on them. Raises InUseError, NotFoundError."""
    return await users.remove([user.id for user in removal.users], removal.leavings)
