"""Who holds which track. The live service writes here too, at any moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Text, Uuid, cast, func, select

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.ownership_assigning import assign, take_back
from syncsphere_desktop.database.repositories.records import BULK, Records, row_version
from syncsphere_desktop.database.tables import box_ownership, projects, users
from syncsphere_desktop.domain.audit import Action, AuditEntry, Entity
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import BoxOwnership, HeldRow
from syncsphere_desktop.domain.ownership_acts import Assignment, HeldBox, checked_reason
from syncsphere_desktop.errors import InputError, InUseError, NotFoundError


def _box(row: Any) -> BoxOwnership:
    return BoxOwnership(**row._mapping)


def _described(box: BoxOwnership) -> str:
    return f"The track {box.box_uuid} of “{box.project_name}”"


BOXES: Records[BoxOwnership] = Records(
    spec=ListSpec(
        table=box_ownership,
        columns=(
            *box_ownership.c,
            projects.c.name.label("project_name"),
            users.c.username.label("owner_name"),
            row_version(box_ownership),
        ),
        source=box_ownership.outerjoin(projects, projects.c.id == box_ownership.c.project_id).outerjoin(
            users, users.c.id == box_ownership.c.owner_id
        ),
        row=_box,
        sort_keys={
            "track_index": box_ownership.c.track_index,
            "project": projects.c.name,
            "owner": users.c.username,
            "created_at": box_ownership.c.created_at,
            "updated_at": box_ownership.c.updated_at,
            "id": box_ownership.c.id,
        },
        search=(projects.c.name, users.c.username, cast(box_ownership.c.box_uuid, Text)),
        filters={
            "project_id": lambda value: box_ownership.c.project_id == value,
            "user_id": lambda value: box_ownership.c.owner_id == value,
        },
    ),
    entity=Entity.BOX,
    fields=("project_id", "box_uuid", "track_index", "owner_id"),
    described=_described,
)


_HELD = (
    box_ownership.c.id,
    box_ownership.c.project_id,
    projects.c.name.label("project_name"),
    box_ownership.c.box_uuid,
    box_ownership.c.owner_id,
    users.c.username.label("owner_name"),
)


def _held(row: Any) -> HeldBox:
    held = HeldRow(row.id, row.owner_id)
    return HeldBox(row.project_id, row.project_name, row.box_uuid, held, row.owner_name)


class OwnershipRepository:
    """Reads and changes who holds a track. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[BoxOwnership] = ListReader(database, BOXES.spec)

    async def find(self, box_id: OwnershipId) -> BoxOwnership | None:
        """Return a row of the grid, or None."""
        return await self._database.run(lambda connection: BOXES.read(connection, box_id))

    async def get(self, box_id: OwnershipId) -> BoxOwnership:
        """Return a row of the grid; raises NotFoundError."""
        box = await self.find(box_id)
        if box is None:
            raise NotFoundError(f"There is no track with the ownership id {box_id}.")
        return box

    async def add(
        self, project_id: ProjectId, box_uuid: UUID, owner: UserId | None, *, track_index: int | None = None
    ) -> BoxOwnership:
        """Add a track; raises InUseError when the project or the owner is gone."""
        values = {
            "project_id": project_id,
            "box_uuid": box_uuid,
            "owner_id": owner,
            "track_index": track_index,
        }
        return await self._database.write(lambda connection: BOXES.insert(connection, self._actor, values))

    async def update(self, base: BoxOwnership, owner: UserId | None) -> BoxOwnership:
        """Give a track to another, or with None release it; raises NotFoundError, ConflictError."""
        action = Action.RELEASE if owner is None else Action.HAND_OVER
        return await self._database.write(
            lambda connection: BOXES.change(connection, self._actor, base, {"owner_id": owner}, action=action)
        )

    async def boxes_of(
        self,
        *,
        project_id: ProjectId | None = None,
        owner_id: UserId | None = None,
        boxes: Collection[UUID] | None = None,
        row_ids: Collection[OwnershipId] | None = None,
        held_only: bool = False,
    ) -> tuple[HeldBox, ...]:
        """Return the rows that all of these narrow down, by project; `held_only` leaves out the unowned.

        With a project and `boxes`, those without a row are there too, without one.
        """
        conditions = []
        if project_id is not None:
            conditions.append(box_ownership.c.project_id == project_id)
        if owner_id is not None:
            conditions.append(box_ownership.c.owner_id == owner_id)
        if boxes is not None:
            conditions.append(box_ownership.c.box_uuid == func.any(cast(list(boxes), ARRAY(Uuid))))
        if row_ids is not None:
            conditions.append(box_ownership.c.id == func.any(list(row_ids)))
        if held_only:
            conditions.append(box_ownership.c.owner_id.is_not(None))
        statement = (
            select(*_HELD)
            .select_from(BOXES.spec.source)
            .where(*conditions)
            .order_by(box_ownership.c.project_id, box_ownership.c.id)
        )
        name = select(projects.c.name).where(projects.c.id == project_id)

        def work(connection: Connection) -> tuple[HeldBox, ...]:
            found = [_held(row) for row in connection.execute(statement)]
            if boxes is None or project_id is None or owner_id is not None or held_only:
                return tuple(found)
            project_name = connection.execute(name).scalar_one_or_none()
            there = {box.box_uuid for box in found}
            missing = (box for box in dict.fromkeys(boxes) if box not in there)
            return (*found, *(HeldBox(project_id, project_name, box, None) for box in missing))

        return await self._database.run(work)

    async def assign(self, boxes: Sequence[HeldBox], to: UserId | None, reason: str) -> Assignment:
        """Give boxes to somebody, or with None release them, all in one transaction, for a reason.

        What others changed since is left as it is and told. Raises InputError (field `reason` or `to`).
        """
        words = checked_reason(reason)
        try:
            return await self._database.write(
                lambda connection: assign(connection, self._actor, boxes, to, words), timeouts=BULK
            )
        except InUseError as error:
            raise InputError("The user, or the project, is gone.", field="to") from error

    async def take_back(self, entries: Sequence[AuditEntry]) -> Assignment:
        """Give back what entries of the audit log say was given or released. Raises InputError."""
        try:
            return await self._database.write(
                lambda connection: take_back(connection, self._actor, entries), timeouts=BULK
            )
        except InUseError as error:
            raise InputError("Whoever held this before is gone.") from error

    async def remove(self, ids: Sequence[OwnershipId]) -> int:
        """Remove rows and return how many there were; raises NotFoundError when all are gone already."""
        removed = await self._database.write(
            lambda connection: BOXES.delete(connection, self._actor, ids), timeouts=BULK
        )
        if ids and not removed:
            raise NotFoundError("The tracks were deleted meanwhile.")
        return removed
