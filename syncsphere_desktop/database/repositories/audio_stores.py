"""Which store holds the studio's audio files."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import audio_stores


class AudioStoreRepository:
    """Remembers the mark of the store, so that another one in its place is noticed."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def known(self) -> str | None:
        """Return the mark of the studio's store; None before the first file, and where it can't be known."""
        statement = select(audio_stores.c.id).order_by(audio_stores.c.first_used.desc()).limit(1)

        def work(connection: Connection) -> str | None:
            if not side_tables(connection).can_read(audio_stores):
                return None
            return connection.execute(statement).scalar_one_or_none()

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
