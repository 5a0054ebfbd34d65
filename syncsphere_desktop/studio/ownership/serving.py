"""The feed server over the studio's database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from syncsphere_desktop.database.feed_channel import FeedChannel
from syncsphere_desktop.database.ownership_notices import ListenerMode, OwnershipNotices
from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims
from syncsphere_desktop.database.repositories.standings import StandingRepository, StandingRow
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import HeldBy, OwnershipChange, OwnershipNews
from syncsphere_desktop.feed.server.ports import (
    BookEvent,
    BookListener,
    BoxChanged,
    Done,
    Held,
    ReadAgain,
    Standing,
)
from syncsphere_desktop.feed.server.server import FeedServer

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.feed.server.encryption import ServerCertificate
    from syncsphere_desktop.feed.server.limits import Limits

_SEVERAL = OwnershipId(-1)
_MOST_PROJECTS = 1000


@asynccontextmanager
async def serving(
    database: Database,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    certificate: ServerCertificate | None = None,
    token: str | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[FeedServer]:
    """Serve the feed of a database in a `with` block. Raises FeedError where the address can't be had."""
    async with AsyncExitStack() as stack:
        notices = OwnershipNotices(database)
        channel = FeedChannel(database)
        for listener in (notices, channel):
            stack.push_async_callback(listener.shutdown)
            await listener.start()
        book = DatabaseBook(OwnershipClaims(database), StandingRepository(database), notices)
        server = FeedServer(
            book,
            exchange=channel,
            host=host,
            port=port,
            certificate=certificate,
            token=token,
            limits=limits,
        )
        yield await stack.enter_async_context(server)


class DatabaseBook:
    """Meets the feed server's `OwnershipBook` with the table, its notices and the roles of the studio."""

    def __init__(
        self, claims: OwnershipClaims, standings: StandingRepository, notices: OwnershipNotices
    ) -> None:
        self._claims = claims
        self._standings = standings
        self._notices = notices
        # The one row of each box, by project, or _SEVERAL: what is told is told of rows.
        self._rows: dict[ProjectId, dict[UUID, OwnershipId]] = {}

    @property
    def tells_at_once(self) -> bool:
        """Whether the database tells of every change."""
        return self._notices.mode is ListenerMode.LIVE

    async def standing(self, project_id: ProjectId, user_id: UserId) -> Standing:
        """Return what the user may do; raises NotFoundError where user or project is unknown."""
        row = await self._standings.get(project_id, user_id)
        return Standing(row.username, _role(row))

    async def claim(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:
        """Give the box to the user unless others hold it."""
        outcome = await self._claims.claim(project_id, box_uuid, user_id)
        return Held(outcome.owners) if isinstance(outcome, HeldBy) else Done(changed=not outcome.already)

    async def release(self, project_id: ProjectId, box_uuid: UUID, user_id: UserId) -> Done | Held:
        """Take the box from the user."""
        outcome = await self._claims.release(project_id, box_uuid, user_id)
        return Held(outcome.owners) if isinstance(outcome, HeldBy) else Done(changed=bool(outcome.row_ids))

    async def holdings(self, project_id: ProjectId) -> Mapping[UUID, UserId | None]:
        """Return the owner of each box, that of its first row where it has several. Raises NotFoundError."""
        rows: dict[UUID, OwnershipId] = {}
        self._rows.pop(project_id, None)
        while len(self._rows) >= _MOST_PROJECTS:
            del self._rows[next(iter(self._rows))]
        holdings = await self._claims.holdings(project_id)
        if not holdings:
            await self._standings.require_project(project_id)
        for holding in holdings:
            if holding.row_ids:
                several = len(holding.row_ids) > 1
                rows[holding.box_uuid] = _SEVERAL if several else holding.row_ids[0]
        self._rows[project_id] = rows
        return {holding.box_uuid: holding.owner for holding in holdings}

    def subscribe(self, listener: BookListener) -> Callable[[], None]:
        """Call `listener` with each change that the database tells of, in the order of the commits."""
        return self._notices.subscribe(lambda news: listener(self._events(news)))

    def _events(self, news: Sequence[OwnershipNews]) -> list[BookEvent]:
        events = [self._event(one) for one in news]
        # Rows are hardly ever removed, but with their project they are.
        gone = {one.project_id for one in news if isinstance(one, OwnershipChange) and one.gone}
        return [*events, *map(ReadAgain, gone)]

    def _event(self, news: OwnershipNews) -> BookEvent:
        if not isinstance(news, OwnershipChange):
            gap = news.project_id is None and self.tells_at_once
            return ReadAgain(news.project_id, after_gap=gap)
        if self._is_one_of_several(news):
            return ReadAgain(news.project_id)
        return BoxChanged(news.project_id, news.box_uuid, news.owner_id, news.previous_owner_id, news.at)

    def _is_one_of_several(self, change: OwnershipChange) -> bool:
        """Whether a box has more rows than the one that changed, so that this one does not decide alone."""
        rows = self._rows.get(change.project_id)
        if rows is None or change.row_id is None:
            return False
        known = rows.get(change.box_uuid, change.row_id)
        if known != change.row_id:
            rows[change.box_uuid] = _SEVERAL
            return True
        if change.gone:
            rows.pop(change.box_uuid, None)
        else:
            rows[change.box_uuid] = change.row_id
        return False


def _role(row: StandingRow) -> Role | None:
    """Return the role: a project's owner is one without a row, and a public project may be watched by all.

    A role that nobody here knows allows to watch: it says that the user belongs there, and no more.
    """
    if row.owns_project:
        return Role.OWNER
    if row.role is not None:
        known = {role.value: role for role in Role}
        return known.get(row.role.strip().lower(), Role.VIEWER)
    return Role.VIEWER if row.is_public else None
