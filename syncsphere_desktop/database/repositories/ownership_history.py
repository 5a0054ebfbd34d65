"""What happened to the ownership of tracks: a log, pictures of any moment, lanes, and how much went on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, Text, cast, func, select

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.repositories.ownership_claims import SINCE
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import OUR_SCHEMA, box_ownership, ownership_events, projects, users
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import Holding
from syncsphere_desktop.domain.ownership_history import (
    EventKind,
    HeatRow,
    HistoryState,
    Lane,
    OwnershipEvent,
    RowEvent,
    lanes_of,
)
from syncsphere_desktop.errors import InputError, SchemaError

T = TypeVar("T")

_EVENTS = f"{OUR_SCHEMA}.ownership_events"
_LOOKING_BACK = Timeouts(statement=120.0)
_KINDS = {kind.value: kind for kind in EventKind}

_STATE = f"""
SELECT (SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE t.tgrelid = to_regclass('{box_ownership.name}') AND n.nspname = '{OUR_SCHEMA}'
        AND p.proname = 'record_ownership' AND t.tgenabled IN ('O', 'A')) >= 4 AS recording
"""
# The last event of each row until then, or where there is none the owner that the first one after it found;
# of rows without any event what the table says, if they were there already.
_AT = f"""
WITH past AS (
    SELECT DISTINCT ON (row_id) row_id, box_uuid, at, owner_id, kind FROM {_EVENTS}
    WHERE project_id = %(project)s AND at <= %(moment)s
    ORDER BY row_id DESC, at DESC, id DESC
), later AS (
    SELECT DISTINCT ON (row_id) row_id, box_uuid, previous_owner_id, kind FROM {_EVENTS}
    WHERE project_id = %(project)s AND at > %(moment)s ORDER BY row_id, at, id
)
SELECT row_id, box_uuid, owner_id, at AS since FROM past WHERE kind <> 'removed'
UNION ALL
SELECT row_id, box_uuid, previous_owner_id, NULL FROM later
WHERE kind IN ('released', 'handed_over', 'removed') AND row_id NOT IN (SELECT row_id FROM past)
UNION ALL
SELECT id, box_uuid, owner_id, {SINCE} FROM box_ownership
WHERE project_id = %(project)s AND coalesce(created_at::timestamptz <= %(moment)s, true)
    AND id NOT IN (SELECT row_id FROM past) AND id NOT IN (SELECT row_id FROM later)
