"""Rows of `box_ownership` that change hands by an admin, each with its entry in the audit log.

A row changes hands from the owner that it was seen with, and from nobody else: what another did meanwhile
stays, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.repositories.ownership_claims import box_key, lock_box
from syncsphere_desktop.database.tables import box_ownership
from syncsphere_desktop.domain.audit import Action, AuditEntry, Entity
from syncsphere_desktop.domain.ids import OwnershipId, UserId
from syncsphere_desktop.domain.ownership import HeldRow
from syncsphere_desktop.domain.ownership_acts import AssignedRow, Assignment, HeldBox, NotAssigned

_TABLE = box_ownership


@dataclass(frozen=True, slots=True)
class _Wish:
    """A row that shall go from one owner to another; `undoes` is the audit entry that is taken back by it."""

    box: HeldBox
    row: HeldRow
    to: UserId | None
    undoes: int | None = None


def assign(
    connection: Connection, actor: str, boxes: Sequence[HeldBox], to: UserId | None, reason: str
) -> Assignment:
    """Give boxes to a user, or with None to nobody; a box without a row is added for the user."""
    _keep_boxes(connection, boxes)
    added, taken = _add_missing(connection, actor, boxes, to, reason)
    wishes = [_Wish(box, box.row, to) for box in boxes if box.row is not None]
    changed, conflicts = _give(connection, actor, wishes, {"reason": reason})
    done = (*added, *changed)
    entry = audit.entry_of_now(connection, Entity.BOX, done[0].row_id) if done else None
    return Assignment(done, (*taken, *conflicts), entry)


def take_back(connection: Connection, actor: str, entries: Sequence[AuditEntry]) -> Assignment:
    """Give rows back to whom entries say they were taken from, where they are as the entries left them."""
    ids = [entry.entity_id for entry in entries]
    rows = connection.execute(_select(ids)).all()
    found = {row.id: row for row in rows}
    wishes: list[_Wish] = []
    gone: list[NotAssigned] = []
    for entry in entries:
        before, after = _owner_in(entry.before), _owner_in(entry.after)
        row = found.get(entry.entity_id)
        held = HeldRow(OwnershipId(entry.entity_id), after)
        if row is None:
            gone.append(NotAssigned(held.id, None, after, None, gone=True))
        else:
            wishes.append(_Wish(HeldBox(row.project_id, None, row.box_uuid, held), held, before, entry.id))
    changed, conflicts = _give(connection, actor, wishes, {})
    return Assignment(changed, (*gone, *conflicts))


def _owner_in(document: Mapping[str, object] | None) -> UserId | None:
    owner = (document or {}).get("owner_id")
    return UserId(owner) if isinstance(owner, int) else None


def _select(ids: Iterable[int]) -> Any:
    columns = (_TABLE.c.id, _TABLE.c.project_id, _TABLE.c.box_uuid, _TABLE.c.owner_id)
    return select(*columns).where(_TABLE.c.id == func.any(list(ids))).order_by(_TABLE.c.id)


def _keep_boxes(connection: Connection, boxes: Sequence[HeldBox]) -> None:
    """Have claims of boxes without a row wait, always in the same order."""
    keys = sorted(
        box_key(box.project_id, box.box_uuid)
        for box in boxes
        if box.row is None and box.project_id is not None
    )
    for key in keys:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%(key)s)", {"key": key})


def _add_missing(
    connection: Connection, actor: str, boxes: Sequence[HeldBox], to: UserId | None, reason: str
) -> tuple[list[AssignedRow], list[NotAssigned]]:
    added: list[AssignedRow] = []
    taken: list[NotAssigned] = []
    for box in boxes:
        if box.row is not None or box.project_id is None or to is None:
            continue
        rows = lock_box(connection, box.project_id, box.box_uuid)
        if rows:
            taken.append(NotAssigned(rows[0][0], box.box_uuid, None, rows[0][1]))
            continue
        values = {"project_id": box.project_id, "box_uuid": box.box_uuid, "owner_id": to}
        new = connection.execute(_TABLE.insert().values(values).returning(_TABLE.c.id)).scalar_one()
        after = {**values, "reason": reason}
        audit.record(connection, actor, Entity.BOX, new, Action.ADD, before=None, after=after)
        added.append(AssignedRow(OwnershipId(new), box.project_id, box.box_uuid, to, None))
    return added, taken


def _give(
    connection: Connection, actor: str, wishes: Sequence[_Wish], words: Mapping[str, object]
) -> tuple[tuple[AssignedRow, ...], tuple[NotAssigned, ...]]:
    """Do what can be done; rows that have the wished owner already are neither changed nor a conflict."""
    locked = connection.execute(_select(wish.row.id for wish in wishes).with_for_update(key_share=True))
    owners = {row.id: row.owner_id for row in locked}
    changed: list[AssignedRow] = []
    conflicts: list[NotAssigned] = []
    due: list[_Wish] = []
    for wish in wishes:
        now = owners.get(wish.row.id)
        if wish.row.id not in owners or now != wish.row.owner_id:
            gone = wish.row.id not in owners
            if gone or now != wish.to:
                conflicts.append(
                    NotAssigned(wish.row.id, wish.box.box_uuid, wish.row.owner_id, now, gone=gone)
                )
        elif now != wish.to:
            due.append(wish)
            changed.append(AssignedRow(wish.row.id, wish.box.project_id, wish.box.box_uuid, wish.to, now))
    for owner in dict.fromkeys(wish.to for wish in due):
        _write(connection, [wish.row.id for wish in due if wish.to == owner], owner)
    _record(connection, actor, due, words)
    return tuple(changed), tuple(conflicts)


def _write(connection: Connection, ids: Sequence[OwnershipId], owner: UserId | None) -> None:
    values = {"owner_id": owner, "updated_at": func.now()}
    connection.execute(_TABLE.update().where(_TABLE.c.id == func.any(list(ids))).values(values))


def _record(connection: Connection, actor: str, wishes: Sequence[_Wish], words: Mapping[str, object]) -> None:
    audit.record_many(
        connection,
        actor,
        Entity.BOX,
        [
            audit.Change(
                wish.row.id,
                Action.RELEASE if wish.to is None else Action.HAND_OVER,
                {"owner_id": wish.row.owner_id},
                {"owner_id": wish.to, **words},
                wish.undoes,
            )
            for wish in wishes
        ],
    )
