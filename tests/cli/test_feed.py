"""`feed serve` as an operator runs it: TLS or plain, a token, and an end that tells the clients."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from syncsphere_desktop.feed.certificates import LocalAuthority
from tests.cli.conftest import Command

_CHECKOUT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def served(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run `feed serve`; gives the process and what it says when it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "syncsphere_desktop", "feed", "serve", "--port", "0", "--json", *arguments),
        cwd=_CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(_CHECKOUT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_server_serves_with_tls_and_token_and_ends_in_order(
    database_url: str, tmp_path: Path
) -> None:
    import ssl

    files = LocalAuthority(tmp_path).ensure()
    (tmp_path / "token").write_text("open sesame\n")
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO users (username, email, password_hash) VALUES ('ada', 'a@x', '-')")
        cursor.execute("INSERT INTO projects (name, owner_id) VALUES ('song', 1)")
    connection.close()
    options = ("--cert", str(files.certificate), "--key", str(files.key), "--token-file", f"{tmp_path}/token")
    trusting = ssl.create_default_context(cafile=files.authority)
    async with served(*options) as (process, said):
        assert said["feed_url"].startswith("wss://127.0.0.1:")
        with pytest.raises(InvalidStatus, match="401"):
            await connect(said["feed_url"], ssl=trusting)
        header = {"Authorization": "Bearer open sesame"}
        async with connect(said["feed_url"], ssl=trusting, additional_headers=header) as socket:
            await socket.send('{"type": "USER_JOIN", "projectId": 1, "userId": 1, "data": {}}')
            assert json.loads(await socket.recv())["data"]["activeUsers"] == ["1"]
            process.send_signal(signal.SIGTERM)
            kinds = [json.loads(frame)["type"] async for frame in socket]
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert "SERVER_CLOSING" in kinds
        assert await process.wait() == 143


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--plain"),
        (("--cert", "x"), "belong together"),
        (("--cert", "x", "--key", "y", "--plain"), "either"),
        (("--plain", "--port", "70000"), "port"),
        (("--plain", "--clients", "0"), "one client"),
        (("--plain", "--close-after", "0"), "no time"),
    ],
)
def test_wrong_use_is_told(command: Command, arguments: tuple[str, ...], words: str) -> None:
    outcome = command("feed", "serve", *arguments, "--json")
    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert words in outcome.error["message"].lower()


def test_files_that_are_no_certificate_are_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nonsense")
    outcome = command("feed", "serve", "--cert", f"{tmp_path}/x", "--key", f"{tmp_path}/x", "--json")
    assert (outcome.code, outcome.error["code"]) == (1, "feed")


async def test_two_commands_serve_one_database(database_url: str) -> None:
    async with served("--plain") as (_, one), served("--plain", "--close-after", "60") as (_, other):
        assert one["port"] != other["port"]
        for said in (one, other):
            async with connect(said["feed_url"]) as socket:
                await socket.send('{"type": "SYNC_REQUEST", "projectId": 1, "userId": 1, "data": {}}')
                assert "no project 1" in json.loads(await socket.recv())["data"]["message"]
