"""Who holds which box now, and taking and leaving boxes as the live service does.

Claims are decided by the database, however many servers ask it: those for one box wait for each other, as the
table itself would let two of them in. Nothing of it stands in the audit log; the history has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import Claimed, HeldBy, Holding, Released
from syncsphere_desktop.errors import InUseError, NotFoundError

# A column without a zone holds the server's local time; the cast adds the zone. What Python has no word for,
# such as infinity, is not known.
SINCE = """CASE WHEN coalesce(updated_at, created_at) BETWEEN '0100-01-01' AND '9000-01-01'
    THEN coalesce(updated_at, created_at)::timestamptz END"""
_HOLDINGS = f"""
SELECT id, project_id, box_uuid, track_index, owner_id, {SINCE} AS since FROM box_ownership
{{where}} ORDER BY project_id, box_uuid, id
"""
_BOXES = "SELECT box_uuid FROM box_ownership WHERE project_id = %(project)s GROUP BY 1 ORDER BY min(id)"
# Two statements in one message: the second one sees what was committed while the first one waited.
_ROWS_ALONE = """
SELECT pg_advisory_xact_lock(%(key)s);
SELECT id, owner_id FROM box_ownership WHERE project_id = %(project)s AND box_uuid = %(box)s
ORDER BY id FOR NO KEY UPDATE
"""
_TAKE = "UPDATE box_ownership SET owner_id = %(user)s, updated_at = now() WHERE id = %(row)s"
_ADD = """
INSERT INTO box_ownership (project_id, box_uuid, track_index, owner_id)
VALUES (%(project)s, %(box)s, %(index)s, %(user)s) RETURNING id
"""
_LEAVE = "UPDATE box_ownership SET owner_id = NULL, updated_at = now() WHERE id = ANY(%(rows)s)"


class OwnershipClaims:
    """Reads who holds what, and claims and releases boxes for people. Raises AppError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def holdings(self, project_id: ProjectId) -> tuple[Holding, ...]:
        """Return every box of a project that has a row, unowned ones too; none for a project that is gone."""
        statement = _HOLDINGS.format(where="WHERE project_id = %(project)s")

        def work(connection: Connection) -> tuple[Holding, ...]:
            return _holdings(connection.exec_driver_sql(statement, {"project": project_id}))

        return await self._database.run(work)

    async def all_holdings(self) -> tuple[Holding, ...]:
        """Return every box of every project that has a row, also those of rows that name no project."""
        statement = _HOLDINGS.format(where="")
        return await self._database.run(lambda connection: _holdings(connection.exec_driver_sql(statement)))

    async def boxes(self, project_id: ProjectId) -> tuple[UUID, ...]:
        """Return the boxes of a project that have a row, in the order in which they came."""
        parameters = {"project": project_id}
        return await self._database.run(
            lambda connection: tuple(connection.exec_driver_sql(_BOXES, parameters).scalars())
        )

    async def claim(
        self, project_id: ProjectId, box_uuid: UUID, user_id: UserId, *, track_index: int | None = None
    ) -> Claimed | HeldBy:
        """Give a box to somebody if nobody else holds it; raises NotFoundError where project or user is gone.

        `track_index` is written where the box has no row yet.
        """
        box = {"project": project_id, "box": str(box_uuid), "user": user_id}

        def work(connection: Connection) -> Claimed | HeldBy:
            rows = lock_box(connection, project_id, box_uuid)
            others = _owners((row, owner) for row, owner in rows if owner != user_id)
            if others:
                return HeldBy(others)
            held = [row for row, owner in rows if owner == user_id]
            if held:
                return Claimed(held[0], already=True)
            if rows:
                connection.exec_driver_sql(_TAKE, {"user": user_id, "row": rows[0][0]})
                return Claimed(rows[0][0])
            added = connection.exec_driver_sql(_ADD, {**box, "index": track_index}).scalar_one()
            return Claimed(OwnershipId(added))

        try:
            return await self._database.write(work)
        except InUseError as error:
            raise _gone(project_id, user_id) from error

    async def release(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Released | HeldBy:
        """Leave a box without an owner if that person holds it; others that hold it go on doing so.

        Where nobody does, what was released is no row.
        """

        def work(connection: Connection) -> Released | HeldBy:
            rows = lock_box(connection, project_id, box_uuid)
            held = tuple(row for row, owner in rows if owner == user_id)
            others = _owners(rows)
            if not held and others:
                return HeldBy(others)
            if held:
                connection.exec_driver_sql(_LEAVE, {"rows": list(held)})
            return Released(held)

        return await self._database.write(work)


def lock_box(
    connection: Connection, project_id: ProjectId, box_uuid: UUID
) -> list[tuple[OwnershipId, UserId | None]]:
    """Keep a box to this transaction, also where it has no row yet; return its rows with their owners."""
    parameters = {"key": box_key(project_id, box_uuid), "project": project_id, "box": str(box_uuid)}
    return [(row.id, row.owner_id) for row in connection.exec_driver_sql(_ROWS_ALONE, parameters)]


def box_key(project_id: ProjectId, box_uuid: UUID) -> int:
    """Return what an advisory lock for a box is called: the same in every app on every machine."""
    name = f"syncsphere box {project_id} {box_uuid}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def _owners(rows: Iterable[tuple[OwnershipId, UserId | None]]) -> tuple[UserId, ...]:
    return tuple(dict.fromkeys(owner for _row, owner in rows if owner is not None))


def _holdings(rows: Iterable[Row[Any]]) -> tuple[Holding, ...]:
    boxes = groupby(rows, key=lambda row: (row.project_id, row.box_uuid))
    return tuple(_holding(project, box, list(found)) for (project, box), found in boxes)


def _holding(project_id: ProjectId | None, box_uuid: UUID, rows: list[Row[Any]]) -> Holding:
    if len(rows) == 1:  # as nearly all are
        row = rows[0]
        owners = () if row.owner_id is None else (row.owner_id,)
        return Holding(box_uuid, owners, row.since, (row.id,), row.track_index, project_id, (row.owner_id,))
    return Holding(
        box_uuid,
        tuple(dict.fromkeys(row.owner_id for row in rows if row.owner_id is not None)),
        max((row.since for row in rows if row.since is not None), default=None),
        tuple(row.id for row in rows),
        next((row.track_index for row in rows if row.track_index is not None), None),
        project_id,
        tuple(row.owner_id for row in rows),
    )


def _gone(project_id: ProjectId, user_id: UserId) -> NotFoundError:
    return NotFoundError(f"There is no project {project_id}, or no user {user_id}.")
