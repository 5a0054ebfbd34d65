"""The feed server through real sockets: who may join, who wins a claim, and what everybody is told."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.server.limits import Limits
from syncsphere_desktop.feed.server.ports import ReadAgain
from syncsphere_desktop.feed.server.server import FeedServer
from tests.fakes.feed_book import InMemoryBook, InMemoryExchange
from tests.feed.server.conftest import ADA, BASS, BOB, EVE, LEAD, PAT, PROJECT, Connect


async def test_a_join_is_answered_with_the_state_and_told_to_the_others(
    book: InMemoryBook, connected: Connect
) -> None:
    book.set(PROJECT, BASS, BOB)
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        state = await ada.join()
        assert state["ownership"] == {str(BASS): str(BOB)}
        assert state["activeUsers"] == [str(ADA)]
        bob = await connected(server.url, BOB)
        assert (await bob.join())["activeUsers"] == [str(ADA), str(BOB)]
        assert (await ada.hear("USER_JOIN", username="bob"))["userId"] == str(BOB)
        await bob.socket.close()
        assert (await ada.hear("USER_LEAVE"))["reason"] == "disconnect"


async def test_a_claim_reaches_everybody_its_sender_too_and_is_in_the_table(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book) as server:
        ada, bob = await connected(server.url, ADA), await connected(server.url, BOB)
        await ada.join()
        await bob.join()
        await ada.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(ADA))
        for one in (ada, bob):
            told = await one.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS))
            assert (told["ownerId"], told["userId"]) == (str(ADA), str(ADA))
        assert book.boxes[PROJECT] == {BASS: ADA}
        await ada.say("BOX_OWNERSHIP_RELEASED", trackboxUuid=str(BASS), ownerId=str(ADA))
        assert (await bob.hear("BOX_OWNERSHIP_RELEASED"))["ownerId"] == str(ADA)
        assert book.boxes[PROJECT] == {BASS: None}


async def test_the_second_claim_is_refused_and_told_who_holds_the_box(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book) as server:
        ada, bob = await connected(server.url, ADA), await connected(server.url, BOB)
        await ada.join()
        await bob.join()
        await ada.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(ADA))
        await bob.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(ADA))
        await bob.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(BOB))
        refusal, truth = await bob.next(), await bob.next()
        assert refusal["type"] == "ERROR"
        assert f"user {ADA}" in refusal["data"]["message"]
        assert truth["data"] == {"boxUuid": str(BASS), "ownerId": str(ADA)}
        await bob.say("BOX_OWNERSHIP_RELEASED", boxUuid=str(BASS), ownerId=str(BOB))
        assert "held by" in (await bob.hear("ERROR"))["message"]


async def test_a_claim_of_what_one_holds_is_confirmed_to_oneself_alone(
    book: InMemoryBook, connected: Connect
) -> None:
    book.set(PROJECT, BASS, ADA)
    async with FeedServer(book) as server:
        ada, bob = await connected(server.url, ADA), await connected(server.url, BOB)
        await ada.join()
        await bob.join()
        await ada.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(ADA))
        assert (await ada.hear("BOX_OWNERSHIP_CLAIMED"))["ownerId"] == str(ADA)
        await ada.say("BOX_OWNERSHIP_RELEASED", boxUuid=str(BASS), ownerId=str(ADA))
        assert (await bob.next())["type"] == "BOX_OWNERSHIP_RELEASED"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"type": "USER_JOIN", "userId": "99"}, "no user 99"),
        ({"type": "USER_JOIN", "userId": "somebody"}, "number"),
        ({"type": "USER_JOIN", "userId": "1", "projectId": "99"}, "no project 99"),
        ({"type": "USER_JOIN", "userId": str(PAT)}, "does not take part"),
        ({"type": "SYNC_REQUEST", "userId": "1", "projectId": "99"}, "no project 99"),
        ({"type": "USER_LEAVE", "userId": "1"}, "joined"),
        ({"type": "BOX_OWNERSHIP_CLAIMED", "userId": "1", "data": {"boxUuid": str(BASS)}}, "joined"),
        ({"type": "BOX_OWNERSHIP_CLAIMED", "userId": "1", "data": {}}, "UUID"),
        ({"type": "DRAG_TRACK", "userId": "1"}, "joined"),
        ({"type": "SYNC_RESPONSE", "userId": "1"}, "Only a server"),
        ([], "object"),
        ({"type": 5}, "type"),
    ],
)
async def test_what_is_not_allowed_is_an_error_frame_and_the_connection_stays(
    book: InMemoryBook, connected: Connect, frame: Any, words: str
) -> None:
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        full = {"projectId": str(PROJECT), **frame} if isinstance(frame, dict) else frame
        await ada.socket.send(json.dumps(full))
        assert words in (await ada.hear("ERROR"))["message"]
        assert (await ada.join())["activeUsers"] == [str(ADA)]


async def test_a_viewer_watches_and_nobody_acts_for_another(book: InMemoryBook, connected: Connect) -> None:
    async with FeedServer(book) as server:
        eve, ada = await connected(server.url, EVE), await connected(server.url, ADA)
        await eve.join()
        await ada.join()
        await eve.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(EVE))
        assert "may watch" in (await eve.hear("ERROR"))["message"]
        await ada.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(BOB))
        assert "themselves" in (await ada.hear("ERROR"))["message"]
        assert book.boxes.get(PROJECT, {}).get(BASS) is None
        book.set(PROJECT, LEAD, ADA)
        await eve.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(LEAD))


async def test_an_observer_is_told_what_follows_and_is_not_present(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book) as server:
        watcher, ada = await connected(server.url, 0), await connected(server.url, ADA)
        await ada.join()
        await watcher.say("SYNC_REQUEST", observe=True)
        state = await watcher.hear("SYNC_RESPONSE")
        assert (state["observing"], state["activeUsers"]) == (True, [str(ADA)])
        book.set(PROJECT, BASS, ADA)
        await watcher.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(ADA))
        await ada.say("USER_LEAVE")
        await watcher.hear("USER_LEAVE", reason="left")
        passing = await connected(server.url, 0)
        await passing.say("SYNC_REQUEST")
        assert "observing" not in await passing.hear("SYNC_RESPONSE")


async def test_other_frames_are_passed_on_to_the_project_within_bounds(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book, limits=Limits(relayed_bytes=1000)) as server:
        ada, bob = await connected(server.url, ADA), await connected(server.url, BOB)
        await ada.join()
        await bob.join()
        await ada.say("DRAG_TRACK", trackId="t", newIndex=3)
        for one in (ada, bob):
            assert (await one.hear("DRAG_TRACK"))["newIndex"] == 3
        await ada.say("SOMETHING_NEW", answer=42)
        assert (await bob.hear("SOMETHING_NEW"))["answer"] == 42
        await ada.say("TIMELINE_UPDATE", updates=[0] * 1000)
        assert "not passed on" in (await ada.hear("ERROR"))["message"]


async def test_who_observes_can_tell_the_people_of_a_project_something(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book) as server:
        admin, ada = await connected(server.url, 0), await connected(server.url, ADA)
        await ada.join()
        await admin.say("PROJECT_UPDATED", message="The bass goes to bob.", updateType="ownership")
        assert "observes" in (await admin.hear("ERROR"))["message"]
        await admin.say("SYNC_REQUEST", observe=True)
        await admin.say("PROJECT_UPDATED", message="The bass goes to bob.", updateType="ownership")
        assert (await ada.hear("PROJECT_UPDATED"))["message"] == "The bass goes to bob."


async def test_a_change_that_nobody_told_is_found_by_reading(book: InMemoryBook, connected: Connect) -> None:
    async with FeedServer(book, limits=Limits(reread_seconds=0.1)) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        book.set(PROJECT, BASS, BOB, told=False)
        await ada.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(BOB))
        book.set(PROJECT, BASS, None, told=False)
        await ada.hear("BOX_OWNERSHIP_RELEASED", ownerId=str(BOB))


async def test_without_notices_a_claim_is_told_by_the_server_itself(connected: Connect) -> None:
    from syncsphere_desktop.domain.collaborator import Role

    book = InMemoryBook(tells_at_once=False)
    book.add_user(ADA, "ada", p7=Role.OWNER)
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        await ada.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(ADA))
        await ada.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(ADA))
        book.set(PROJECT, LEAD, ADA, told=False)
        book.tell(ReadAgain(PROJECT))
        await ada.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(LEAD))


async def test_while_the_database_is_away_clients_stay_and_are_told_the_state_afterwards(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        book.go_away()
        await ada.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(ADA))
        assert "lost" in (await ada.hear("ERROR"))["message"]
        book.set(PROJECT, BASS, BOB, told=False)
        book.come_back()
        assert (await ada.hear("SYNC_RESPONSE"))["ownership"] == {str(BASS): str(BOB)}


async def test_a_project_that_is_removed_lets_everybody_out(book: InMemoryBook, connected: Connect) -> None:
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        del book.roles[PROJECT]
        book.tell(ReadAgain(PROJECT))
        assert "removed" in (await ada.hear("ERROR"))["message"]
        assert server.status.projects == 0


async def test_a_flood_of_changes_tells_the_last_of_each_box(book: InMemoryBook, connected: Connect) -> None:
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        for number in range(30_000):
            book.set(PROJECT, BASS, ADA if number % 2 else BOB)
        book.set(PROJECT, BASS, None)
        heard = 0
        while (await ada.next())["type"] != "BOX_OWNERSHIP_RELEASED":
            heard += 1
        assert heard < 30_000


async def test_a_client_that_does_not_read_is_cut_off_and_costs_the_others_nothing(
    book: InMemoryBook, connected: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async with FeedServer(book, limits=Limits(backlog=100_000)) as server:
        ada = await connected(server.url, ADA)
        bob = await connected(server.url, BOB, max_queue=1, close_timeout=0.1)
        await ada.join()
        await bob.say("USER_JOIN")
        await ada.hear("USER_JOIN")
        filler = "x" * 50_000
        with caplog.at_level(logging.WARNING):
            while not server.status.cut_off:
                await ada.say("SOMETHING_NEW", filler=filler)
                await ada.hear("SOMETHING_NEW")
        await ada.hear("USER_LEAVE", reason="disconnect")
        assert "too slowly" in caplog.text


async def test_frames_beyond_the_rate_are_handled_later_and_none_is_lost(
    book: InMemoryBook, connected: Connect
) -> None:
    limits = Limits(frames_a_second=100, burst=5)
    async with FeedServer(book, limits=limits) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        begun = asyncio.get_running_loop().time()
        for number in range(54):
            await ada.say("SOMETHING_NEW", number=number)
        for number in range(54):
            assert (await ada.hear("SOMETHING_NEW"))["number"] == number
        assert asyncio.get_running_loop().time() - begun >= 0.45


async def test_limits_on_clients_projects_and_frames(book: InMemoryBook, connected: Connect) -> None:
    limits = Limits(clients=1, projects_a_client=1, frame_bytes=1000)
    async with FeedServer(book, limits=limits) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        with pytest.raises(InvalidStatus, match="503"):
            await connected(server.url, BOB)
        book.roles[ProjectId(8)] = book.roles[PROJECT]
        await ada.say("USER_JOIN", project=8)
        assert "1 projects at most" in (await ada.hear("ERROR"))["message"]
        await ada.say("SOMETHING_NEW", filler="x" * 1000)
        with pytest.raises(ConnectionClosed) as closed:
            await ada.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_only_who_brings_the_token_is_let_in(book: InMemoryBook, connected: Connect) -> None:
    async with FeedServer(book, token="open sesame") as server:
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer open sesam\xe9"}):
            with pytest.raises(InvalidStatus, match="401"):
                await connected(server.url, ADA, additional_headers=header)
        right = {"Authorization": "Bearer open sesame"}
        ada = await connected(server.url, ADA, additional_headers=right)
        assert await ada.join()
        with pytest.raises(InvalidStatus, match="404"):
            await connected(server.url.replace("/ws", "/elsewhere"), ADA, additional_headers=right)


async def test_a_stop_tells_the_clients_and_closes_with_1001(book: InMemoryBook, connected: Connect) -> None:
    server = FeedServer(book)
    await server.start()
    ada = await connected(server.url, ADA)
    await ada.join()
    url = server.url
    stopping = asyncio.create_task(server.shutdown())
    assert "connect again" in (await ada.hear("SERVER_CLOSING"))["message"]
    with pytest.raises(ConnectionClosed) as closed:
        await ada.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    await stopping
    with pytest.raises(OSError, match="Connect call failed"):
        await connect(url)


async def test_sessions_can_be_bounded_as_deployed_servers_do(book: InMemoryBook, connected: Connect) -> None:
    async with FeedServer(book, limits=Limits(session_seconds=0.1)) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        with pytest.raises(ConnectionClosed):
            await ada.hear("NOTHING")


async def test_a_port_that_is_taken_is_an_error(book: InMemoryBook) -> None:
    async with FeedServer(book) as first:
        with pytest.raises(FeedError, match=str(first.port)):
            await FeedServer(book, port=first.port).start()


async def test_two_servers_show_the_same_people_and_pass_frames_on(
    book: InMemoryBook, connected: Connect
) -> None:
    exchange = InMemoryExchange()
    async with (
        FeedServer(book, exchange=exchange) as first,
        FeedServer(book, exchange=exchange) as second,
    ):
        ada = await connected(first.url, ADA)
        await ada.join()
        bob = await connected(second.url, BOB)
        assert (await bob.join())["activeUsers"] == [str(ADA), str(BOB)]
        await ada.hear("USER_JOIN", username="bob")
        await bob.say("BOX_OWNERSHIP_CLAIMED", boxUuid=str(BASS), ownerId=str(BOB))
        await ada.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(BOB))
        await bob.say("DRAG_TRACK", newIndex=1)
        await ada.hear("DRAG_TRACK", newIndex=1)
        await bob.socket.close()
        await ada.hear("USER_LEAVE", reason="disconnect")


async def test_one_client_of_two_that_leaves_leaves_the_user_present(
    book: InMemoryBook, connected: Connect
) -> None:
    async with FeedServer(book) as server:
        ada = await connected(server.url, ADA)
        await ada.join()
        one, other = await connected(server.url, BOB), await connected(server.url, BOB)
        await one.join()
        await ada.hear("USER_JOIN")
        await other.join()
        await one.socket.close()
        await other.say("DRAG_TRACK", newIndex=1)
        assert (await ada.next())["type"] == "DRAG_TRACK"


async def test_notices_of_projects_that_nobody_follows_are_passed_over(book: InMemoryBook) -> None:
    async with FeedServer(book) as server:
        book.set(PROJECT, BASS, UserId(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert server.status.projects == 0
