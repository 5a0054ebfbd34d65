"""The test of a feed: each step that passed, and the one that fails with its reason."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.pacing import FeedPacing
from syncsphere_desktop.feed.probing import STEPS, FeedStep, probe_feed
from tests.feed.certificates import Certificates
from tests.feed.hostile import TOKEN, HostileFeed, frame

PACING = FeedPacing(open=5, answer=5, close=0.5)


async def probe(feed: HostileFeed, **fields: Any) -> tuple[FeedError | None, dict[str, bool | None]]:
    """Return what failed, and how each step that was told ended."""
    told: list[FeedStep] = []
    pacing = replace(PACING, answer=fields.pop("answer", PACING.answer))
    error = await probe_feed(feed.endpoint(**fields), told.append, pacing=pacing)
    assert told[0] == FeedStep("resolve")
    return error, {step.name: step.is_passed for step in told}


async def test_a_good_feed_passes_every_step(certificates: Certificates) -> None:
    async with HostileFeed(certificates, token=TOKEN) as feed:
        error, steps = await probe(feed, token=TOKEN)

    assert error is None
    assert steps == dict.fromkeys(STEPS, True)
    assert feed.requests[0]["projectId"] == "0"


async def test_a_refusal_is_an_answer(certificates: Certificates) -> None:
    async def refuse(_feed: HostileFeed, connection: ServerConnection) -> None:
        async for _request in connection:
            await connection.send(frame("ERROR", {"message": "no such project"}, projectId=""))

    async with HostileFeed(certificates, refuse, certificate=None) as feed:
        error, steps = await probe(feed)

    assert error is None
    assert steps == {**dict.fromkeys(STEPS, True), "tls": None}


@pytest.mark.parametrize("certificate", ["expired", "elsewhere", "stranger", "alone"])
async def test_a_certificate_that_is_not_trusted_is_shown_to_be_compared(
    certificates: Certificates, certificate: str
) -> None:
    async with HostileFeed(certificates, certificate=certificate) as feed:
        error, steps = await probe(feed)
        assert error is not None
        assert steps == {"resolve": True, "reach": True, "tls": False}
        assert certificates.fingerprint(certificate) in (error.details or "")
        assert feed.headers == []

        error, steps = await probe(feed, fingerprint=certificates.fingerprint(certificate))
        assert error is None


async def test_a_wrong_token_fails_where_clients_are_admitted(certificates: Certificates) -> None:
    async with HostileFeed(certificates, token=TOKEN) as feed:
        error, steps = await probe(feed, token="hunter4")

    assert error is not None
    assert steps == {"resolve": True, "reach": True, "tls": True, "admit": False}
    assert "hunter4" not in f"{error.message}{error.details}"


async def test_a_silent_server_fails_at_the_answer(certificates: Certificates) -> None:
    async def keep_silent(_feed: HostileFeed, connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with HostileFeed(certificates, keep_silent) as feed:
        error, steps = await probe(feed, answer=0.1)

    assert error is not None
    assert steps == {**dict.fromkeys(STEPS, True), "answer": False}


async def test_a_server_that_hangs_up_fails_at_the_answer(certificates: Certificates) -> None:
    async def hang_up(_feed: HostileFeed, connection: ServerConnection) -> None:
        await connection.recv()

    async with HostileFeed(certificates, hang_up) as feed:
        error, steps = await probe(feed)

    assert error is not None
    assert "closed the connection" in error.message
    assert steps["answer"] is False


async def test_a_port_that_nobody_listens_on_fails_where_it_is_reached(certificates: Certificates) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with HostileFeed(certificates) as feed:
            error, steps = await probe(feed, url=f"wss://localhost:{taken.getsockname()[1]}/ws")

    assert error is not None
    assert steps == {"resolve": True, "reach": False}


async def test_a_test_that_is_stopped_leaves_nothing(certificates: Certificates) -> None:
    async def keep_silent(feed: HostileFeed, connection: ServerConnection) -> None:
        await connection.recv()
        feed.heard.set()
        await connection.wait_closed()

    async with HostileFeed(certificates, keep_silent) as feed:
        test = asyncio.create_task(probe(feed))
        await feed.heard.wait()
        test.cancel()
        await asyncio.wait({test})

        assert test.cancelled()
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("feed ")]
