"""What the app holds while it works on one server: the database, its notices, and the repositories."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from syncsphere_desktop.database.audit import AuditLog
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.notifications import ChangeListener
from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.database.schema.gate import restrict_by_schema
from syncsphere_desktop.database.schema.status import SchemaStatus
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Paths
from syncsphere_desktop.studio.audio_library import AudioLibrary
from syncsphere_desktop.studio.bundles.child.process import BundleProcess
from syncsphere_desktop.studio.server_clock import ServerClock
from syncsphere_desktop.studio.undo import Undo

FeedLater = Callable[[], Awaitable[ConnectionTarget | None]]


@dataclass(frozen=True, slots=True)
class Session:
    """One open connection with everything that hangs on it."""

    target: ConnectionTarget
    """What it is connected to, with its secrets; `repr` leaves those out."""
    database: Database
    listener: ChangeListener
    schema: SchemaStatus
    users: UserRepository
    projects: ProjectRepository
    collaborators: CollaboratorRepository
    audio: AudioLibrary
    undo: Undo
    clock: ServerClock
    actor: str
    bundle_worker: BundleProcess
    """Reads and compares bundles for the views; its process is there only while there is work."""
    feed_later: FeedLater | None = None
    """Gives the target with its feed, or None, once that is known where it was not when this was opened."""

    @property
    def profile(self) -> ConnectionProfile:
        """Return what it is connected to, without secrets."""
        return self.target.profile

    @classmethod
    async def open(
        cls,
        target: ConnectionTarget,
        actor: str,
        *,
        recovery_seconds: float = 15.0,
        paths: Paths | None = None,
        feed_later: FeedLater | None = None,
    ) -> Session:
        """Connect, look at the schema, listen for changes. Raises AppError; leaves nothing open then.

        The audio store is reached for when somebody wants it. `paths` are this user's, unless given.
        """
        database = Database(target, recovery_seconds=recovery_seconds)
        listener = ChangeListener(database)
        try:
            schema = await restrict_by_schema(database)
            clock = await ServerClock.read(database)
            await listener.start()
        except BaseException:
            await listener.shutdown()
            await database.shutdown()
            raise
        users = UserRepository(database, actor)
        projects = ProjectRepository(database, actor)
        collaborators = CollaboratorRepository(database, actor)
        audio = AudioLibrary.over(database, target, actor, paths or Paths.of_this_user())
        return cls(
            target=target,
            database=database,
            listener=listener,
            schema=schema,
            users=users,
            projects=projects,
            collaborators=collaborators,
            audio=audio,
            undo=Undo(
                AuditLog(database),
                users,
                projects,
                collaborators,
                audio.files,
                BundleMarkRepository(database, actor),
                OwnershipRepository(database, actor),
            ),
            clock=clock,
            actor=actor,
            bundle_worker=BundleProcess(),
            feed_later=feed_later,
        )

    async def shutdown(self) -> None:
        """Stop listening, end what is under way, close every connection."""
        await self.listener.shutdown()
        await asyncio.to_thread(self.bundle_worker.close)
        await self.audio.shutdown()
        await self.database.shutdown()
