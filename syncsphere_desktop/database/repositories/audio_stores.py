"""Which store holds the studio's audio files."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.side_tables import require, side_tables
from syncsphere_desktop.database.tables import audio_stores
from syncsphere_desktop.domain.audio_store import KnownStore


class AudioStoreRepository:
    """Remembers the mark of the store, so that another one in its place is noticed."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def known(self) -> str | None:
        """Return the mark of the studio's store; None before the first file, and where it can't be known."""
        current = await self.current()
        return None if current is None else current.identity

    async def current(self) -> KnownStore | None:
        """Return the studio's store; None before the first file, and where it can't be known."""
        columns = audio_stores.c
        statement = select(columns.id, columns.url, columns.first_used)
        statement = statement.order_by(columns.first_used.desc()).limit(1)

        def work(connection: Connection) -> KnownStore | None:
            if not side_tables(connection).can_read(audio_stores):
                return None
            row = connection.execute(statement).one_or_none()
            return None if row is None else KnownStore(*row)

        return await self._database.run(work)

    async def remember(self, identity: str, url: str) -> None:
        """Keep the mark of the studio's store and its address, which must hold no secret."""
        adding = insert(audio_stores).values(id=identity, url=url)

        def work(connection: Connection) -> None:
            if side_tables(connection).can_write(audio_stores):
                connection.execute(
                    adding.on_conflict_do_update(index_elements=["id"], set_={"url": adding.excluded.url})
                )

        await self._database.write(work)

    async def adopt(self, identity: str, url: str) -> None:
        """Let this be the studio's store from now on, whichever was before; raises SchemaError."""
        adding = insert(audio_stores).values(id=identity, url=url, first_used=func.clock_timestamp())

        def work(connection: Connection) -> None:
            require(connection, audio_stores)
            connection.execute(
                adding.on_conflict_do_update(
                    index_elements=["id"],
                    set_={"url": adding.excluded.url, "first_used": adding.excluded.first_used},
                )
            )

        await self._database.write(work)
