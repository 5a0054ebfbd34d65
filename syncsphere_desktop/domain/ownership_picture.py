"""Who holds which track of a project, as it is shown: the table's word, and before it the feed's.

The table is the truth. What the feed says is shown at once as unconfirmed, and the table's next word confirms
it or takes it back. Nothing here asks a clock or a server: moments and words are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import (
    ChangeSource,
    Holding,
    HoldingState,
    OwnershipChange,
    holding_of,
)

GRACE_SECONDS = 0.4
"""How long the feed may be ahead of the table: some services tell first and write then."""
ECHO_SECONDS = 5.0
"""How long a value that the table gave up is taken for old news when the feed says it again."""
NOTICE_LAG_SECONDS = 1.0
"""How long after a read a notice may still tell of something that the read knew already."""
_PAST_KEPT = 4
_CLAIMS_KEPT = 10_000
"""Of boxes that the table does not know; a feed that makes up boxes must not fill the memory."""
_ROWLESS_KEPT = 1_000
"""Of boxes whose last row went away; they are forgotten when the table is read, which more ask for."""


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
        if self.claim is None:
            return self.table_owners
        return () if self.claim.owner_id is None else (self.claim.owner_id,)

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


@dataclass(frozen=True, slots=True)
class Step:
    """What a word did to the picture.

    `repaint` are the boxes that look different, `changes` the changes of holders among them. `wants_read`
    says that only reading the table can tell the whole of it.
    """

    changes: tuple[OwnershipChange, ...] = ()
    repaint: frozenset[UUID] = frozenset()
    wants_read: bool = False


NOTHING = Step()
_WANTS_READ = Step(wants_read=True)


class Picture:
    """The boxes of one project. It lives: who shows it looks again when told that something changed.

    `read_at` is when the table was last read, None before the first time.
    """

    def __init__(self, project_id: ProjectId) -> None:
        self.project_id = project_id
        self._boxes: dict[UUID, Box] = {}
        self._unconfirmed: set[UUID] = set()
        self._rowless: set[UUID] = set()
        self._read_at: Moment | None = None
        self.boxes: Mapping[UUID, Box] = MappingProxyType(self._boxes)

    @property
    def read_at(self) -> Moment | None:
        """When the read of the table began that was taken in last."""
        return self._read_at

    @property
    def unconfirmed(self) -> frozenset[UUID]:
        """The boxes whose shown holder the table has not confirmed yet."""
        return frozenset(self._unconfirmed)

    @property
    def has_unconfirmed(self) -> bool:
        """Whether there is any."""
        return bool(self._unconfirmed)

    def owners(self) -> dict[UUID, tuple[UserId, ...]]:
        """Return the table's word on every box that has a row."""
        return {uuid: box.table_owners for uuid, box in self._boxes.items() if box.holding is not None}

    def take_read(self, holdings: Iterable[Holding], began: Moment, now: Moment) -> Step:
        """Take in all that the table says; boxes it does not name have no row any more.

        A box that a notice spoke of after `began` stays as the notice said, and another read is wanted.
        """
        step = _Steps(self, ChangeSource.TABLE, now)
        unseen = set(self._boxes)
        for holding in holdings:
            unseen.discard(holding.box_uuid)
            old = self._boxes.get(holding.box_uuid)
            if old is None:
                step.put(None, Box(holding.box_uuid, holding, began))
            elif old.noticed >= began.seconds:
                step.wants_read = step.wants_read or old.holding != holding
            elif old.claim is not None or old.holding != holding:
                step.put(old, _told(old, holding, began, now))
        for uuid in unseen:
            old = self._boxes[uuid]
            if old.noticed >= began.seconds:
                step.wants_read = True
                continue
            new = _told(old, None, began, now)
            step.put(old, new if new.claim is not None else None)
        is_first = self._read_at is None
        self._read_at = began
        return step.done(silent=is_first)

    def take_notice(self, change: OwnershipChange, now: Moment) -> Step:
        """Take in what a trigger of the table told. Notices come in the order of the commits."""
        old = self._boxes.get(change.box_uuid)
        held = None if old is None else old.holding
        rows = {} if held is None else dict(zip(held.row_ids, held.row_owners, strict=True))
        is_next = True
        if change.row_id is None:
            rows, is_next = {}, False
        elif change.row_id in rows:
            if not change.gone and rows[change.row_id] == change.owner_id:
                return NOTHING
            is_next = rows[change.row_id] == change.previous_owner_id
        elif change.gone:
            return NOTHING
        else:
            is_next = change.previous_owner_id is None
        read = self._read_at
        if not is_next and read is not None and now.seconds - read.seconds < NOTICE_LAG_SECONDS:
            return _WANTS_READ  # the read was ahead of the notice, most likely
        step = _Steps(self, change.source, now, at=change.at)
        # A row whose former owner is not the one we know: something was missed on the way.
        step.wants_read = not is_next or len(self._rowless) > _ROWLESS_KEPT
        holding = _with_change(held, rows, change)
        known = old or Box(change.box_uuid, None, now)
        new = _told(known, holding, now, now, noticed=now.seconds)
        step.put(old, new)
        return step.done()

    def take_claim(
        self, box_uuid: UUID, owner_id: UserId | None, said_at: datetime | None, now: Moment
    ) -> Step:
        """Take in what the feed said. What is older than the table's word, or repeats it, shows nothing."""
        old = self._boxes.get(box_uuid)
        if old is None:
            if len(self._unconfirmed) >= _CLAIMS_KEPT:
                return _WANTS_READ
            learnt = self._read_at or now
            if said_at is not None and self._read_at is not None and said_at < learnt.at:
                return _WANTS_READ
            old = Box(box_uuid, None, learnt)
            known: Box | None = None
        else:
            known = old
        step = _Steps(self, ChangeSource.FEED, now)
        if _agrees(old.table_owners, owner_id):
            if old.claim is None:
                return NOTHING if known is not None else _WANTS_READ
            if _is_older(said_at, old.claim.said_at):
                return _WANTS_READ
            step.put(known, _box(old, claim=None, changed_at=now.at))
        elif self._is_old_news(old, owner_id, said_at, now):
            return _WANTS_READ
        else:
            claim = Claim(owner_id, said_at, now.seconds, old.owners)
            step.put(known, _box(old, claim=claim, changed_at=now.at))
        step.wants_read = True
        return step.done()

    def _is_old_news(self, box: Box, owner_id: UserId | None, said_at: datetime | None, now: Moment) -> bool:
        """Whether a claim tells nothing newer than what is known, by its own clock or by what it says.

        Clocks differ: who is told off wrongly is shown when the table was read, a moment later.
        """
        if _is_older(said_at, box.learnt.at):
            return True
        if box.claim is not None and (
            _is_older(said_at, box.claim.said_at) or box.claim.owner_id == owner_id
        ):
            return True
        return any(owner == owner_id and now.seconds - until < ECHO_SECONDS for owner, until in box.past)

    def clear(self, now: Moment) -> Step:
        """Forget every box: the project is gone."""
        return self.take_read((), now, now)

    def _store(self, uuid: UUID, box: Box | None) -> None:
        if box is None:
            self._boxes.pop(uuid, None)
        else:
            self._boxes[uuid] = box
        (self._unconfirmed.discard if box is None or box.claim is None else self._unconfirmed.add)(uuid)
        (self._rowless.discard if box is None or box.holding is not None else self._rowless.add)(uuid)


