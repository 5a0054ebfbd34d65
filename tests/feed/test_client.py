from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from PySide6.QtWidgets import QApplication
from websockets.asyncio.server import ServerConnection

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import FeedUnavailableError
from syncsphere_desktop.feed.endpoint import FeedMode
from syncsphere_desktop.feed.messages import (
    OwnershipClaimed,
    OwnershipReleased,
    ServerRefused,
    StateSynced,
    UserLeft,
)
from syncsphere_desktop.feed.state import Connected, Disconnected, FeedPhase
from tests.feed.certificates import Certificates
from tests.feed.hostile import BOX, PROJECT, QUICK, Following, HostileFeed, answer, claim, frame
from tests.ui.loops import run_on_qt_loop


async def test_an_observer_hears_the_state_and_every_claim(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await feed.broadcast(claim())
        await following.until(lambda: following.of(OwnershipClaimed))

        assert following.of(OwnershipClaimed)[0].box_uuid == BOX
        assert following.of(OwnershipClaimed)[0].owner == UserId(3)
        assert following.of(StateSynced)[0].active == {UserId(3)}
        assert {request["type"] for request in feed.requests} == {"SYNC_REQUEST"}
        assert feed.requests[0]["data"] == {"observe": True}
        assert following.of(Connected) == [Connected(frozenset({PROJECT}))]


async def test_who_joins_is_present_and_says_goodbye(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed:
        endpoint = feed.endpoint(mode=FeedMode.JOIN, user_id=UserId(5), username="Ada")
        async with Following(endpoint) as following:
            await following.until_live()
        await asyncio.sleep(0)

        kinds = [(request["type"], request["userId"]) for request in feed.requests]
        assert kinds[0] == ("USER_JOIN", "5")
        assert feed.requests[0]["data"] == {"username": "Ada"}
        assert kinds[-1] == ("USER_LEAVE", "5")


def test_the_client_lives_in_qts_loop_over_tls(certificates: Certificates, qapp: QApplication) -> None:
    async def follow() -> None:
        async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
            await following.until_live()
            await feed.broadcast(claim())
            await following.until(lambda: following.of(OwnershipClaimed))

    run_on_qt_loop(qapp, follow())


async def test_projects_come_and_go(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        following.client.watch([PROJECT, ProjectId(8)])
        await following.until(lambda: Connected(frozenset({PROJECT, ProjectId(8)}), True) in following.events)
        following.client.watch([ProjectId(8)])
        await feed.broadcast(claim())
        await following.until(lambda: following.client.counts.foreign)

        assert not following.of(OwnershipClaimed)
        following.client.watch([])
        await following.until(lambda: following.client.state.phase is FeedPhase.OFF)
        await following.until(lambda: following.client.state.sockets == 0)
        following.client.watch([PROJECT])
        await following.until_live()


async def test_many_projects_share_few_sockets(certificates: Certificates) -> None:
    pacing = replace(QUICK, projects_per_socket=20, requests=1000)
    async with HostileFeed(certificates) as feed, Following(feed.endpoint(), pacing) as following:
        following.client.watch([ProjectId(number) for number in range(1, 51)])
        await following.until_live()

        assert following.client.state.sockets == 3
        assert {int(request["projectId"]) for request in feed.requests} >= set(range(1, 51))


async def test_what_is_sent_reaches_the_server(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await following.client.send(OwnershipReleased(PROJECT, BOX, UserId(3)))
        await following.until(lambda: feed.requests[-1]["type"] == "BOX_OWNERSHIP_RELEASED")

        with pytest.raises(FeedUnavailableError, match="not connected"):
            await following.client.send(OwnershipReleased(ProjectId(99), BOX))


async def test_sockets_closed_time_and_again_leave_no_gap(certificates: Certificates) -> None:
    """As the deployed server does it, with seconds for minutes: the next socket is there before."""

    async def close_soon(feed: HostileFeed, connection: ServerConnection) -> None:
        try:
            async with asyncio.timeout(10):
                await answer(feed, connection)
        except TimeoutError:
            await connection.close()

    pacing = replace(QUICK, renew=0.2, poll_followed=60, steady=0.2)
    async with HostileFeed(certificates, close_soon) as feed, Following(feed.endpoint(), pacing) as following:
        await following.until_live()
        boxes = []
        while feed.opened < 6:
            boxes.append(uuid4())
            assert feed.joined
            await feed.broadcast(claim(boxes[-1]))
            await asyncio.sleep(0.01)
        await following.until(
            lambda: boxes[-1] in {event.box_uuid for event in following.of(OwnershipClaimed)}
        )

        assert [event.box_uuid for event in following.of(OwnershipClaimed)] == boxes
        assert not following.of(Disconnected)
        assert all(event.is_renewal for event in following.of(Connected)[1:])
        assert {state.phase for state in following.states} <= {FeedPhase.CONNECTING, FeedPhase.LIVE}
        assert all(state.reason is None for state in following.states)


async def test_the_habit_of_closing_is_learnt(certificates: Certificates) -> None:
    async def close_soon(feed: HostileFeed, connection: ServerConnection) -> None:
        try:
            async with asyncio.timeout(0.6):
                await answer(feed, connection)
        except TimeoutError:
            await connection.close()

    pacing = replace(QUICK, renew_least=0.1, steady=0.3, grace=5, poll_followed=60)
    async with HostileFeed(certificates, close_soon) as feed, Following(feed.endpoint(), pacing) as following:
        await following.until(lambda: any(event.is_renewal for event in following.of(Connected)))

        assert feed.opened >= 3
        assert not following.of(Disconnected)  # each end was bridged within the time of grace


async def test_joined_again_after_the_old_socket_went(certificates: Certificates) -> None:
    """The server says of the old socket that the user left: nobody is to believe it."""

    async def tell_of_drops(feed: HostileFeed, connection: ServerConnection) -> None:
        try:
            await answer(feed, connection)
        finally:
            feed.joined.discard(connection)
            await feed.broadcast(frame("USER_LEAVE", {"reason": "disconnect"}, userId="5"))

    pacing = replace(QUICK, renew=0.3)
    async with HostileFeed(certificates, tell_of_drops) as feed:
        endpoint = feed.endpoint(mode=FeedMode.JOIN, user_id=UserId(5))
        async with Following(endpoint, pacing) as following:
            await following.until(lambda: feed.opened >= 2)
            await following.until(
                lambda: [request["type"] for request in feed.requests].count("USER_JOIN") >= 3
            )
            assert not following.of(UserLeft)


async def test_a_refusal_to_tell_the_state_does_not_end_the_feed(certificates: Certificates) -> None:
    async def refuse(feed: HostileFeed, connection: ServerConnection) -> None:
        async for _request in connection:
            feed.joined.add(connection)
            text = frame("ERROR", {"message": "relation does not exist"}, projectId="", userId="")
            await connection.send(text)

    async with HostileFeed(certificates, refuse) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await feed.broadcast(claim())
        await following.until(lambda: following.of(OwnershipClaimed))

        assert following.of(ServerRefused)[0].message == "relation does not exist"
        assert following.client.counts.refused >= 1
        assert feed.opened == 1


async def test_a_server_that_restarts_is_found_again(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await feed.close()
        await following.until(lambda: following.of(Disconnected))
        await following.until_reason("Nothing listens at localhost")
        await feed.open()
        await following.until_live()

        await following.until(lambda: len(following.of(Connected)) == 2)
        kinds = [type(event) for event in following.events if isinstance(event, (Connected, Disconnected))]
        assert kinds == [Connected, Disconnected, Connected]
        assert FeedPhase.RECONNECTING in {state.phase for state in following.states}


async def test_the_return_of_the_network_ends_the_wait(certificates: Certificates) -> None:
    pacing = replace(QUICK, retry_first=3600, retry_longest=3600)
    async with HostileFeed(certificates) as feed, Following(feed.endpoint(), pacing) as following:
        await following.until_live()
        await feed.close()
        await following.until(lambda: following.of(Disconnected))
        await following.until_reason("Nothing listens")
        await feed.open()
        following.client.network_returned()
        await following.until_live()


async def test_nothing_is_told_after_the_end(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed:
        async with Following(feed.endpoint()) as following:
            await following.until_live()
            before = asyncio.all_tasks()
        told = len(following.events)
        await asyncio.sleep(0.05)

        assert len(following.events) == told
        assert not [task for task in asyncio.all_tasks() & before if task.get_name().startswith("feed ")]
