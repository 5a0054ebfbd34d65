"""Puts the watch over ownership together: a database's table and notices, and the feed beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.ownership_notices import OwnershipNotices
from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims
from syncsphere_desktop.database.repositories.project_ids import all_project_ids, has_project
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import Holding
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.studio.ownership.watch_ports import Feed, WatchPacing
from syncsphere_desktop.studio.ownership.watching import OwnershipWatch


class StoredHoldings:
    """The table of a database. A project without boxes is told from one that is gone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims = OwnershipClaims(database)

    async def holdings(self, project_id: ProjectId) -> tuple[Holding, ...]:
        """Return a project's boxes; raises NotFoundError, AppError."""
        rows = await self._claims.holdings(project_id)
        if not rows and not await has_project(self._database, project_id):
            raise NotFoundError(f"There is no project {project_id} any more.")
        return rows

    async def all_holdings(self) -> tuple[Holding, ...]:
        """Return those of every project; raises AppError."""
        return await self._claims.all_holdings()


def ownership_watch(
    database: Database,
    endpoint: FeedEndpoint | None,
    *,
    pacing: WatchPacing | None = None,
    report_bug: Callable[[BaseException], None] | None = None,
    feed: Feed | None = None,
) -> OwnershipWatch:
    """Return a watch over a database and, where there is one, the feed at `endpoint`; not started yet.

    `feed` is one that the caller made, in place of the endpoint's.
    """
    return OwnershipWatch(
        StoredHoldings(database),
        OwnershipNotices(database),
        feed or (None if endpoint is None else FeedClient(endpoint)),
        all_projects=partial(all_project_ids, database),
        pacing=pacing,
        report_bug=report_bug,
    )
