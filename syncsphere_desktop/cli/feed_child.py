"""The child process that serves the local studio's feed, until nobody uses the studio any more."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.cli.event_loop import run_async
from syncsphere_desktop.errors import AppError, FeedError, LocalStudioError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.database.embedded import EmbeddedServer
    from syncsphere_desktop.feed.server.encryption import ServerCertificate
    from syncsphere_desktop.feed.server.server import FeedServer
    from syncsphere_desktop.studio.local_feed import ActivityWish, LocalFeed

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_UNWANTED_LOOKS = 3
_CERTIFICATE_LOOKS = 3600


def main(arguments: Sequence[str]) -> int:
    """Serve the feed of the local studio in a folder, on a port: `[folder, port]`. Returns the exit code."""
    from syncsphere_desktop.logs import configure

    folder, port = Path(arguments[0]), int(arguments[1])
    end_logging = configure(verbose=False, stream=sys.stderr)
    try:
        run_async(_serve(folder, port))
    except AppError as error:
        _log.error("%s %s", error.message, error.details or "")
        return error.exit_code
    finally:
        end_logging()
    return 0


async def _serve(folder: Path, port: int) -> None:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.database.embedded import EmbeddedServer
    from syncsphere_desktop.database.local_database import LocalDatabase
    from syncsphere_desktop.feed.server.encryption import ServerCertificate
    from syncsphere_desktop.studio.local_feed import LocalFeed

    feed, studio = LocalFeed(folder), EmbeddedServer(folder)
    with feed.serving_alone() as alone:
        if not alone:
            return
        files = feed.ensure_certificates()
        certificate = ServerCertificate(files.certificate, files.key)
        database = Database(LocalDatabase(studio).target(), recovery_seconds=5.0)
        try:
            async with _served(database, port, certificate) as server:
                feed.announce(server.port)
                await _Keeper(feed, studio, database, server).keep()
        finally:
            await database.shutdown()


@asynccontextmanager
async def _served(database: Database, port: int, certificate: ServerCertificate) -> AsyncIterator[FeedServer]:
    """Serve on this port, or on any other where somebody was faster."""
    from syncsphere_desktop.studio.ownership.serving import serving

    async with AsyncExitStack() as stack:
        try:
            wanted = serving(database, port=port, certificate=certificate)
            server = await stack.enter_async_context(wanted)
        except FeedError as error:
            if error.step != "reach":
                raise
            server = await stack.enter_async_context(serving(database, certificate=certificate))
        yield server


class _Keeper:
    """Looks every moment whether the feed is still wanted, and with it the activity of sample members."""

    def __init__(
        self, feed: LocalFeed, studio: EmbeddedServer, database: Database, server: FeedServer
    ) -> None:
        self._feed = feed
        self._studio = studio
        self._database = database
        self._server = server
        self._wish: ActivityWish | None = None
        self._activity: asyncio.Task[None] | None = None

    async def keep(self) -> None:
        """Return when the local studio has rested, or nobody has used it, for some seconds."""
        unwanted = looks = 0
        try:
            while unwanted < _UNWANTED_LOOKS:
                await self._follow_wish()
                await asyncio.sleep(_LOOK_SECONDS)
                unwanted = 0 if await asyncio.to_thread(self._is_wanted) else unwanted + 1
                looks += 1
                if looks % _CERTIFICATE_LOOKS == 0:
                    await asyncio.to_thread(self._feed.ensure_certificates)
        finally:
            await self._end_activity()

    def _is_wanted(self) -> bool:
        try:
            return self._studio.is_running and (self._studio.is_kept or bool(self._studio.holders()))
        except LocalStudioError as error:  # somebody is busy with it
            _log.info("Whether the local studio is in use is not known now: %s", error.message)
            return True

    async def _follow_wish(self) -> None:
        wish = self._feed.activity()
        if wish != self._wish:
            await self._end_activity()
            self._wish = wish
        if wish is not None and (self._activity is None or self._activity.done()):
            self._report_activity()
            self._activity = asyncio.create_task(self._act(wish))

    async def _act(self, wish: ActivityWish) -> None:
        from syncsphere_desktop.feed.activity import Activity
        from syncsphere_desktop.feed.endpoint import FeedEndpoint
        from syncsphere_desktop.studio.ownership.players import sample_players

        players = await sample_players(self._database)
        endpoint = FeedEndpoint(self._server.url, authorities=self._feed.authority)
        await Activity(endpoint, players, seed=wish.seed, pace=wish.pace).run()

    async def _end_activity(self) -> None:
        if self._activity is not None:
            self._activity.cancel()
            await asyncio.gather(self._activity, return_exceptions=True)
            self._report_activity()
            self._activity = None

    def _report_activity(self) -> None:
        done = self._activity
        if done is not None and done.done() and not done.cancelled():
            error = done.exception()
            if isinstance(error, AppError):
                _log.warning("The activity of sample members paused: %s", error.message)
            elif error is not None:
                raise error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
