"""One box of a project: the table's word on it, and what the feed said since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership import Holding, HoldingState

GRACE_SECONDS = 0.4
"""How long the feed may be ahead of the table: some services tell first and write then."""
_PAST_KEPT = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: by the wall clock, with a zone, and in seconds of a clock that never jumps."""

    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What the feed said of a box since the table's last word.

    `said_at` is by the clock of who said it, `heard` in our seconds. `before` are the holders that were shown
    when it came.
    """

    owner_id: UserId | None
    said_at: datetime | None
    heard: float
    before: tuple[UserId, ...]

    @property
    def owners(self) -> tuple[UserId, ...]:
        """The holders to show."""
        return () if self.owner_id is None else (self.owner_id,)


@dataclass(frozen=True, slots=True)
class Box:
    """One box as it is shown.

    `holding` is the table's word, None where only the feed speaks of the box. `changed_at` (with a zone) is
    when the shown holders last changed before our eyes, None when they are as they were first read. `learnt`
    is when the table's word came to be known as it is.
    """

    box_uuid: UUID
    holding: Holding | None
    learnt: Moment
    claim: Claim | None = None
    changed_at: datetime | None = None
    noticed: float = float("-inf")
    """When a notice last spoke of it, in seconds: a read that began earlier does not know it."""
    past: tuple[tuple[UserId | None, float], ...] = ()
    """What the table said before, and until when."""

    @property
    def table_owners(self) -> tuple[UserId, ...]:
        """The holders by the table; more than one where its rows contradict each other."""
        return () if self.holding is None else self.holding.owners

    @property
    def owners(self) -> tuple[UserId, ...]:
        """The holders to show."""
        if self.claim is not None:
            return self.claim.owners
        return () if self.holding is None else self.holding.owners

    @property
    def owner_id(self) -> UserId | None:
        """The holder to show; of several the first."""
        owners = self.owners
        return owners[0] if owners else None

    @property
    def is_confirmed(self) -> bool:
        """Whether the table says the same."""
        return self.claim is None

    @property
    def state(self) -> HoldingState:
        """What it is by the holders that are shown."""
        owners = self.owners
        if not owners:
            return HoldingState.UNOWNED
        return HoldingState.HELD if len(owners) == 1 else HoldingState.CONTESTED

    @property
    def since(self) -> datetime | None:
        """Since when it is held as it is shown, with a zone; None where nothing says it."""
        if self.claim is not None:
            return self.changed_at
        return None if self.holding is None else self.holding.since

    @property
    def track_index(self) -> int | None:
        """Its place in the timeline, as far as the table says."""
        return None if self.holding is None else self.holding.track_index


def told(
    old: Box, holding: Holding | None, learnt: Moment, now: Moment, *, noticed: float | None = None
) -> Box:
    """Return a box after the table's word. A claim that may be ahead of it stays for a moment."""
    owners = () if holding is None else holding.owners
    is_news = owners != old.table_owners
    claim = old.claim
    if claim is not None and (
        agrees(owners, claim.owner_id)
        or learnt.seconds > claim.heard + GRACE_SECONDS
        or (is_news and owners != claim.before)
    ):
        claim = None
    past = old.past
    if is_news:
        before = old.table_owners[0] if len(old.table_owners) == 1 else None
        past = (*past, (before, now.seconds))[-_PAST_KEPT:]
    shown = owners if claim is None else claim.owners
    return Box(
        old.box_uuid,
        holding,
        learnt if is_news else old.learnt,
        claim,
        old.changed_at if shown == old.owners else now.at,
        old.noticed if noticed is None else noticed,
        past,
    )


def with_claim(old: Box, *, claim: Claim | None, changed_at: datetime | None) -> Box:
    """Return a box with another claim, or with None as the table says."""
    return Box(old.box_uuid, old.holding, old.learnt, claim, changed_at, old.noticed, old.past)


def agrees(owners: tuple[UserId, ...], owner_id: UserId | None) -> bool:
    """Whether a holder, or None for nobody, is what the table says; of several holders each one is."""
    return not owners if owner_id is None else owner_id in owners


def is_older(one: datetime | None, other: datetime | None) -> bool:
    """Whether the one time is certainly before the other."""
    return one is not None and other is not None and one < other