"""
_WITHIN = f"""
SELECT row_id, box_uuid, at, owner_id, previous_owner_id FROM {_EVENTS}
WHERE project_id = %(project)s AND at > %(start)s AND at <= %(end)s ORDER BY at, id
"""
# `extract` counts in decimals, which takes twice as long over millions of events.
_HEAT = f"""
SELECT e.project_id, p.name, e.part, e.events FROM (
    SELECT project_id, width_bucket(date_part('epoch', at), %(low)s, %(high)s, %(parts)s) AS part,
           count(*) AS events
    FROM {_EVENTS} WHERE at >= %(start)s AND at < %(end)s GROUP BY 1, 2
) AS e LEFT JOIN projects p ON p.id = e.project_id
"""
_NONE = (
    "There is no history of ownership here, or the role may not read it. The owner of the database can create"
    " it (migrate upgrade)."
)
_STOPPED = "What happens to tracks is not recorded any more: triggers are missing on the table of ownership."

_owner, _previous = users.alias("owner"), users.alias("previous_owner")
_e = ownership_events


def _event(row: Any) -> OwnershipEvent:
    values = dict(row._mapping)
    return OwnershipEvent(**{**values, "kind": _KINDS[values["kind"]]})


SPEC: ListSpec[OwnershipEvent] = ListSpec(
    table=_e,
    columns=(
        *_e.c,
        projects.c.name.label("project_name"),
        _owner.c.username.label("owner_name"),
        _previous.c.username.label("previous_owner_name"),
    ),
    source=_e.outerjoin(projects, projects.c.id == _e.c.project_id)
    .outerjoin(_owner, _owner.c.id == _e.c.owner_id)
    .outerjoin(_previous, _previous.c.id == _e.c.previous_owner_id),
    row=_event,
    sort_keys={"id": _e.c.id, "at": _e.c.at},
    search=(projects.c.name, _owner.c.username, _previous.c.username, cast(_e.c.box_uuid, Text)),
    filters={
        "project_id": lambda value: _e.c.project_id == value,
        "user_id": lambda value: (_e.c.owner_id == value) | (_e.c.previous_owner_id == value),
        "box_uuid": lambda value: _e.c.box_uuid == UUID(str(value)),
        "kind": lambda value: _e.c.kind == value,
        "application": lambda value: _e.c.application == value,
        "since_id": lambda value: _e.c.id > value,
        "until_id": lambda value: _e.c.id <= value,
        "since": lambda value: _e.c.at >= datetime.fromisoformat(str(value)),
        "until": lambda value: _e.c.at < datetime.fromisoformat(str(value)),
    },
    wide_ids=True,
)
"""Filters `since` and `until` are times in ISO 8601 with a zone; `id` is the order in which it happened."""


class OwnershipHistory:
    """Reads what triggers recorded. Raises AppError; SchemaError where no history is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.events: ListReader[OwnershipEvent] = ListReader(database, _spec_on)

    async def state(self) -> HistoryState:
        """Return whether there is a history, whether it goes on, and since when. Never raises SchemaError."""

        def work(connection: Connection) -> HistoryState:
            recording = bool(connection.exec_driver_sql(_STATE).scalar_one())
            if not side_tables(connection).can_read(_e):
                return HistoryState(readable=False, recording=recording, reason=_NONE)
            oldest = select(_e.c.at).order_by(_e.c.id).limit(1)
            since = connection.execute(oldest).scalar_one_or_none()
            reason = None if recording else _STOPPED
            return HistoryState(readable=True, recording=recording, since=since, reason=reason)

        return await self._database.run(work)

    async def newest_id(self) -> int:
        """Return the id of the newest event, 0 where there is none."""
        return await self._read(
            lambda connection: connection.execute(select(func.max(_e.c.id))).scalar_one_or_none() or 0
        )

    async def at(self, project_id: ProjectId, moment: datetime) -> tuple[Holding, ...]:
        """Return who held what at a moment (with a zone), also before the history began as far as it tells.

        `since` is None where nobody knows.
        """
        return await self._read(lambda connection: _picture(connection, project_id, moment))

    async def lanes(self, project_id: ProjectId, start: datetime, end: datetime) -> tuple[Lane, ...]:
        """Return who held each box of a project over a window of time, from one state of the database."""

        def work(connection: Connection) -> tuple[Lane, ...]:
            parameters = {"project": project_id, "start": start, "end": end}
            found = connection.exec_driver_sql(_WITHIN, parameters)
            events = [RowEvent(*row) for row in found]
            return lanes_of(_picture(connection, project_id, start), events, window_start=start)

        return await self._read(work)

    async def heat(self, start: datetime, end: datetime, buckets: int) -> tuple[HeatRow, ...]:
        """Return how many events each project had in `buckets` equal parts of a window, most first."""
        if buckets < 1 or end <= start:
            raise InputError(
                "A window of time needs a beginning, an end after it, and parts.", field="buckets"
            )
        parameters = {
            "start": start,
            "end": end,
            "low": start.timestamp(),
            "high": end.timestamp(),
            "parts": buckets,
        }
        rows = await self._read(lambda c: c.exec_driver_sql(_HEAT, parameters).all())
        return _heat_rows(rows, buckets)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def guarded(connection: Connection) -> T:
            _require(connection)
            return work(connection)

        return await self._database.run(guarded, timeouts=_LOOKING_BACK)


def _spec_on(connection: Connection) -> ListSpec[OwnershipEvent]:
    _require(connection)
    return SPEC


def _require(connection: Connection) -> None:
    if not side_tables(connection).can_read(_e):
        raise SchemaError(_NONE)


def _picture(connection: Connection, project_id: ProjectId, moment: datetime) -> tuple[Holding, ...]:
    boxes: dict[UUID, list[Row[Any]]] = defaultdict(list)
    parameters = {"project": project_id, "moment": moment}
    # What is known of a row comes from an index alone, in its order.
    connection.exec_driver_sql("SET LOCAL jit = off")
    for row in connection.exec_driver_sql(_AT, parameters):
        boxes[row.box_uuid].append(row)
    return tuple(_holding(project_id, box, rows) for box, rows in boxes.items())


def _holding(project_id: ProjectId, box_uuid: UUID, rows: Sequence[Row[Any]]) -> Holding:
    if len(rows) == 1:  # as nearly all are
        row = rows[0]
        owned = () if row.owner_id is None else (row.owner_id,)
        return Holding(box_uuid, owned, row.since, (row.row_id,), None, project_id, (row.owner_id,))
    ordered = sorted(rows, key=lambda row: row.row_id)
    owners: dict[UserId, None] = dict.fromkeys(row.owner_id for row in ordered if row.owner_id is not None)
    return Holding(
        box_uuid,
        tuple(owners),
        max((row.since for row in ordered if row.since is not None), default=None),
        tuple(OwnershipId(row.row_id) for row in ordered),
        project_id=project_id,
        row_owners=tuple(row.owner_id for row in ordered),
    )


def _heat_rows(rows: Iterable[Row[Any]], buckets: int) -> tuple[HeatRow, ...]:
    names: dict[ProjectId | None, str | None] = {}
    counts: dict[ProjectId | None, list[int]] = defaultdict(lambda: [0] * buckets)
    for row in rows:
        names[row.project_id] = row.name
        # A time at the very end may be rounded into the part after the last.
        counts[row.project_id][min(max(row.part, 1), buckets) - 1] += row.events
    heat = (HeatRow(project, names[project], tuple(counts[project])) for project in names)
    return tuple(sorted(heat, key=lambda row: (-row.total, row.project_id or 0)))
