"""Who holds which track, in memory: the table, its names, and what an admin does with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.ownership import (
    BoxOwnership,
    ChangeSource,
    GridTrack,
    GridTrackKind,
    HeldRow,
    Holding,
    OwnershipChange,
    holding_of,
)
from syncsphere_desktop.domain.ownership_acts import (
    AssignedRow,
    Assignment,
    HeldBox,
    NotAssigned,
    checked_reason,
)
from syncsphere_desktop.domain.ownership_history import EventKind, OwnershipEvent
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import NotFoundError
from tests.fakes.ownership_sources import FakeNotices
from tests.fakes.past import InMemoryPast
from tests.fakes.rows import InMemoryRows, Rows
from tests.fakes.studio import InMemoryStudio


class InMemoryOwnership:
    """Rows of `box_ownership`; whoever changes them tells `notices`. It names boxes, too."""

    def __init__(self, studio: InMemoryStudio) -> None:
        self.studio = studio
        self.gate = studio.gate
        self.table: Rows[BoxOwnership] = Rows()
        self.events_table: Rows[OwnershipEvent] = Rows()
        self.notices = FakeNotices()
        self.named: dict[ProjectId, tuple[GridTrack, ...]] = {}
        self.reasons: list[str] = []
        self.acts: list[list[AssignedRow]] = []
        self.rows: RowSource[BoxOwnership] = InMemoryRows(
            self.table,
            self.gate,
            sort_keys={
                "project": lambda row: row.project_name,
                "owner": lambda row: row.owner_name,
                "updated_at": lambda row: row.updated_at,
                "id": lambda row: row.id,
            },
            search=lambda row: (row.project_name, row.owner_name, str(row.box_uuid)),
            filters={
                "project_id": lambda row, value: row.project_id == value,
                "user_id": lambda row, value: row.owner_id == value,
            },
            shown=self._shown,
        )
        self.events: RowSource[OwnershipEvent] = InMemoryRows(
            self.events_table,
            self.gate,
            sort_keys={"id": lambda row: row.id},
            search=lambda row: (row.project_name,),
            filters={
                "project_id": lambda row, value: row.project_id == value,
                "box_uuid": lambda row, value: str(row.box_uuid) == value,
                "kind": lambda row, value: row.kind.value == value,
                "user_id": lambda row, value: value in (row.owner_id, row.previous_owner_id),
                "since": lambda row, value: row.at >= datetime.fromisoformat(str(value)),
                "until": lambda row, value: row.at < datetime.fromisoformat(str(value)),
                "since_id": lambda row, value: row.id > int(str(value)),
                "until_id": lambda row, value: row.id <= int(str(value)),
            },
        )
        self.past = InMemoryPast(self.events_table, self.gate)

    # What others do

    def name(self, project: Project, *names: str, unit: str = "Band") -> list[UUID]:
        """Have the project's newest bundle name these tracks; return their boxes."""
        tracks = tuple(
            GridTrack(UUID(int=project.id * 10_000 + at), at, name, unit, GridTrackKind.AUDIO)
            for at, name in enumerate(names, start=1)
        )
        self.named[project.id] = tracks
        return [track.box_uuid for track in tracks]

    def hold(
        self, project: Project, box: UUID, owner: UserId | None, since: datetime, *, quiet: bool = True
    ) -> BoxOwnership:
        """Add a row; unless `quiet`, a notice tells of it."""
        row = BoxOwnership(
            OwnershipId(self.table.take_id()),
            project.id,
            project.name,
            box,
            None,
            owner,
            None,
            since,
            since,
            RowVersion(1),
        )
        self.table.put(row)
        if not quiet:
            self._notify(row, None)
        return row

    def give(self, row: BoxOwnership, owner: UserId | None, at: datetime | None = None) -> BoxOwnership:
        """Let a row change hands, as the live service does, and tell it."""
        before = self._row(row.id)
        after = self.table.put(replace(before, owner_id=owner, updated_at=at or before.updated_at))
        self._notify(after, before.owner_id)
        return after

    def _notify(self, row: BoxOwnership, before: UserId | None) -> None:
        assert row.project_id is not None
        at = (row.updated_at or datetime.now(UTC)).replace(tzinfo=UTC)
        change = OwnershipChange(
            at, row.project_id, row.box_uuid, row.owner_id, before, ChangeSource.NOTICE, row.id
        )
        number = self.events_table.take_id()
        kind = EventKind.CLAIMED if before is None else EventKind.HANDED_OVER
        kind = EventKind.RELEASED if row.owner_id is None else kind
        self.events_table.put(
            OwnershipEvent(
                number,
                at,
                row.project_id,
                row.box_uuid,
                kind,
                row.owner_id,
                before,
                "studio",
                "feed",
                None,
                row.id,
                row.project_name,
                self._name(row.owner_id),
                self._name(before),
            )
        )
        self.notices.tell(change)

    # The table

    async def holdings(self, project_id: ProjectId) -> tuple[Holding, ...]:
        await self.gate()
        if self.studio.projects.get(project_id) is None:
            raise NotFoundError("The project is gone.")
        return tuple(holding for holding in self._all() if holding.project_id == project_id)

    async def all_holdings(self) -> tuple[Holding, ...]:
        await self.gate()
        return tuple(self._all())

    def _all(self) -> list[Holding]:
        found: dict[tuple[ProjectId | None, UUID], list[BoxOwnership]] = {}
        for row in self.table:
            found.setdefault((row.project_id, row.box_uuid), []).append(row)
        holdings = []
        for (project_id, box), rows in found.items():
            held = holding_of([(row.id, row.owner_id) for row in rows], box)
            since = max((row.updated_at for row in rows if row.updated_at is not None), default=None)
            moment = None if since is None else since.replace(tzinfo=UTC)
            holdings.append(replace(held, since=moment, project_id=project_id))
        return holdings

    # Names

    async def tracks(self, project_id: ProjectId) -> tuple[GridTrack, ...]:
        await self.gate()
        return self.named.get(project_id, ())

    # What an admin does

    async def boxes_of(
        self,
        *,
        project_id: ProjectId | None = None,
        owner_id: UserId | None = None,
        boxes: Collection[UUID] | None = None,
        row_ids: Collection[OwnershipId] | None = None,
        held_only: bool = False,
    ) -> tuple[HeldBox, ...]:
        await self.gate()
        found = [
            HeldBox(
                row.project_id,
                row.project_name,
                row.box_uuid,
                HeldRow(row.id, row.owner_id),
                self._name(row.owner_id),
            )
            for row in self.table
            if (project_id is None or row.project_id == project_id)
            and (owner_id is None or row.owner_id == owner_id)
            and (boxes is None or row.box_uuid in boxes)
            and (row_ids is None or row.id in row_ids)
            and (not held_only or row.owner_id is not None)
        ]
        if boxes is None or project_id is None or owner_id is not None or held_only:
            return tuple(found)
        project = self.studio.projects.get(project_id)
        there = {box.box_uuid for box in found}
        missing = [box for box in boxes if box not in there]
        name = None if project is None else project.name
        return (*found, *(HeldBox(project_id, name, box, None) for box in missing))

    async def assign(self, boxes: Sequence[HeldBox], to: UserId | None, reason: str) -> Assignment:
        await self.gate()
        self.reasons.append(checked_reason(reason))
        changed: list[AssignedRow] = []
        conflicts: list[NotAssigned] = []
        for box in boxes:
            if box.row is None:
                assert box.project_id is not None
                project = self.studio.projects.get(box.project_id)
                assert project is not None
                row = self.hold(project, box.box_uuid, to, datetime(2025, 6, 1, 12), quiet=False)
                changed.append(AssignedRow(row.id, box.project_id, box.box_uuid, to, None))
                continue
            now = self._row(box.row.id)
            if now.owner_id == to:
                continue
            if now.owner_id != box.row.owner_id:
                conflicts.append(NotAssigned(now.id, now.box_uuid, box.row.owner_id, now.owner_id))
            else:
                self.give(now, to)
                changed.append(AssignedRow(now.id, now.project_id, now.box_uuid, to, now.owner_id))
        self.acts.append(changed)
        return Assignment(tuple(changed), tuple(conflicts), len(self.acts) if changed else None)

    async def undo(self, entry_id: int) -> str:
        await self.gate()
        for row in self.acts[entry_id - 1]:
            self.give(self._row(row.row_id), row.previous_owner_id)
        return f"{len(self.acts[entry_id - 1])} tracks have their former owners again."

    def _row(self, row_id: OwnershipId) -> BoxOwnership:
        row = self.table.get(row_id)
        assert row is not None
        return row

    def _shown(self, row: BoxOwnership) -> BoxOwnership:
        return replace(row, owner_name=self._name(row.owner_id))

    def _name(self, user: UserId | None) -> str | None:
        found = None if user is None else self.studio.users.get(user)
        return None if found is None else found.username
