"""What the view of a real session is built from: its feed is followed with the token of the connection."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.watch_status import WatchStatus, WatchWay
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.ownership.parts import parts_for_session
from tests.fakes.feed_book import InMemoryBook

_TOKEN = "open-sesame"


async def test_the_feed_of_a_session_is_followed_with_its_token_which_repr_does_not_show(
    target: ConnectionTarget,
) -> None:
    bugs: list[BaseException] = []
    problems: list[AppError] = []
    statuses: asyncio.Queue[WatchStatus] = asyncio.Queue()
    book = InMemoryBook()
    book.roles[ProjectId(1)] = {}
    async with FeedServer(book, token=_TOKEN) as server:
        with_feed = replace(target, profile=replace(target.profile, feed_url=server.url), feed_secret=_TOKEN)
        session = await Session.open(with_feed, "tester")
        try:
            assert _TOKEN not in repr(session)
            parts = parts_for_session(session, bugs.append, problems.append)
            assert parts.telling is not None
            assert parts.network_returned is not None
            parts.watch.subscribe_status(statuses.put_nowait)
            parts.watch.show([ProjectId(1)])
            await parts.watch.start()
            async with asyncio.timeout(20):
                while (await statuses.get()).way is not WatchWay.FEED:
                    parts.network_returned()
            await parts.watch.shutdown()
        finally:
            await session.shutdown()
    assert not bugs
    assert not problems


async def test_an_address_that_can_not_be_used_is_told_and_the_view_goes_without(
    target: ConnectionTarget,
) -> None:
    problems: list[AppError] = []
    wrong = replace(target, profile=replace(target.profile, feed_url="ws://studio.example/ws"))
    session = await Session.open(wrong, "tester")
    parts = parts_for_session(session, lambda _error: None, problems.append)
    assert parts.telling is None
    assert [error.code for error in problems] == ["invalid_input"]
    await session.shutdown()
