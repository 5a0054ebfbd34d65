"""A feed that is found after the watch began, and a window's session that knows its token."""

from __future__ import annotations

import asyncio

import pytest

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import FeedUnavailableError
from syncsphere_desktop.feed.endpoint import OBSERVER, FeedEndpoint
from syncsphere_desktop.feed.messages import ProjectNotice
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.feed.state import FeedPhase, FeedState
from syncsphere_desktop.studio.ownership.late_feed import LateFeed
from tests.fakes.feed_book import InMemoryBook

_SONG = ProjectId(1)


async def test_it_is_followed_once_it_was_found_for_what_is_watched_by_then() -> None:
    book = InMemoryBook()
    book.roles[_SONG] = {}
    found: asyncio.Future[FeedEndpoint | None] = asyncio.get_running_loop().create_future()
    feed = LateFeed(lambda: found)
    states: asyncio.Queue[FeedState] = asyncio.Queue()
    feed.subscribe_state(states.put_nowait)
    feed.watch([_SONG])
    feed.start()
    assert feed.state.phase is FeedPhase.CONNECTING
    feed.network_returned()
    with pytest.raises(FeedUnavailableError):
        await feed.send(ProjectNotice(_SONG, OBSERVER, "Hello"))
    async with FeedServer(book) as server, asyncio.timeout(20):
        found.set_result(FeedEndpoint(server.url))
        while (await states.get()).phase is not FeedPhase.LIVE:
            pass
        await feed.send(ProjectNotice(_SONG, OBSERVER, "Hello"))
        await feed.shutdown()


async def test_one_that_does_not_come_is_told_and_one_that_is_waited_for_can_be_left() -> None:
    async def nothing() -> None:
        return None

    feed = LateFeed(nothing)
    states: asyncio.Queue[FeedState] = asyncio.Queue()
    feed.subscribe_state(states.put_nowait)
    feed.start()
    assert (await states.get()).phase is FeedPhase.OFF
    assert feed.state.reason == "The feed did not start."
    await feed.shutdown()
    waiting = LateFeed(lambda: asyncio.get_running_loop().create_future())
    waiting.start()
    await asyncio.sleep(0)
    await waiting.shutdown()
