"""Who holds which track. The live service writes here too, at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.records import BULK, Records, row_version
from syncsphere_desktop.database.tables import box_ownership, projects, users
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.errors import NotFoundError


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

    async def remove(self, ids: Sequence[OwnershipId]) -> int:
        """Remove rows and return how many there were; raises NotFoundError when all are gone already."""
        removed = await self._database.write(
            lambda connection: BOXES.delete(connection, self._actor, ids), timeouts=BULK
        )
        if ids and not removed:
            raise NotFoundError("The tracks were deleted meanwhile.")
        return removed
