"""Which imports there were, and the rows that each added."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database import import_lock
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_list import audio_spec
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import require, side_tables
from syncsphere_desktop.database.tables import audio_content, audio_files, audio_imports, projects
from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.audio_import import AudioImport
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import NotFoundError

_SOURCE = audio_imports.outerjoin(projects, projects.c.id == audio_imports.c.project_id)


class AudioImportRepository:
    """Remembers imports. Where the database has no place for that, none is remembered, nor can be undone."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def begin(self, import_id: UUID, project_id: ProjectId, source: str) -> bool:
        """Remember that an import begins, or goes on after it was cut off; return whether that worked."""

        def work(connection: Connection) -> bool:
            if not side_tables(connection).can_write(audio_imports):
                return False
            adding = insert(audio_imports).values(
                id=import_id, actor=self._actor, project_id=project_id, source=source
            )
            going_on = {"finished_at": None}
            connection.execute(adding.on_conflict_do_update(index_elements=["id"], set_=going_on))
            return True

        return await self._database.write(work)

    async def finish(self, import_id: UUID, *, duplicates: int, rejected: int) -> None:
        """Remember that an import is over; what was imported is counted as it is added."""

        def work(connection: Connection) -> None:
            if side_tables(connection).can_write(audio_imports):
                connection.execute(
                    update(audio_imports)
                    .where(audio_imports.c.id == import_id)
                    .values(duplicates=duplicates, rejected=rejected, finished_at=func.now())
                )

        await self._database.write(work)

    async def find(self, import_id: UUID) -> AudioImport | None:
        """Return an import, or None."""
        found = await self._imports(_imports().where(audio_imports.c.id == import_id))
        return found[0] if found else None

    async def get(self, import_id: UUID) -> AudioImport:
        """Return an import; raises NotFoundError."""
        found = await self.find(import_id)
        if found is None:
            raise NotFoundError(f"There is no import with the id {import_id}.")
        return found

    async def recent(self, limit: int = 50) -> tuple[AudioImport, ...]:
        """Return the newest imports, newest first."""
        order = (audio_imports.c.started_at.desc(), audio_imports.c.id)
        return await self._imports(_imports().order_by(*order).limit(limit))

    async def under_way(self) -> bool:
        """Return whether any import was begun and did not come to its end."""
        open_ones = exists().where(audio_imports.c.finished_at.is_(None))

        def work(connection: Connection) -> bool:
            if not side_tables(connection).can_read(audio_imports):
                return False
            return bool(connection.execute(select(open_ones)).scalar_one())

        return await self._database.run(work)

    async def rows_of(self, import_id: UUID) -> tuple[AudioFile, ...]:
        """Return the rows that an import added and that still name the files it stored, in order of ids."""

        def work(connection: Connection) -> tuple[AudioFile, ...]:
            if not side_tables(connection).can_read(audio_content):
                return ()
            spec = audio_spec(connection)
            rows = connection.execute(
                select(*spec.columns)
                .select_from(spec.source)
                .where(audio_content.c.import_id == import_id)
                .order_by(audio_files.c.id)
            )
            return spec.rows(connection, rows)

        return await self._database.run(work, timeouts=BULK)

    async def settle(self, import_id: UUID) -> None:
        """Wait until no transaction of an import is under way, that of a killed process too.

        Only then is it certain which rows it added. Raises TimedOutError.
        """
        await self._database.run(lambda connection: import_lock.wait(connection, import_id), timeouts=BULK)

    async def database_identity(self) -> str:
        """Return what tells this database from every other, its copies on other servers too."""

        def work(connection: Connection) -> str:
            system: int | str = "unknown"
            allowed = func.has_function_privilege("pg_control_system()", "EXECUTE")
            if connection.execute(select(allowed)).scalar_one():
                told = connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()")
                system = told.scalar_one()
            own = "SELECT oid FROM pg_database WHERE datname = current_database()"
            return f"{system}/{connection.exec_driver_sql(own).scalar_one()}"

        return await self._database.run(work)

    async def mark_undone(self, import_id: UUID) -> None:
        """Remember that an import was undone; raises SchemaError where imports can't be remembered."""

        def work(connection: Connection) -> None:
            require(connection, audio_imports)
            connection.execute(
                update(audio_imports).where(audio_imports.c.id == import_id).values(undone_at=func.now())
            )

        await self._database.write(work)

    async def _imports(self, statement: Select[Any]) -> tuple[AudioImport, ...]:
        def work(connection: Connection) -> tuple[AudioImport, ...]:
            if not side_tables(connection).can_read(audio_imports):
                return ()
            return tuple(AudioImport(**row._mapping) for row in connection.execute(statement))

        return await self._database.run(work)


def _imports() -> Select[Any]:
    return select(*audio_imports.c, projects.c.name.label("project_name")).select_from(_SOURCE)
