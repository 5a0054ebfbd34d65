"""`ownership watch` and `ownership check` as scripts run them, beside a real feed server."""

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
from uuid import UUID

import psycopg2
import pytest

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.server.server import FeedServer
from tests.cli.conftest import Command
from tests.fakes.feed_book import InMemoryBook

_CHECKOUT = Path(__file__).resolve().parents[2]
BOX, OTHER = UUID(int=1), UUID(int=2)
ADA, BOB = UserId(1), UserId(2)
SONG = ProjectId(1)


def execute(url: str, *statements: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture
def studio(database_url: str) -> str:
    """Ada and Bob, one project, and a box that Ada holds; the database's address."""
    execute(
        database_url,
        "INSERT INTO users (username, email, password_hash) VALUES ('ada', 'a@x', '-'), ('bob', 'b@x', '-')",
        "INSERT INTO projects (name, owner_id) VALUES ('song', 1)",
        f"INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (1, '{BOX}', 1)",
    )
    return database_url


def hand_over(url: str, owner: UserId | None) -> None:
    execute(url, f"UPDATE box_ownership SET owner_id = {owner or 'NULL'} WHERE box_uuid = '{BOX}'")


@asynccontextmanager
async def watching(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "syncsphere_desktop", "ownership", "watch", *arguments),
        cwd=_CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(_CHECKOUT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def first_line(process: asyncio.subprocess.Process, url: str) -> dict[str, Any]:
    """Change the table until the command says so: it starts whenever it does."""
    assert process.stdout is not None
    reading = asyncio.create_task(process.stdout.readline())
    async with asyncio.timeout(60):
        for owner in [BOB, None, ADA] * 200:
            await asyncio.to_thread(hand_over, url, owner)
            done, _ = await asyncio.wait({reading}, timeout=0.3)
            if done:
                break
    line: dict[str, Any] = json.loads(await reading)
    return line


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
async def test_watch_tells_each_change_until_it_is_ended(
    studio: str, number: signal.Signals, code: int
) -> None:
    async with watching("--json") as process:
        line = await first_line(process, studio)
        assert list(line) == [
            "at",
            "project_id",
            "box_uuid",
            "track",
            "owner_id",
            "previous_owner_id",
            "source",
        ]
        assert (line["project_id"], line["box_uuid"], line["track"]) == (1, str(BOX), "Box 00000000")
        assert line["source"] in ("notice", "table")
        # It goes on when the database throws everybody out.
        execute(
            studio,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()",
        )
        assert (await first_line(process, studio))["box_uuid"] == str(BOX)
        process.send_signal(number)
        out, err = await process.communicate()
        assert process.returncode == code, err
        assert b"Traceback" not in err
        assert all(json.loads(rest)["project_id"] == 1 for rest in out.splitlines())


@pytest.mark.slow
async def test_watch_ends_when_nobody_reads_any_more(studio: str) -> None:
    read, write = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "syncsphere_desktop", "ownership", "watch", "--json"),
        cwd=_CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(_CHECKOUT)},
        stdout=write,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(write)
    await asyncio.sleep(0.5)  # it may be anywhere in its start, or beyond it
    os.close(read)
    async with asyncio.timeout(60):
        _out, err = await process.communicate()
    assert process.returncode == 0, err
    assert b"Traceback" not in err


@asynccontextmanager
async def fed(**boxes: dict[UUID, UserId | None]) -> AsyncIterator[str]:
    """Serve a feed that believes this of the project; gives its address."""
    book = InMemoryBook()
    book.add_user(1, "ada")
    book.roles[SONG] = {}
    book.boxes[SONG] = boxes["song"]
    async with FeedServer(book) as server:
        yield server.url


async def test_check_tells_that_feed_and_table_agree(studio: str, command: Command) -> None:
    async with fed(song={BOX: ADA}) as url:
        outcome = await asyncio.to_thread(command, "ownership", "check", "--feed-url", url, "--json")
    assert outcome.code == 0, outcome
    assert (outcome.document["state"], outcome.document["boxes"]) == ("agree", 1)


async def test_check_ends_with_3_and_the_differences(studio: str, command: Command) -> None:
    async with fed(song={BOX: BOB, OTHER: ADA}) as url:
        outcome = await asyncio.to_thread(
            command, "ownership", "check", "--feed-url", url, "--project", "song", "--json"
        )
        people = await asyncio.to_thread(command, "ownership", "check", "--feed-url", url)
    assert outcome.code == 3, outcome
    document = outcome.document
    assert (document["state"], document["total"]) == ("differs", 2)
    first, second = document["differences"]
    assert (first["box_uuid"], first["feed_owner_id"], first["table_owner_ids"]) == (str(BOX), BOB, [ADA])
    assert (second["feed_owner"], second["table_owners"]) == ("ada", [])
    assert people.code == 3
    assert "differ on 2 tracks" in people.out
    assert "bob" in people.out


async def test_check_fails_where_the_feed_is_not_there(
    studio: str, command: Command, unused_tcp_port: int
) -> None:
    url = f"ws://127.0.0.1:{unused_tcp_port}/ws"
    arguments = ("ownership", "check", "--feed-url", url, "--timeout", "1", "--json")
    outcome = await asyncio.to_thread(command, *arguments)
    assert outcome.code == 1, outcome
    assert outcome.error["code"].startswith("feed")


def test_check_wants_a_feed(studio: str, command: Command) -> None:
    assert command("ownership", "check", "--json").code == 2
    assert command("ownership", "check", "--timeout", "nan", "--json").code == 2
