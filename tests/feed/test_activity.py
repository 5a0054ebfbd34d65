"""Sample members at work: through real sockets, and the same again with the same seed."""

from __future__ import annotations

import asyncio
from uuid import UUID

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.activity import Activity, Player
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.server.ports import BoxChanged
from syncsphere_desktop.feed.server.server import FeedServer
from tests.fakes.feed_book import InMemoryBook

PROJECT = ProjectId(7)
BOXES = tuple(UUID(int=number) for number in range(1, 7))
PLAYERS = tuple(Player(PROJECT, UserId(number), f"user{number}", BOXES) for number in range(1, 5))


def studio() -> InMemoryBook:
    """Four editors of one project."""
    book = InMemoryBook()
    for player in PLAYERS:
        book.add_user(player.user_id, player.username, p7=Role.EDITOR)
    return book


async def changes_of(seed: int) -> list[tuple[UUID, UserId | None]]:
    """Return what forty doings change."""
    book = studio()
    told: list[BoxChanged] = []
    book.subscribe(lambda events: told.extend(one for one in events if isinstance(one, BoxChanged)))
    async with FeedServer(book) as server:
        await Activity(FeedEndpoint(server.url), PLAYERS, seed=seed, pace=0).run(steps=40)
        assert server.status.cut_off == 0
    return [(change.box_uuid, change.owner_id) for change in told]


async def test_the_same_seed_does_the_same_and_another_one_does_not() -> None:
    first = await changes_of(5)
    assert len(first) > 15
    assert await changes_of(5) == first
    assert await changes_of(6) != first


async def test_a_feed_that_ends_is_waited_for_until_the_activity_is_cancelled() -> None:
    book = studio()
    server = FeedServer(book)
    await server.start()
    acting = asyncio.create_task(Activity(FeedEndpoint(server.url), PLAYERS, pace=0).run())
    begun = asyncio.Event()
    book.subscribe(lambda _events: begun.set())
    await begun.wait()
    await server.shutdown()
    await asyncio.sleep(0.05)
    assert not acting.done()
    acting.cancel()
    await asyncio.gather(acting, return_exceptions=True)
    assert acting.cancelled()


async def test_nobody_to_play_is_no_work() -> None:
    await Activity(FeedEndpoint("ws://127.0.0.1:9/ws"), ()).run()
