"""What retention looks at, and the removal of versions: checked again in the transaction that removes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, delete, func, select

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.bundle_writer import LONG
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_timeline import side_columns
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import (
    bundle_checks,
    bundle_facts,
    bundle_marks,
    bundle_samples,
    project_bundles,
    projects,
)
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.bundle import has_collapsed
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.retention import Candidate, RetentionPlan, plan_retention

_CANDIDATES = """
SELECT n.id, n.project_id, n.version, n.size, n.created_at, {columns} FROM (
    SELECT id, project_id, version, octet_length(bundle_data) AS size, created_at,
           xmin::text::bigint AS row_version,
           lag(id) OVER w AS before_id, lag(xmin::text::bigint) OVER w AS before_row_version
    FROM project_bundles WHERE {condition}
    WINDOW w AS (PARTITION BY project_id ORDER BY coalesce(version, -1), id)
) AS n {joins}
ORDER BY n.project_id, coalesce(n.version, -1) DESC, n.id DESC
"""


class BundleRetentionRepository:
    """Reads candidates and removes versions. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def candidates(self, project_id: ProjectId | None = None) -> tuple[tuple[Candidate, ...], datetime]:
        """Return every version of a project, or of all, the newest first, and the server's local time."""
        only = None if project_id is None else (project_id,)
        return await self._database.run(
            lambda connection: (_candidates(connection, only), _now(connection)), timeouts=BULK
        )

    async def remove(self, plan: RetentionPlan) -> dict[BundleId, int]:
        """Remove what the plan lets go and the rules still do; return the bytes of each that was removed.

        What was labelled, pinned, changed or became the newest since the plan was made stays, and so does
        what came since. One transaction, with an audit entry for each.
        """
        planned = {candidate.id: candidate for candidate in plan.removed}

        def work(connection: Connection) -> dict[BundleId, int]:
            only = _lock(connection, planned)
            # A new statement: it sees what was committed before the locks were given.
            again = plan_retention(plan.rules, _candidates(connection, only), _now(connection))
            going = [each.id for each in again.removed if _is_as_planned(each, planned)]
            return self._remove(connection, going)

        return await self._database.write(work, timeouts=LONG) if planned else {}

    def _remove(self, connection: Connection, ids: list[BundleId]) -> dict[BundleId, int]:
        columns = project_bundles.c
        chosen = columns.id == func.any(ids)
        size = func.octet_length(columns.bundle_data).label("size")
        sizes = {
            BundleId(row.id): int(row.size)
            for row in connection.execute(select(columns.id, size).where(chosen))
        }
        audit.record_each(
            connection,
            self._actor,
            Entity.BUNDLE,
            Action.REMOVE,
            delete(project_bundles)
            .where(chosen)
            .returning(
                columns.id, columns.project_id, columns.version, columns.created_by, columns.created_at, size
            ),
            before=lambda gone: audit.document(
                project_id=gone.c.project_id,
                version=gone.c.version,
                created_by=gone.c.created_by,
                created_at=gone.c.created_at,
                size=gone.c.size,
            ),
        )
        tables = side_tables(connection)
        for table in (bundle_facts, bundle_samples, bundle_marks, bundle_checks):
            if tables.can_write(table):
                connection.execute(delete(table).where(table.c.bundle_id == func.any(ids)))
        return sizes


def _lock(connection: Connection, planned: Mapping[BundleId, Candidate]) -> tuple[ProjectId, ...] | None:
    """Lock the projects against new versions of ours and the rows against marks; return the projects.

    None where some belong to no project: all versions are looked at again then.
    """
    only = sorted({each.project_id for each in planned.values() if each.project_id is not None})
    connection.execute(
        select(projects.c.id)
        .where(projects.c.id == func.any(only))
        .order_by(projects.c.id)
        .with_for_update(key_share=True)
    ).all()
    connection.execute(
        select(project_bundles.c.id)
        .where(project_bundles.c.id == func.any(list(planned)))
        .order_by(project_bundles.c.id)
        .with_for_update()
    ).all()
    return None if any(each.project_id is None for each in planned.values()) else tuple(only)


def _is_as_planned(now: Candidate, planned: Mapping[BundleId, Candidate]) -> bool:
    then = planned.get(now.id)
    return then is not None and (then.project_id, then.version, then.size, then.created_at) == (
        now.project_id,
        now.version,
        now.size,
        now.created_at,
    )


def _candidates(connection: Connection, only: Collection[ProjectId] | None) -> tuple[Candidate, ...]:
    columns, joins = side_columns(side_tables(connection))
    condition = "true" if only is None else "project_id = ANY(%(projects)s)"
    sql = _CANDIDATES.format(columns=columns, joins=joins, condition=condition)
    rows = connection.exec_driver_sql(sql, {"projects": list(only or ())}).all()
    collapsed = [_is_collapsed(row) for row in rows]
    # The version before one in its project stands after it here.
    before = {
        older.id
        for (newer, older), newer_collapsed in zip(pairwise(rows), collapsed, strict=False)
        if newer_collapsed and newer.project_id == older.project_id
    }
    return tuple(
        Candidate(
            id=BundleId(row.id),
            project_id=None if row.project_id is None else ProjectId(row.project_id),
            version=row.version,
            size=row.size,
            created_at=row.created_at,
            label=row.label,
            pinned=row.pinned,
            collapsed=is_collapsed,
            before_collapse=row.id in before,
        )
        for row, is_collapsed in zip(rows, collapsed, strict=True)
    )


def _is_collapsed(row: Any) -> bool:
    compared = row.before_boxes is not None and row.boxes is not None and row.project_id is not None
    return compared and has_collapsed(row.before_boxes, row.boxes)


def _now(connection: Connection) -> datetime:
    told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()::timestamp").scalar_one()
    return told
