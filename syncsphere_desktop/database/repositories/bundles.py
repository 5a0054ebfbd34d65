"""The stored versions of projects: what is said about them. Their bytes are never read here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.bundle_timeline import beside, newest_ids, timeline_spec
from syncsphere_desktop.database.repositories.records import Records, row_version
from syncsphere_desktop.database.tables import project_bundles, projects, users
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.errors import NotFoundError

_size = func.octet_length(project_bundles.c.bundle_data)


def _bundle(row: Any) -> BundleVersion:
    return BundleVersion(**row._mapping)


def _described(bundle: BundleVersion) -> str:
    return f"{bundle.title} of “{bundle.project_name}”"


def bundle_spec(connection: Connection) -> ListSpec[BundleVersion]:
    """Return what the list is made of on this connection."""
    return timeline_spec(BUNDLES.spec, connection)


BUNDLES: Records[BundleVersion] = Records(
    spec=ListSpec(
        table=project_bundles,
        columns=(
            project_bundles.c.id,
            project_bundles.c.project_id,
            projects.c.name.label("project_name"),
            project_bundles.c.version,
            _size.label("size"),
            project_bundles.c.created_by,
            users.c.username.label("creator_name"),
            project_bundles.c.created_at,
            row_version(project_bundles),
        ),
        source=project_bundles.outerjoin(projects, projects.c.id == project_bundles.c.project_id).outerjoin(
            users, users.c.id == project_bundles.c.created_by
        ),
        row=_bundle,
        sort_keys={
            "version": project_bundles.c.version,
            "created_at": project_bundles.c.created_at,
            "size": _size,
            "project": projects.c.name,
            "creator": users.c.username,
            "id": project_bundles.c.id,
        },
        search=(projects.c.name, users.c.username),
        filters={
            "project_id": lambda value: project_bundles.c.project_id == value,
            "user_id": lambda value: project_bundles.c.created_by == value,
        },
        completed=beside,
    ),
    entity=Entity.BUNDLE,
    fields=("project_id", "version", "created_by"),
    described=_described,
)


class BundleRepository:
    """Reads which versions a project has."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[BundleVersion] = ListReader(database, bundle_spec)

    async def find(self, bundle_id: BundleId) -> BundleVersion | None:
        """Return a version, or None."""
        return await self._database.run(lambda connection: BUNDLES.read(connection, bundle_id))

    async def get(self, bundle_id: BundleId) -> BundleVersion:
        """Return a version; raises NotFoundError."""
        bundle = await self.find(bundle_id)
        if bundle is None:
            raise NotFoundError(f"There is no bundle version with the id {bundle_id}.")
        return bundle

    async def newest(self, project_id: ProjectId) -> BundleVersion | None:
        """Return the version of a project with the highest number, the last stored of equals, or None."""

        def work(connection: Connection) -> BundleVersion | None:
            found = newest_ids(connection, [project_id]).get(project_id)
            return None if found is None else BUNDLES.read(connection, found)

        return await self._database.run(work)
