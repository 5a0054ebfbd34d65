"""What decoding each version told, kept beside them, and which versions a run has left to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import OUR_SCHEMA, bundle_checks, project_bundles
from syncsphere_desktop.domain.bundle_check import BundleCheck, CheckState
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion
from syncsphere_desktop.errors import AccessDeniedError, ReadOnlyError

_ROWS = """
FROM project_bundles b LEFT JOIN projects p ON p.id = b.project_id {join}
WHERE (%(project)s::int IS NULL OR b.project_id = %(project)s) AND {condition}
"""
_DONE = f"""
LEFT JOIN {OUR_SCHEMA}.bundle_checks c
       ON c.bundle_id = b.id AND c.row_version = b.xmin::text::bigint AND c.run_at = %(run_at)s
"""
_LISTED = """
SELECT b.id, b.xmin::text::bigint AS row_version, b.project_id, p.name AS project_name, b.version,
       octet_length(b.bundle_data) AS size {columns}
"""


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A version that is to be decoded; `size` in bytes."""

    id: BundleId
    row_version: RowVersion
    project_id: ProjectId | None
    project_name: str | None
    version: int | None
    size: int


class BundleCheckRepository:
    """Reads and keeps outcomes. A run is known by the moment at which it began."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def can_keep(self) -> bool:
        """Return whether the database has a place for outcomes where the role may write."""
        if self._database.read_only_reason is not None:
            return False
        return await self._database.run(lambda connection: side_tables(connection).can_write(bundle_checks))

    async def begin(self, *, resume: bool) -> tuple[datetime, bool]:
        """Return when the run began: now, or with `resume` when the last one did; and whether it goes on."""

        def work(connection: Connection) -> tuple[datetime, bool]:
            last = None
            if resume and side_tables(connection).can_read(bundle_checks):
                last = connection.execute(select(func.max(bundle_checks.c.run_at))).scalar_one()
            now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return (now, False) if last is None else (last, True)

        return await self._database.run(work)

    async def left(
        self, run_at: datetime, project_id: ProjectId | None, after: BundleId | None, limit: int = 200
    ) -> tuple[ToCheck, ...]:
        """Return versions with higher ids that the run has left to do, in id order."""

        def work(connection: Connection) -> tuple[ToCheck, ...]:
            sql = f"{_LISTED.format(columns='')} {_todo(connection)} AND b.id > %(after)s ORDER BY b.id"
            rows = connection.exec_driver_sql(
                f"{sql} LIMIT %(limit)s",
                {"project": project_id, "run_at": run_at, "after": after or 0, "limit": limit},
            )
            return tuple(ToCheck(**row._mapping) for row in rows)

        return await self._database.run(work, timeouts=BULK)

    async def amount_left(self, run_at: datetime, project_id: ProjectId | None) -> tuple[int, int]:
        """Return how many versions the run has left to do, and their bytes."""

        def work(connection: Connection) -> tuple[int, int]:
            counted = connection.exec_driver_sql(
                "SELECT count(*) AS versions, coalesce(sum(octet_length(b.bundle_data)), 0) AS bytes"
                f" {_todo(connection)}",
                {"project": project_id, "run_at": run_at},
            ).one()
            return int(counted.versions), int(counted.bytes)

        return await self._database.run(work, timeouts=BULK)

    async def keep(self, check: BundleCheck, run_at: datetime) -> bool:
        """Keep an outcome in place of the one before; return whether it was kept.

        It is not where the role may not write, and where the version is gone or was changed meanwhile.
        """
        row: dict[str, object] = {
            "row_version": check.row_version,
            "run_at": run_at,
            "state": check.state.value,
            "problems": list(check.problems),
        }

        def work(connection: Connection) -> bool:
            if not side_tables(connection).can_write(bundle_checks):
                return False
            if not _is_still(connection, check):
                return False
            connection.execute(
                insert(bundle_checks)
                .values(bundle_id=check.bundle_id, **row)
                .on_conflict_do_update(index_elements=["bundle_id"], set_={**row, "checked_at": func.now()})
            )
            return True

        try:
            return await self._database.write(work)
        except (ReadOnlyError, AccessDeniedError):
            return False

    async def of_run(self, run_at: datetime, project_id: ProjectId | None) -> tuple[BundleCheck, ...]:
        """Return the outcomes of a run for versions that are still the same, in id order."""
        sql = (
            _LISTED.format(columns=", c.state, c.problems, c.checked_at")
            + _ROWS.format(join=_DONE, condition="c.bundle_id IS NOT NULL")
            + "ORDER BY b.id"
        )

        def work(connection: Connection) -> tuple[BundleCheck, ...]:
            if not side_tables(connection).can_read(bundle_checks):
                return ()
            rows = connection.exec_driver_sql(sql, {"project": project_id, "run_at": run_at})
            return tuple(map(_check, rows))

        return await self._database.run(work, timeouts=BULK)

    async def problems_of(self, bundle_id: BundleId) -> BundleCheck | None:
        """Return the last outcome for a version as it is now, or None."""
        join = _DONE.replace(" AND c.run_at = %(run_at)s", "")
        sql = _LISTED.format(columns=", c.state, c.problems, c.checked_at") + _ROWS.format(
            join=join, condition="c.bundle_id = %(id)s"
        )

        def work(connection: Connection) -> BundleCheck | None:
            if not side_tables(connection).can_read(bundle_checks):
                return None
            found = connection.exec_driver_sql(sql, {"project": None, "id": bundle_id}).one_or_none()
            return None if found is None else _check(found)

        return await self._database.run(work)

    async def forget_gone(self) -> None:
        """Remove what was told of versions that are gone."""
        gone = ~select(project_bundles.c.id).where(project_bundles.c.id == bundle_checks.c.bundle_id).exists()

        def work(connection: Connection) -> None:
            if side_tables(connection).can_write(bundle_checks):
                connection.execute(delete(bundle_checks).where(gone))

        await self._database.write(work, timeouts=BULK)


def _todo(connection: Connection) -> str:
    if side_tables(connection).can_read(bundle_checks):
        return _ROWS.format(join=_DONE, condition="c.bundle_id IS NULL")
    return _ROWS.format(join="", condition="true")


def _is_still(connection: Connection, check: BundleCheck) -> bool:
    found = connection.exec_driver_sql(
        "SELECT FROM project_bundles WHERE id = %(id)s AND xmin::text::bigint = %(row_version)s",
        {"id": check.bundle_id, "row_version": check.row_version},
    )
    return found.first() is not None


def _check(row: Any) -> BundleCheck:
    return BundleCheck(
        bundle_id=BundleId(row.id),
        row_version=RowVersion(row.row_version),
        # A newer version of the app may know more states.
        state=CheckState(row.state) if row.state in set(CheckState) else CheckState.UNKNOWN,
        problems=tuple(map(str, row.problems)),
        project_id=None if row.project_id is None else ProjectId(row.project_id),
        project_name=row.project_name,
        version=row.version,
        size=row.size,
        checked_at=row.checked_at,
    )
