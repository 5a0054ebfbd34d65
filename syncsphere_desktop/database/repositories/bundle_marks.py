"""Labels and pins of versions, kept beside them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BUNDLES
from syncsphere_desktop.database.side_tables import require, side_tables
from syncsphere_desktop.database.tables import bundle_marks, project_bundles
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.bundle import BundleVersion, checked_label
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.errors import NotFoundError


class BundleMarkRepository:
    """Labels and pins versions. `actor` is who the audit log names, and the mark."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def can_mark(self) -> bool:
        """Return whether the database has a place for labels and pins where the role may write."""
        if self._database.read_only_reason is not None:
            return False
        return await self._database.run(lambda connection: side_tables(connection).can_write(bundle_marks))

    async def get(self, bundle_id: BundleId) -> BundleVersion:
        """Return a version with its marks; raises NotFoundError."""
        version = await self._database.run(lambda connection: BUNDLES.read(connection, bundle_id))
        if version is None:
            raise NotFoundError(f"There is no bundle version with the id {bundle_id}.")
        return version

    async def label(
        self, bundle_id: BundleId, label: str | None, *, undoes: int | None = None
    ) -> BundleVersion:
        """Give a version a label, or with None take it away; raises as `mark` does."""
        return await self.mark(bundle_id, label=label or "", undoes=undoes)

    async def pin(
        self, bundle_id: BundleId, *, pinned: bool = True, undoes: int | None = None
    ) -> BundleVersion:
        """Keep a version from being pruned, or no longer; raises as `mark` does."""
        return await self.mark(bundle_id, pinned=pinned, undoes=undoes)

    async def mark(
        self,
        bundle_id: BundleId,
        *,
        label: str | None = None,
        pinned: bool | None = None,
        undoes: int | None = None,
    ) -> BundleVersion:
        """Change what is given, an empty label taking it away; return the version.

        Raises InputError (field `label`), NotFoundError, SchemaError where there is no place for it.
        """
        changes: dict[str, object] = {}
        if label is not None:
            changes["label"] = checked_label(label)
        if pinned is not None:
            changes["pinned"] = pinned
        return await self._database.write(
            lambda connection: self._mark(connection, bundle_id, changes, undoes)
        )

    def _mark(
        self, connection: Connection, bundle_id: BundleId, changes: dict[str, object], undoes: int | None
    ) -> BundleVersion:
        require(connection, bundle_marks)
        # Whoever prunes locks the row too, and looks at its marks after that.
        there = connection.execute(
            select(project_bundles.c.id).where(project_bundles.c.id == bundle_id).with_for_update(read=True)
        ).one_or_none()
        if there is None:
            raise NotFoundError(f"There is no bundle version with the id {bundle_id}.")
        before = BUNDLES.read(connection, bundle_id)
        assert before is not None
        written = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if not written:
            return before
        values = {"label": before.label, "pinned": before.pinned, **written}
        self._write(connection, bundle_id, values)
        audit.record(
            connection,
            self._actor,
            Entity.BUNDLE,
            bundle_id,
            Action.UPDATE,
            before={name: getattr(before, name) for name in written},
            after=written,
            undoes=undoes,
        )
        after = BUNDLES.read(connection, bundle_id)
        assert after is not None
        return after

    def _write(self, connection: Connection, bundle_id: BundleId, values: dict[str, object]) -> None:
        if values["label"] is None and not values["pinned"]:
            connection.execute(delete(bundle_marks).where(bundle_marks.c.bundle_id == bundle_id))
            return
        row = {**values, "actor": self._actor}
        connection.execute(
            insert(bundle_marks)
            .values(bundle_id=bundle_id, **row)
            .on_conflict_do_update(index_elements=["bundle_id"], set_={**row, "marked_at": func.now()})
        )
