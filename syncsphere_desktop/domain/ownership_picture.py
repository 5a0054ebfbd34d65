"""Who holds which track of a project, as it is shown: the table's word, and before it the feed's.

The table is the truth. What the feed says is shown at once as unconfirmed, and the table's next word confirms
it or takes it back. Nothing here asks a clock or a server: moments and words are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import (
    ChangeSource,
    Holding,
    OwnershipChange,
    holding_of,
)
from syncsphere_desktop.domain.ownership_box import Box, Claim, Moment, agrees, is_older, told, with_claim

ECHO_SECONDS = 5.0
"""How long a value that the table gave up is taken for old news when the feed says it again."""
NOTICE_LAG_SECONDS = 1.0
"""How long after a read a notice may still tell of something that the read knew already."""
_CLAIMS_KEPT = 10_000
"""Of boxes that the table does not know; a feed that makes up boxes must not fill the memory."""
_ROWLESS_KEPT = 1_000
"""Of boxes whose last row went away; they are forgotten when the table is read, which more ask for."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a word did to the picture.

    `repaint` are the boxes that look different, `changes` the changes of holders among them. `wants_read`
    says that only reading the table can tell the whole of it.
    """

    changes: tuple[OwnershipChange, ...] = ()
    repaint: frozenset[UUID] = frozenset()
    wants_read: bool = False


Said: TypeAlias = tuple[UUID, UserId | None, datetime | None]
"""A box, its holder (None: nobody), and when that was said by the sayer's clock."""


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
    def waits_since(self) -> float | None:
        """Since when the claim that waits longest waits for the table, in seconds; None where none does."""
        claims = (self._boxes[uuid].claim for uuid in self._unconfirmed)
        return min((claim.heard for claim in claims if claim is not None), default=None)

    def owners(self) -> dict[UUID, tuple[UserId, ...]]:
        """Return the table's word on every box that has a row."""
        return {uuid: box.table_owners for uuid, box in self._boxes.items() if box.holding is not None}

    def take_read(self, holdings: Sequence[Holding], began: Moment, now: Moment) -> Step:
        """Take in all that the table says; boxes it does not name have no row any more.

        A box that a notice spoke of after `began` stays as the notice said, and another read is wanted.
        """
        *_rest, whole = self.read_in_slices(holdings, began, now, len(holdings) + len(self._boxes) + 1)
        return whole

    def read_in_slices(
        self, holdings: Sequence[Holding], began: Moment, now: Moment, size: int
    ) -> Iterator[Step]:
        """Do the same in slices of `size` boxes, so that a large project does not stop an event loop.

        Claims and notices may be taken in between two slices. The last step is never left out.
        """
        is_first = self._read_at is None
        unseen = set(self._boxes)
        step = _Steps(self, ChangeSource.TABLE, now)
        for number, holding in enumerate(holdings, 1):
            unseen.discard(holding.box_uuid)
            self._read_one(holding, step, began, now)
            if number % size == 0:
                yield step.done(silent=is_first)
                step = _Steps(self, ChangeSource.TABLE, now)
        for number, uuid in enumerate(unseen, 1):
            self._read_none(uuid, step, began, now)
            if number % size == 0:
                yield step.done()
                step = _Steps(self, ChangeSource.TABLE, now)
        self._read_at = began
        yield step.done(silent=is_first)

    def _read_one(self, holding: Holding, step: _Steps, began: Moment, now: Moment) -> None:
        old = self._boxes.get(holding.box_uuid)
        if old is None:
            step.put(None, Box(holding.box_uuid, holding, began))
        elif old.noticed >= began.seconds:
            step.wants_read = step.wants_read or old.table_owners != holding.owners
        elif old.claim is not None or old.holding != holding:
            step.put(old, told(old, holding, began, now))

    def _read_none(self, uuid: UUID, step: _Steps, began: Moment, now: Moment) -> None:
        old = self._boxes.get(uuid)
        if old is None:
            return
        if old.noticed >= began.seconds:
            step.wants_read = step.wants_read or old.holding is not None
            return
        new = told(old, None, began, now)
        step.put(old, new if new.claim is not None else None)

    def take_notice(self, change: OwnershipChange, now: Moment) -> Step:
        """Take in what a trigger of the table told. Notices come in the order of the commits."""
        return self.take_notices((change,), now)

    def take_notices(self, changes: Iterable[OwnershipChange], now: Moment) -> Step:
        """Take in several at once."""
        step = _Steps(self, ChangeSource.NOTICE, now)
        for change in changes:
            self._notice(change, step, now)
        step.wants_read = step.wants_read or len(self._rowless) > _ROWLESS_KEPT
        return step.done()

    def _notice(self, change: OwnershipChange, step: _Steps, now: Moment) -> None:
        old = self._boxes.get(change.box_uuid)
        held = None if old is None else old.holding
        row_id = change.row_id
        is_next = False
        if row_id is not None:
            if held is None or row_id not in held.row_ids:
                if change.gone:
                    return
                is_next = change.previous_owner_id is None
            else:
                owner = held.row_owners[held.row_ids.index(row_id)]
                if not change.gone and owner == change.owner_id:
                    return
                is_next = owner == change.previous_owner_id
        if not is_next:
            # A row whose former owner is not the one we know: something was missed on the way, or the read
            # was ahead of the notice, which is the likelier shortly after one.
            step.wants_read = True
            read = self._read_at
            if read is not None and now.seconds - read.seconds < NOTICE_LAG_SECONDS:
                return
        holding = _with_change(held, change)
        known = old or Box(change.box_uuid, None, now)
        step.source, step.at = change.source, change.at
        step.put(old, told(known, holding, now, now, noticed=now.seconds))

    def take_claim(
        self, box_uuid: UUID, owner_id: UserId | None, said_at: datetime | None, now: Moment
    ) -> Step:
        """Take in what the feed said. What is older than the table's word, or repeats it, shows nothing."""
        return self.take_claims(((box_uuid, owner_id, said_at),), now)

    def take_claims(self, said: Iterable[Said], now: Moment) -> Step:
        """Take in several at once."""
        step = _Steps(self, ChangeSource.FEED, now)
        for box_uuid, owner_id, said_at in said:
            self._claim(box_uuid, owner_id, said_at, step)
        return step.done()

    def _claim(self, box_uuid: UUID, owner_id: UserId | None, said_at: datetime | None, step: _Steps) -> None:
        known = self._boxes.get(box_uuid)
        now = step.now
        if known is not None and known.claim is None and agrees(known.table_owners, owner_id):
            return
        step.wants_read = True
        if known is None:
            learnt = self._read_at or now
            if len(self._unconfirmed) >= _CLAIMS_KEPT or owner_id is None or is_older(said_at, learnt.at):
                return
            old = Box(box_uuid, None, learnt)
        else:
            old = known
        if agrees(old.table_owners, owner_id):
            if old.claim is None or not is_older(said_at, old.claim.said_at):
                step.put(known, with_claim(old, claim=None, changed_at=now.at))
        elif not self._is_old_news(old, owner_id, said_at, now):
            claim = Claim(owner_id, said_at, now.seconds, old.owners)
            step.put(known, with_claim(old, claim=claim, changed_at=now.at))

    def _is_old_news(self, box: Box, owner_id: UserId | None, said_at: datetime | None, now: Moment) -> bool:
        """Whether a claim tells nothing newer than what is known, by its own clock or by what it says.

        Clocks differ: who is told off wrongly is shown when the table was read, a moment later.
        """
        if is_older(said_at, box.learnt.at):
            return True
        if box.claim is not None and (is_older(said_at, box.claim.said_at) or box.claim.owner_id == owner_id):
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

    def __init__(self, picture: Picture, source: ChangeSource, now: Moment) -> None:
        self._picture = picture
        self.source = source
        self.now = now
        self.at = now.at
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
        if before != after:
            self._changes.append(
                OwnershipChange(
                    self.at,
                    self._picture.project_id,
                    box.box_uuid,
                    _first_beside(after, before),
                    _first_beside(before, after),
                    self.source,
                )
            )
        elif old is not None and new is not None and new == old:
            return
        self._repaint.add(box.box_uuid)

    def done(self, *, silent: bool = False) -> Step:
        """Return what happened; `silent` leaves out the changes: nothing was known before."""
        return Step(() if silent else tuple(self._changes), frozenset(self._repaint), self.wants_read)


def _with_change(held: Holding | None, change: OwnershipChange) -> Holding | None:
    """Return a box's holding after one of its rows changed; None when it has none left."""
    box, row_id, owner = change.box_uuid, change.row_id, change.owner_id
    owners = () if owner is None else (owner,)
    if row_id is None:
        return Holding(box, owners, change.at, project_id=change.project_id)
    index = None if held is None else held.track_index
    if held is None or held.row_ids == (row_id,):  # as nearly all are
        if change.gone:
            return None
        return Holding(box, owners, change.at, (row_id,), index, change.project_id, (owner,))
    rows: dict[OwnershipId, UserId | None] = dict(zip(held.row_ids, held.row_owners, strict=True))
    if change.gone:
        del rows[row_id]
    else:
        rows[row_id] = owner
    if not rows:
        return None
    holding = holding_of(list(rows.items()), box)
    return replace(holding, since=change.at, track_index=index, project_id=change.project_id)


def _first_beside(owners: tuple[UserId, ...], others: tuple[UserId, ...]) -> UserId | None:
    """Return the first that is not among the others, or the first, or None."""
    for owner in owners:
        if owner not in others:
            return owner
    return owners[0] if owners else None