class _Steps:
    """Stores boxes and gathers what that changed."""

    def __init__(
        self, picture: Picture, source: ChangeSource, now: Moment, *, at: datetime | None = None
    ) -> None:
        self._picture = picture
        self._source = source
        self._at = at or now.at
        self._changes: list[OwnershipChange] = []
        self._repaint: set[UUID] = set()
        self.wants_read = False

    def put(self, old: Box | None, new: Box | None) -> None:
        """Store a box in place of another; None stands for none."""
        box = new or old
        if box is None:
            return
        before = () if old is None else old.owners
        after = () if new is None else new.owners
        self._picture._store(box.box_uuid, new)  # a part of it
        self._repaint.add(box.box_uuid)
        if before != after:
            self._changes.append(
                OwnershipChange(
                    self._at,
                    self._picture.project_id,
                    box.box_uuid,
                    _first_beside(after, before),
                    _first_beside(before, after),
                    self._source,
                )
            )

    def done(self, *, silent: bool = False) -> Step:
        """Return what happened; `silent` leaves out the changes: nothing was known before."""
        return Step(() if silent else tuple(self._changes), frozenset(self._repaint), self.wants_read)


def _told(
    old: Box, holding: Holding | None, learnt: Moment, now: Moment, *, noticed: float | None = None
) -> Box:
    """Return a box after the table's word. A claim that may be ahead of it stays for a moment."""
    owners = () if holding is None else holding.owners
    is_news = owners != old.table_owners
    claim = old.claim
    if claim is not None and (
        _agrees(owners, claim.owner_id)
        or learnt.seconds > claim.heard + GRACE_SECONDS
        or (is_news and owners != claim.before)
    ):
        claim = None
    past = old.past
    if is_news:
        before = old.table_owners[0] if len(old.table_owners) == 1 else None
        past = (*past, (before, now.seconds))[-_PAST_KEPT:]
    new = Box(
        old.box_uuid,
        holding,
        learnt if is_news else old.learnt,
        claim,
        old.changed_at,
        old.noticed if noticed is None else noticed,
        past,
    )
    return new if new.owners == old.owners else _box(new, claim=claim, changed_at=now.at)


def _box(old: Box, *, claim: Claim | None, changed_at: datetime | None) -> Box:
    return Box(old.box_uuid, old.holding, old.learnt, claim, changed_at, old.noticed, old.past)


def _with_change(
    held: Holding | None, rows: dict[OwnershipId, UserId | None], change: OwnershipChange
) -> Holding | None:
    """Return a box's holding after one of its rows changed; None when it has none left."""
    if change.row_id is None:
        owners = () if change.owner_id is None else (change.owner_id,)
        return Holding(change.box_uuid, owners, change.at, project_id=change.project_id)
    if change.gone:
        rows.pop(change.row_id, None)
    else:
        rows[change.row_id] = change.owner_id
    if not rows:
        return None
    holding = holding_of(list(rows.items()), change.box_uuid)
    index = None if held is None else held.track_index
    return replace(holding, since=change.at, track_index=index, project_id=change.project_id)


def _agrees(owners: tuple[UserId, ...], owner_id: UserId | None) -> bool:
    return not owners if owner_id is None else owner_id in owners


def _is_older(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one < other


def _first_beside(owners: tuple[UserId, ...], others: tuple[UserId, ...]) -> UserId | None:
    """Return the first that is not among the others, or the first, or None."""
    return next((owner for owner in owners if owner not in others), owners[0] if owners else None)
