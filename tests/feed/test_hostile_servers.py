"""Servers that break every rule: the client goes on, within bounds, and says in a sentence what is wrong."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from dataclasses import replace
from uuid import UUID

import pytest
from websockets.asyncio.server import ServerConnection

from syncsphere_desktop.feed.messages import OwnershipClaimed, OwnershipReleased, Unknown
from syncsphere_desktop.feed.state import Connected, FeedPhase
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode
from tests.feed.certificates import Certificates
from tests.feed.hostile import (
    BOX,
    QUICK,
    TOKEN,
    Following,
    HostileFeed,
    answer,
    claim,
    frame,
)
from tests.proxy import Proxy

BAD_FRAMES: tuple[str | bytes, ...] = (
    "",
    "null",
    "[]",
    "{",
    '"BOX_OWNERSHIP_CLAIMED"',
    "NaN",
    "9" * 5000,
    "[" * 100_000,
    "{}",
    '{"type": 7}',
    '{"type": ["USER_JOIN"]}',
    '{"type": "BOX_OWNERSHIP_CLAIMED"}',
    frame("BOX_OWNERSHIP_CLAIMED", {}),
    frame("BOX_OWNERSHIP_CLAIMED", {"boxUuid": "7", "ownerId": 3}),
    frame("BOX_OWNERSHIP_CLAIMED", {"boxUuid": 7, "ownerId": 3}),
    frame("BOX_OWNERSHIP_CLAIMED", {"boxUuid": [str(BOX)], "ownerId": 3}),
    frame("BOX_OWNERSHIP_CLAIMED", [str(BOX)]),
    frame("BOX_OWNERSHIP_CLAIMED", str(BOX)),
    claim(projectId="seven"),
    claim(projectId=-7),
    claim(projectId={}),
    claim(projectId="9" * 30),
    claim(owner=None, userId=None),
    claim(owner={"id": 3}, userId=True),
    frame("USER_JOIN", userId=None),
    frame("USER_LEAVE", userId={}),
    b"\x00\xff\xfe",
    b"\x81\x00",
)


async def test_no_bad_frame_ends_the_connection_or_counts(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await feed.broadcast(*BAD_FRAMES)
        await feed.broadcast(b'{"type": "BOX_\xff"}', b"\xc3\x28", text=True)  # text frames that are no UTF-8
        await feed.broadcast(claim())
        await following.until(lambda: following.of(OwnershipClaimed))

        assert following.client.counts.malformed == len(BAD_FRAMES) + 2
        assert len(following.of(OwnershipClaimed)) == 1
        assert feed.opened == 1


async def test_unknown_types_are_counted_and_told(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await feed.broadcast(frame("REGION_MOVED"), frame("BRAND_NEW", {"boxUuid": str(BOX)}), frame(""))
        await following.until(lambda: following.client.counts.unknown == 3)
        await following.until(lambda: len(following.of(Unknown)) == 3)

        told = {event.type: event.is_known for event in following.of(Unknown)}
        assert told == {"REGION_MOVED": True, "BRAND_NEW": False, "": False}


async def test_clocks_that_are_wrong_change_nothing(certificates: Certificates) -> None:
    moments: tuple[object, ...] = (
        0,
        -1,
        9e99,
        float("inf"),
        "yesterday",
        "1970-01-01T00:00:00",
        "9999-12-31T23:59:59Z",
        None,
        [],
    )
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        for number, moment in enumerate(moments):
            await feed.broadcast(claim(UUID(int=number), timestamp=moment))
        await following.until(lambda: len(following.of(OwnershipClaimed)) == len(moments))

        assert [event.box_uuid.int for event in following.of(OwnershipClaimed)] == list(range(len(moments)))


async def test_a_giant_frame_is_cut_off_unread_and_the_feed_comes_back(certificates: Certificates) -> None:
    async def announce_much(feed: HostileFeed, connection: ServerConnection) -> None:
        if feed.opened == 1:
            head = b"\x81\x7f" + (100 * 2**20).to_bytes(8)
            connection.transport.write(head + b'{"type":"TIMELINE_UPDATE"' + b" " * 65536)
        await answer(feed, connection)

    async with (
        HostileFeed(certificates, announce_much) as feed,
        Following(feed.endpoint(), replace(QUICK, frame_size=2**20)) as following,
    ):
        await following.until_reason("a frame that is too large")
        await following.until_live()
        assert feed.opened == 2


async def test_a_giant_frame_in_pieces_is_not_gathered(certificates: Certificates) -> None:
    async def dribble(feed: HostileFeed, connection: ServerConnection) -> None:
        if feed.opened == 1:
            piece = "x" * 2**18
            await connection.send(piece for _ in range(400))
        await answer(feed, connection)

    async with (
        HostileFeed(certificates, dribble) as feed,
        Following(feed.endpoint(), replace(QUICK, frame_size=2**20)) as following,
    ):
        tracemalloc.start()
        await following.until_reason("a frame that is too large")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await following.until_live()
        assert peak < 16 * 2**20  # both sides of it


async def test_large_frames_of_no_use_are_passed_over_unparsed(certificates: Certificates) -> None:
    heavy = frame("TIMELINE_UPDATE", {"updates": [{"type": "USER_JOIN", "data": [0] * 500_000}]})
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        await feed.broadcast(heavy, heavy, claim())
        await following.until(lambda: following.of(OwnershipClaimed))

        assert following.client.counts.unknown == 2
        assert feed.opened == 1
        skipped = following.of(Unknown)[0]
        assert (skipped.type, skipped.size, skipped.project_id) == ("TIMELINE_UPDATE", len(heavy), None)


async def test_a_flood_is_merged_and_ends_in_the_right_state(certificates: Certificates) -> None:
    boxes = [UUID(int=number) for number in range(50)]
    flood = [claim(box, owner) for owner in range(1, 201) for box in boxes]
    flood += [frame("BOX_OWNERSHIP_RELEASED", {"boxUuid": str(box)}) for box in boxes[:25]]
    pacing = replace(QUICK, batch=0.02)
    async with HostileFeed(certificates) as feed, Following(feed.endpoint(), pacing) as following:
        await following.until_live()
        await feed.broadcast(*flood)
        await following.until(lambda: following.client.counts.received >= len(flood))
        await following.until(lambda: len(following.of(OwnershipReleased)) >= 25)

        told = following.of((OwnershipClaimed, OwnershipReleased))
        last = {event.box_uuid: event for event in told}
        assert all(isinstance(last[box], OwnershipReleased) for box in boxes[:25])
        assert all(last[box].owner == 200 for box in boxes[25:])
        assert following.client.counts.merged > len(flood) / 4
        assert max(following.batches) <= 2 * len(boxes) + 2
        assert following.client.counts.dropped == 0


async def test_a_server_that_says_nothing_is_named_and_left(certificates: Certificates) -> None:
    async def keep_silent(feed: HostileFeed, connection: ServerConnection) -> None:
        async for request in connection:
            feed.heard.set()
            del request

    async with (
        HostileFeed(certificates, keep_silent) as feed,
        Following(feed.endpoint(), replace(QUICK, answer=0.2)) as following,
    ):
        state = await following.until_reason("accepts connections but has not answered for 0.2 seconds")
        assert state.phase is FeedPhase.CONNECTING
        assert not following.of(Connected)
        feed.behave = answer
        await following.until_live()


async def test_a_server_that_falls_silent_is_left(certificates: Certificates) -> None:
    async def answer_once(feed: HostileFeed, connection: ServerConnection) -> None:
        await connection.send(frame("SYNC_RESPONSE", {"ownership": {}}))
        async for request in connection:
            del request

    pacing = replace(QUICK, answer=0.3)
    async with (
        HostileFeed(certificates, answer_once) as feed,
        Following(feed.endpoint(), pacing) as following,
    ):
        await following.until_reason("has not answered")
        assert feed.opened >= 1


async def test_a_server_that_closes_after_every_frame_is_not_hurried(certificates: Certificates) -> None:
    async def close_at_once(feed: HostileFeed, connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(claim())

    pacing = replace(QUICK, retry_first=0.2, retry_longest=30)
    async with (
        HostileFeed(certificates, close_at_once) as feed,
        Following(feed.endpoint(), pacing) as following,
    ):
        await following.until(lambda: feed.opened >= 3)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await following.until(lambda: feed.opened >= 4)

        assert loop.time() - began > 0.2  # the waits double: this one is 0.4 to 0.8 seconds
        assert "closed the connection" in (following.client.state.reason or "")
        assert following.of(OwnershipClaimed)


async def test_half_open_connections_are_noticed(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, _proxy(feed) as proxy:
        endpoint = feed.endpoint(url=f"wss://localhost:{proxy.target.profile.port}/ws")
        pacing = replace(QUICK, ping=0.2, open=1, close=0.1, poll_followed=60)
        async with Following(endpoint, pacing) as following:
            await following.until_live()
            proxy.is_black_hole = True
            await following.until_reason("stopped answering")
            await following.until_reason("does not answer")
            proxy.is_black_hole = False
            await following.until_live()


async def test_open_sockets_are_tried_when_the_network_returns(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:
        await following.until_live()
        following.client.network_returned()
        await feed.broadcast(claim())
        await following.until(lambda: following.of(OwnershipClaimed))

        assert feed.opened == 1


@pytest.mark.parametrize(
    ("certificate", "sentence"),
    [
        ("expired", "has expired, or this machine's clock is wrong."),
        ("early", "is not valid yet, or this machine's clock is wrong."),
        ("elsewhere", "is for another host than localhost."),
        ("stranger", "is not signed by an authority that is trusted here."),
        ("alone", "is signed by itself; name it as CA or by its fingerprint."),
    ],
)
async def test_wrong_certificates_are_refused_with_the_reason(
    certificates: Certificates, certificate: str, sentence: str
) -> None:
    async with (
        HostileFeed(certificates, certificate=certificate) as feed,
        Following(feed.endpoint(token=TOKEN)) as following,
    ):
        state = await following.until_reason(sentence)

        assert (state.reason or "").startswith("The certificate")
        assert feed.headers == []  # nothing was sent, the token least of all


async def test_a_fingerprint_alone_decides(certificates: Certificates) -> None:
    async with HostileFeed(certificates, certificate="alone") as feed:
        pinned = feed.endpoint(authorities=None, fingerprint=certificates.fingerprint("alone"))
        async with Following(pinned) as following:
            await following.until_live()
        feed.headers.clear()
        other = feed.endpoint(fingerprint=certificates.fingerprint("good"), token=TOKEN)
        async with Following(other) as following:
            await following.until_reason("shows another certificate than the one whose fingerprint is set")

        assert feed.headers == []


async def test_a_server_without_tls_is_told_from_one_that_is_away(certificates: Certificates) -> None:
    async with HostileFeed(certificates, certificate=None) as feed:
        endpoint = feed.endpoint(url=f"wss://localhost:{feed.port}/ws", token=TOKEN)
        async with Following(endpoint) as following:
            await following.until_reason("it may not speak TLS")

        assert feed.headers == []


async def test_plain_sockets_work_on_loopback(certificates: Certificates) -> None:
    async with HostileFeed(certificates, certificate=None) as feed, Following(feed.endpoint()) as following:
        await following.until_live()


async def test_a_ca_file_that_is_none_is_named(certificates: Certificates) -> None:
    async with HostileFeed(certificates) as feed:
        authorities = certificates.folder / "good.key"
        async with Following(feed.endpoint(authorities=authorities)) as following:
            await following.until_reason("can't be read as PEM certificates")
        async with Following(feed.endpoint(authorities=authorities.with_name("gone.pem"))) as following:
            await following.until_reason("can't be read as PEM certificates")


async def test_the_token_opens_and_is_nowhere_to_be_read(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with HostileFeed(certificates, token=TOKEN) as feed:
        endpoint = feed.endpoint(token=TOKEN, headers={"X-Key": "hunter3"})
        async with Following(endpoint) as following:
            await following.until_live()
        assert feed.headers[0]["X-Key"] == "hunter3"
        wrong = feed.endpoint(token="hunter4")
        async with Following(wrong) as other:
            state = await other.until_reason("refuses the token, or wants one.")

        written = caplog.text + repr(endpoint) + repr(following.client.__dict__) + repr(wrong) + repr(state)
        assert not {secret for secret in (TOKEN, "hunter3", "hunter4") if secret in written}


async def _http(answer: bytes) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "it does not speak WebSocket"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no feed at this path"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "refuses this client"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "can't take a client now"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "WebSocket"),
        (b"220 mail.example.org ESMTP\r\n\r\n", "it does not speak WebSocket"),
        (b"", "it does not speak WebSocket"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it does not speak WebSocket"),
    ],
)
async def test_other_servers_are_told_from_a_feed(
    certificates: Certificates, reply: bytes, sentence: str
) -> None:
    server = await _http(reply)
    port = server.sockets[0].getsockname()[1]
    async with (
        HostileFeed(certificates) as feed,
        Following(feed.endpoint(url=f"ws://127.0.0.1:{port}/ws", token=TOKEN)) as following,
    ):
        await following.until_reason(sentence)
    server.close()
    await server.wait_closed()


async def test_a_host_that_is_not_there_is_named(certificates: Certificates) -> None:
    async with (
        HostileFeed(certificates) as feed,
        Following(feed.endpoint(url="wss://feed.invalid:8443/ws")) as following,
    ):
        await following.until_reason("The host feed.invalid of the feed can't be found.")


async def test_a_bug_in_a_listener_is_reported_and_the_feed_goes_on(certificates: Certificates) -> None:
    complaints: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: complaints.append(context["exception"]))
    async with HostileFeed(certificates) as feed, Following(feed.endpoint()) as following:

        def fail(_batch: object) -> None:
            raise ZeroDivisionError

        following.client.subscribe(fail)
        await following.until_live()
        await following.until(lambda: complaints)

        assert isinstance(complaints[0], ZeroDivisionError)
        await feed.broadcast(claim())
        await following.until(lambda: following.of(OwnershipClaimed))


def _proxy(feed: HostileFeed) -> Proxy:
    profile = ConnectionProfile("feed", "127.0.0.1", feed.port, "", "", SslMode.DISABLE)
    return Proxy(ConnectionTarget(profile))
