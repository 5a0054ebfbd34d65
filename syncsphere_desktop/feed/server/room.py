"""One project on one server: its clients, and who holds which box as far as the table has told."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.messages import OwnershipClaimed, OwnershipReleased
from syncsphere_desktop.feed.server.client import Client, text_frame
from syncsphere_desktop.feed.server.ports import BoxChanged
from syncsphere_desktop.feed.wire import encode

_MOST_PENDING = 2000
"""From here on only the last news of each box is kept until the next flush."""


class Room:
    """Keeps the picture of one project and the frames that are to be told to its clients."""

    def __init__(self, project_id: ProjectId) -> None:
        self.project_id = project_id
        self.clients: set[Client] = set()
        self.ownership: dict[UUID, UserId] = {}
        self.is_loaded = False
        self.needs_reading = False
        self.read_at = time.monotonic()
        self.entering = 0
        """How many clients are on their way in: the room stays for them."""
        self.unconfirmed: dict[UUID, float] = {}
        """Boxes whose change was committed here and not told by the table yet, and since when."""
        self._pending: list[str] = []
        self._of_boxes: dict[UUID, str] = {}
        self._during: list[BoxChanged] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here or on the way."""
        return not self.clients and not self.entering

    def apply(self, change: BoxChanged) -> bool:
        """Take a change in, tell it to the clients if it is news, and return whether it is."""
        if self._during is not None:
            self._during.append(change)
        self.unconfirmed.pop(change.box_uuid, None)
        before = self.ownership.get(change.box_uuid)
        if not self.is_loaded or before == change.owner_id:
            return False
        if change.owner_id is None:
            del self.ownership[change.box_uuid]
        else:
            self.ownership[change.box_uuid] = change.owner_id
        self._tell_box(change.box_uuid, _told(change, before))
        return True

    def begin_reading(self) -> None:
        """Remember from now on what changes while the table is read."""
        self._during = []
        self.needs_reading = False

    def end_reading(self, holdings: Mapping[UUID, UserId | None] | None, at: datetime) -> int:
        """Take in what the table said, or None where it could not; return how many boxes differed.

        Differences that nobody had told are told now, with the time `at`.
        """
        during, self._during = self._during or [], None
        if holdings is None:
            self.needs_reading = True
            return 0
        self.read_at = time.monotonic()
        fresh = {box: owner for box, owner in holdings.items() if owner is not None}
        for change in during:
            if change.owner_id is None:
                fresh.pop(change.box_uuid, None)
            else:
                fresh[change.box_uuid] = change.owner_id
        self.unconfirmed.clear()
        if not self.is_loaded:
            self.ownership, self.is_loaded = fresh, True
            return 0
        before, self.ownership = self.ownership, fresh
        different = [box for box in before.keys() | fresh.keys() if before.get(box) != fresh.get(box)]
        for box in different:
            change = BoxChanged(self.project_id, box, fresh.get(box), before.get(box), at)
            self._tell_box(box, _told(change, before.get(box)))
        return len(different)

    def state(self) -> Mapping[UUID, UserId]:
        """Return who holds which box; unowned ones are left out."""
        return MappingProxyType(self.ownership)

    def tell(self, text: str) -> None:
        """Have a frame sent to every client with the next flush."""
        self._settle()
        self._pending.append(text)

    @property
    def has_news(self) -> bool:
        """Whether something waits for the next flush."""
        return bool(self._pending or self._of_boxes)

    def flush(self) -> int:
        """Send what waits to every client, all of it in one write each, and return how many frames it was."""
        self._settle()
        if not self._pending:
            return 0
        texts, self._pending = self._pending, []
        frames = b"".join([text_frame(text) for text in texts])
        for client in tuple(self.clients):
            client.send(frames)
        return len(texts) * len(self.clients)

    def _tell_box(self, box: UUID, text: str) -> None:
        if self._of_boxes:
            self._of_boxes[box] = text
        elif len(self._pending) < _MOST_PENDING:
            self._pending.append(text)
        else:
            self._of_boxes[box] = text

    def _settle(self) -> None:
        if self._of_boxes:
            self._pending += self._of_boxes.values()
            self._of_boxes.clear()


def _told(change: BoxChanged, before: UserId | None) -> str:
    if change.owner_id is not None:
        return encode(
            OwnershipClaimed(change.project_id, change.box_uuid, change.owner_id, change.owner_id, change.at)
        )
    previous = before if change.previous_owner_id is None else change.previous_owner_id
    return encode(OwnershipReleased(change.project_id, change.box_uuid, previous, previous, change.at))
