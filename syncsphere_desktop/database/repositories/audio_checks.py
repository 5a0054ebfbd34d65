"""The runs of checks of the audio library, and the orphans that the last one found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Update, delete, exists, func, select, update

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_list import hashed
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import audio_checks, audio_content, audio_files, audio_orphans
from syncsphere_desktop.domain.audio_check import CheckRun, OrphanFile
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.errors import AccessDeniedError, ReadOnlyError


class AudioCheckRepository:
    """Remembers how far a check is, so that it can go on. Without a place for that nothing is remembered."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def begin(
        self, *, project_id: ProjectId | None, store_id: str | None, deep: bool
    ) -> CheckRun | None:
        """Begin a run; None where runs can't be remembered."""
        adding = (
            audio_checks.insert()
            .values(actor=self._actor, project_id=project_id, store_id=store_id, deep=deep)
            .returning(*audio_checks.c)
        )

        def work(connection: Connection) -> CheckRun | None:
            if not side_tables(connection).can_write(audio_checks, audio_orphans):
                return None
            return _run(connection.execute(adding).one())

        try:
            return await self._database.write(work)
        except (ReadOnlyError, AccessDeniedError):
            return None

    async def advance(self, run_id: int, cursor: int, counts: Mapping[str, int]) -> None:
        """Remember that all rows up to the id `cursor` are done, and what was counted so far."""
        await self._change(
            update(audio_checks)
            .where(audio_checks.c.id == run_id)
            .values(cursor_id=cursor, counts=dict(counts))
        )

    async def finish(self, run_id: int, counts: Mapping[str, int]) -> None:
        """Remember that a run came to its end.

        After one of everything, what was known of rows that other services removed is forgotten.
        """
        ending = (
            update(audio_checks)
            .where(audio_checks.c.id == run_id)
            .values(finished_at=func.now(), counts=dict(counts))
            .returning(audio_checks.c.project_id)
        )

        def work(connection: Connection) -> None:
            tables = side_tables(connection)
            if not tables.can_write(audio_checks):
                return
            ended = connection.execute(ending).one_or_none()
            if ended is not None and ended.project_id is None and tables.can_write(audio_content):
                named = exists().where(audio_files.c.id == audio_content.c.file_id)
                connection.execute(delete(audio_content).where(~named))

        await self._database.write(work, timeouts=BULK)

    async def unfinished(self, project_id: ProjectId | None, store_id: str | None) -> CheckRun | None:
        """Return the newest run of this scope and store if it came to no end."""
        newest = await self._newest(
            _runs()
            .where(audio_checks.c.project_id.is_not_distinct_from(project_id))
            .where(audio_checks.c.store_id.is_not_distinct_from(store_id))
        )
        return newest if newest is not None and newest.finished_at is None else None

    async def last(self, project_id: ProjectId | None = None) -> CheckRun | None:
        """Return the newest run of this scope, whether it came to its end or not, or None."""
        return await self._newest(_runs().where(audio_checks.c.project_id.is_not_distinct_from(project_id)))

    async def replace_orphans(self, run_id: int, orphans: Sequence[OrphanFile]) -> None:
        """Have these, and no others, be the orphans that are known. A hash that was known stays known.

        Names that the database can't hold, which are no UTF-8, are left out.
        """
        found = {orphan.path: orphan for orphan in orphans if can_be_stored(orphan.path)}

        def work(connection: Connection) -> None:
            if not side_tables(connection).can_write(audio_orphans):
                return
            was_read = audio_orphans.c.sha256.is_not(None)
            former = map(_orphan, connection.execute(select(audio_orphans).where(was_read)))
            hashes = {_same(orphan): orphan.sha256 for orphan in former}
            connection.execute(delete(audio_orphans))
            if found:
                rows = [
                    {
                        "path": orphan.path,
                        "size": orphan.size,
                        "modified": orphan.modified,
                        "sha256": hashed(orphan.sha256 or hashes.get(_same(orphan))),
                        "check_id": run_id,
                    }
                    for orphan in found.values()
                ]
                connection.execute(audio_orphans.insert(), rows)

        await self._database.write(work, timeouts=BULK)

    async def orphans(self, *, sizes: Collection[int] | None = None) -> tuple[OrphanFile, ...]:
        """Return the orphans that the last check found, all or those of certain sizes in bytes, by path."""
        statement = select(audio_orphans).order_by(audio_orphans.c.path)
        if sizes is not None:
            statement = statement.where(audio_orphans.c.size == func.any(list(sizes)))

        def work(connection: Connection) -> tuple[OrphanFile, ...]:
            if not side_tables(connection).can_read(audio_orphans):
                return ()
            return tuple(_orphan(row) for row in connection.execute(statement))

        return await self._database.run(work, timeouts=BULK)

    async def keep_orphan_hash(self, path: str, sha256: str) -> None:
        """Keep the hash of an orphan that was read."""
        await self._change(
            update(audio_orphans).where(audio_orphans.c.path == path).values(sha256=hashed(sha256))
        )

    async def remove_orphans(self, paths: Collection[str]) -> None:
        """Forget orphans that are none any more."""
        stored = [path for path in paths if can_be_stored(path)]

        def work(connection: Connection) -> None:
            if stored and side_tables(connection).can_write(audio_orphans):
                connection.execute(delete(audio_orphans).where(audio_orphans.c.path == func.any(stored)))

        await self._database.write(work, timeouts=BULK)

    async def _change(self, statement: Update) -> None:
        def work(connection: Connection) -> None:
            if side_tables(connection).can_write(audio_checks, audio_orphans):
                connection.execute(statement)

        await self._database.write(work)

    async def _newest(self, statement: Select[Any]) -> CheckRun | None:
        def work(connection: Connection) -> CheckRun | None:
            if not side_tables(connection).can_read(audio_checks):
                return None
            found = connection.execute(statement.order_by(audio_checks.c.id.desc()).limit(1)).one_or_none()
            return None if found is None else _run(found)

        return await self._database.run(work)


def _runs() -> Select[Any]:
    return select(audio_checks)


def _run(row: Any) -> CheckRun:
    return CheckRun(
        id=row.id,
        project_id=row.project_id,
        store_id=row.store_id,
        deep=row.deep,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cursor=row.cursor_id,
        counts=row.counts,
    )


def _same(orphan: OrphanFile) -> tuple[str, int, float]:
    """Return what tells that a file was not written since."""
    return orphan.path, orphan.size, orphan.modified


def _orphan(row: Any) -> OrphanFile:
    digest = None if row.sha256 is None else bytes(row.sha256).hex()
    return OrphanFile(row.path, row.size, row.modified, digest)
