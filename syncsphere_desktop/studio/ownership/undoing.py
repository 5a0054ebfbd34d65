"""Giving tracks back that an act released or gave to somebody else."""

from __future__ import annotations

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership import HeldRow
from syncsphere_desktop.domain.ownership_acts import Assignment, HeldBox
from syncsphere_desktop.studio.ownership.acting import OwnershipStore


async def take_back(store: OwnershipStore, done: Assignment, reason: str) -> Assignment:
    """Give every track of an act back to who held it before; one that changed hands since stays as it is.

    Each former holder's tracks go back in a transaction of their own. Raises AppError.
    """
    before: dict[UserId | None, list[HeldBox]] = {}
    for row in done.changed:
        held = HeldBox(row.project_id, None, row.box_uuid, HeldRow(row.row_id, row.owner_id))
        before.setdefault(row.previous_owner_id, []).append(held)
    parts = [await store.assign(boxes, owner, reason) for owner, boxes in before.items()]
    return Assignment(
        tuple(row for part in parts for row in part.changed),
        tuple(row for part in parts for row in part.conflicts),
    )
