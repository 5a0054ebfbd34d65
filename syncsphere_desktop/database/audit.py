"""The audit log: one entry for each changed row, written in the transaction of the change.

Where the table is missing, or the role may not insert into it, changes are made all the same and leave no
entry; `AuditLog.state` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert, ReturningUpdate
from sqlalchemy.sql.selectable import CTE

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.tables import OUR_SCHEMA, audit_log
from syncsphere_desktop.domain.audit import Action, AuditEntry, Entity

Values = Mapping[str, object]
Changed = ReturningInsert[Any] | ReturningUpdate[Any] | ReturningDelete[Any]
Document = Callable[[CTE], ColumnElement[Any]]

_RIGHTS_KEY = "syncsphere_audit_rights"

# Asks the catalogue instead of `to_regclass`, which fails where the role may not use the schema.
_RIGHTS = f"""
SELECT has_table_privilege(c.oid, 'SELECT') AS readable,
       has_table_privilege(c.oid, 'INSERT')
       AND coalesce((SELECT bool_and(has_sequence_privilege(d.objid, 'USAGE'))
                     FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                     WHERE d.refobjid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'),
                    true) AS writable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = '{OUR_SCHEMA}' AND c.relname = 'audit_log' AND has_schema_privilege(n.oid, 'USAGE')
"""


@dataclass(frozen=True, slots=True)
class AuditState:
    """Whether the log can be read, and whether changes leave entries."""

    readable: bool
    writable: bool


def audit_state(connection: Connection) -> AuditState:
    """Return what the connection's role may do with the log. Asked again until both are allowed."""
    known = connection.info.get(_RIGHTS_KEY)
    if isinstance(known, AuditState):
        return known
    row = connection.exec_driver_sql(_RIGHTS).one_or_none()
    state = AuditState(readable=bool(row and row.readable), writable=bool(row and row.writable))
    if state.readable and state.writable:
        connection.info[_RIGHTS_KEY] = state
    return state


def record(
    connection: Connection,
    actor: str,
    entity: Entity,
    entity_id: int,
    action: Action,
    *,
    before: Values | None,
    after: Values | None,
    undoes: int | None = None,
) -> None:
    """Add the entry of one changed row. `before` and `after` must not hold a password or its hash."""
    if audit_state(connection).writable:
        connection.execute(
            audit_log.insert()
            .inline()
            .values(
                actor=actor,
                entity=entity.value,
                entity_id=entity_id,
                action=action.value,
                before=_document(before),
                after=_document(after),
                undoes=undoes,
            )
        )


def record_added(connection: Connection, actor: str, entity: Entity, added: Mapping[int, Values]) -> None:
    """Add the entries of many rows that were added, by their ids, in few round trips."""
    if added and audit_state(connection).writable:
        adding = audit_log.insert().inline()
        connection.execute(
            adding.values(actor=actor, entity=entity.value, action=Action.ADD.value),
            [{"entity_id": row_id, "after": _document(values)} for row_id, values in added.items()],
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What one entry says of one row."""

    entity_id: int
    action: Action
    before: Values
    after: Values
    undoes: int | None = None


def record_many(connection: Connection, actor: str, entity: Entity, changes: Sequence[Change]) -> None:
    """Add the entries of many changed rows of one kind, in few round trips."""
    if changes and audit_state(connection).writable:
        connection.execute(
            audit_log.insert().inline().values(actor=actor, entity=entity.value),
            [
                {
                    "entity_id": change.entity_id,
                    "action": change.action.value,
                    "before": _document(change.before),
                    "after": _document(change.after),
                    "undoes": change.undoes,
                }
                for change in changes
            ],
        )


def entry_of_now(connection: Connection, entity: Entity, entity_id: int) -> int | None:
    """Return the entry that this transaction added for a row, or None where none can be read."""
    if not audit_state(connection).readable:
        return None
    ours = select(func.max(audit_log.c.id)).where(
        audit_log.c.entity == entity.value, audit_log.c.entity_id == entity_id, audit_log.c.at == func.now()
    )
    found: int | None = connection.execute(ours).scalar_one()
    return found


def record_each(
    connection: Connection,
    actor: str,
    entity: Entity,
    action: Action,
    change: Changed,
    *,
    before: Document | None = None,
    after: Document | None = None,
) -> int:
    """Run a change of any number of rows and add an entry for each; return how many there were.

    `change` returns at least `id`; `before` and `after` make a JSON document from what it returns.
    """
    if not audit_state(connection).writable:
        return len(connection.execute(change).all())
    changed = change.cte("changed")
    entries = select(
        literal(actor),
        literal(entity.value),
        changed.c.id,
        literal(action.value),
        before(changed) if before else cast(null(), JSONB),
        after(changed) if after else cast(null(), JSONB),
    )
    names = ["actor", "entity", "entity_id", "action", "before", "after"]
    return connection.execute(audit_log.insert().from_select(names, entries)).rowcount


def document(**values: object) -> ColumnElement[Any]:
    """Return SQL that makes a JSON document of columns and plain values."""
    parts: list[ColumnElement[Any]] = []
    for name, value in values.items():
        parts.append(literal_column(f"'{name}'"))
        if isinstance(value, ColumnElement):
            parts.append(value)
        else:
            parts.append(null() if value is None else literal(value))
    return func.jsonb_build_object(*parts)


def author(
    connection: Connection, entity: Entity, entity_id: int, row_version: int
) -> tuple[str, datetime] | None:
    """Return who made this version of a row, and when; None where another service did.

    An entry has the `xmin` of the change it tells of, as both were written by one transaction.
    """
    if not audit_state(connection).readable:
        return None
    found = connection.execute(
        select(audit_log.c.actor, audit_log.c.at)
        .where(audit_log.c.entity == entity.value, audit_log.c.entity_id == entity_id)
        .where(literal_column("audit_log.xmin::text::bigint") == row_version)
        .order_by(audit_log.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else (found.actor, found.at)


class AuditLog:
    """Reads the log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self) -> AuditState:
        """Return whether the log can be read and whether changes leave entries."""
        return await self._database.run(audit_state)

    async def history(self, entity: Entity, entity_id: int, *, limit: int = 100) -> Sequence[AuditEntry]:
        """Return the newest entries of one row, newest first; none where the log can't be read."""
        return await self._entries(
            _entry_columns()
            .where(audit_log.c.entity == entity.value, audit_log.c.entity_id == entity_id)
            .order_by(audit_log.c.id.desc())
            .limit(limit)
        )

    async def find(self, entry_id: int) -> AuditEntry | None:
        """Return an entry by its id, or None."""
        found = await self._entries(_entry_columns().where(audit_log.c.id == entry_id))
        return found[0] if found else None

    async def together_with(self, entry: AuditEntry) -> Sequence[AuditEntry]:
        """Return the entries of the same act: of one transaction by one actor, on the same kind of row.

        They have the same time, that of the transaction; what was done may differ from row to row. The entry
        itself is among them.
        """
        return await self._entries(
            _entry_columns()
            .where(audit_log.c.at == entry.at, audit_log.c.actor == entry.actor)
            .where(audit_log.c.entity == entry.entity)
            .order_by(audit_log.c.id)
        )

    async def last_by(self, actor: str) -> AuditEntry | None:
        """Return the newest change by `actor` that was not undone and did not undo another, or None."""
        undoing = audit_log.alias("undoing")
        found = await self._entries(
            _entry_columns()
            .where(audit_log.c.actor == actor, audit_log.c.undoes.is_(None))
            .where(~exists().where(undoing.c.undoes == audit_log.c.id))
            .order_by(audit_log.c.id.desc())
            .limit(1)
        )
        return found[0] if found else None

    async def _entries(self, statement: Select[Any]) -> Sequence[AuditEntry]:
        def work(connection: Connection) -> Sequence[Row[Any]]:
            return connection.execute(statement).all() if audit_state(connection).readable else []

        return [AuditEntry(**row._mapping) for row in await self._database.run(work)]


def _entry_columns() -> Select[Any]:
    undoing = audit_log.alias("undoing_it")
    names = ("id", "at", "actor", "entity", "entity_id", "action", "before", "after", "undoes")
    return select(
        *(audit_log.c[name] for name in names),
        exists().where(undoing.c.undoes == audit_log.c.id).label("undone"),
    )


def _document(values: Values | None) -> object:
    return null() if values is None else {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    if isinstance(value, UUID):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value
