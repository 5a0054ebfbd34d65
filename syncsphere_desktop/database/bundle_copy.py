"""Makes a new version out of a stored one, on the server: its bytes never travel."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.bundle_writer import LONG, check_project, take_number
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BUNDLES
from syncsphere_desktop.database.repositories.projects import draft_values, insert_project
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import OUR_SCHEMA, bundle_facts, bundle_samples
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId, UserId
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.errors import InputError, NotFoundError

_COPY = """
INSERT INTO project_bundles (project_id, bundle_data, version, created_by)
SELECT %(project)s, bundle_data, NULL, %(created_by)s FROM project_bundles WHERE id = %(source)s
RETURNING id
"""
# What is known of the bytes is known of their copy.
_COPY_FACTS = f"""
INSERT INTO {OUR_SCHEMA}.bundle_facts
       (bundle_id, project_id, row_version, reader, size, sha256, kind, problem, facts)
SELECT n.id, n.project_id, n.xmin::text::bigint, f.reader, f.size, f.sha256, f.kind, f.problem, f.facts
FROM project_bundles n, project_bundles s JOIN {OUR_SCHEMA}.bundle_facts f
  ON f.bundle_id = s.id AND f.row_version = s.xmin::text::bigint
WHERE n.id = %(copy)s AND s.id = %(source)s
"""
_COPY_SAMPLES = f"""
INSERT INTO {OUR_SCHEMA}.bundle_samples
       (bundle_id, sample_uuid, project_id, name, stem, bytes, crc32, sha256, in_bundle)
SELECT %(copy)s, sample_uuid, %(project)s, name, stem, bytes, crc32, sha256, in_bundle
FROM {OUR_SCHEMA}.bundle_samples WHERE bundle_id = %(source)s
"""


class BundleCopier:
    """Adds versions that have the bytes of others. `actor` is who the audit log names.

    Numbers are taken under a lock on the project's row, so two at once get two, and after the copying.
    """

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def restore(self, bundle_id: BundleId, *, created_by: UserId | None = None) -> BundleVersion:
        """Make an old version its project's newest one, as a new version; every other stays as it is.

        Raises NotFoundError, InputError where the version belongs to no project, AppError.
        """

        def work(connection: Connection) -> BundleVersion:
            source = _source(connection, bundle_id)
            if source.project_id is None:
                raise InputError("The version belongs to no project, so there is none to restore it in.")
            return self._copy(connection, source, source.project_id, created_by, "restore")

        return await self._database.write(work, timeouts=LONG)

    async def copy(
        self, bundle_id: BundleId, project_id: ProjectId, *, created_by: UserId | None = None
    ) -> BundleVersion:
        """Make a version the next one of any project. Raises NotFoundError, AppError."""
        return await self._database.write(
            lambda connection: self._copy(
                connection, _source(connection, bundle_id), project_id, created_by, "copy"
            ),
            timeouts=LONG,
        )

    async def copy_to_new_project(
        self, bundle_id: BundleId, draft: ProjectDraft, *, created_by: UserId | None = None
    ) -> BundleVersion:
        """Make a version the first one of a new project, which is added in the same transaction.

        Raises InputError, DuplicateError (field `room_id`), NotFoundError, AppError.
        """
        values = draft_values(draft)

        def work(connection: Connection) -> BundleVersion:
            source = _source(connection, bundle_id)
            project = insert_project(connection, self._actor, draft, values)
            return self._copy(connection, source, project.id, created_by, "copy")

        return await self._database.write(work, timeouts=LONG)

    def _copy(
        self,
        connection: Connection,
        source: BundleVersion,
        project_id: ProjectId,
        created_by: UserId | None,
        origin: str,
    ) -> BundleVersion:
        check_project(connection, project_id)
        values: dict[str, Any] = {"project": project_id, "created_by": created_by, "source": source.id}
        added = connection.exec_driver_sql(_COPY, values).scalar_one_or_none()
        if added is None:
            raise _gone(source.id)
        take_number(connection, added, project_id)
        _copy_facts(connection, source.id, added, project_id)
        stored = BUNDLES.read(connection, added)
        assert stored is not None
        told = {"size": stored.size, "origin": origin, "source": source.id, "source_version": source.version}
        audit.record(
            connection,
            self._actor,
            Entity.BUNDLE,
            added,
            Action.ADD,
            before=None,
            after={**BUNDLES.values_of(stored), **told},
        )
        return stored


def _source(connection: Connection, bundle_id: BundleId) -> BundleVersion:
    source = BUNDLES.read(connection, bundle_id)
    if source is None:
        raise _gone(bundle_id)
    return source


def _copy_facts(connection: Connection, source: BundleId, added: int, project_id: ProjectId) -> None:
    if not side_tables(connection).can_write(bundle_facts, bundle_samples):
        return
    names = {"source": source, "copy": added, "project": project_id}
    if connection.exec_driver_sql(_COPY_FACTS, names).rowcount:
        connection.exec_driver_sql(_COPY_SAMPLES, names)


def _gone(bundle_id: BundleId) -> NotFoundError:
    return NotFoundError(f"There is no bundle version with the id {bundle_id} any more.")
