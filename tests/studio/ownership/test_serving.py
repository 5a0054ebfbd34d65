"""The feed server over a real database: several servers, other services, and a database that goes away."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg2.extras import execute_values
from websockets.asyncio.client import ClientConnection, connect

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.serving import serving
from tests.proxy import Proxy

RACES = 1000 if os.environ.get("SYNCSPHERE_SOAK") else 100


@dataclass(frozen=True, slots=True)
class Studio:
    """Ids of a small studio: users 0 and 1 edit the project, 2 watches, 3 is nobody there."""

    project: int
    public: int
    users: tuple[int, ...]


@pytest.fixture
def studio(database: Database) -> Studio:
    """A project with two editors and a viewer, and a public one of the first user."""
    connection = database.connect()
    with connection, connection.cursor() as cursor:
        names = [(f"user{n}", f"user{n}@studio.example", "-") for n in range(4)]
        rows: list[Any] = execute_values(
            cursor,
            "INSERT INTO users (username, email, password_hash) VALUES %s RETURNING id",
            names,
            fetch=True,
        )
        users = tuple(row[0] for row in rows)
        ids = []
        for name, public in (("song", False), ("open", True)):
            cursor.execute(
                "INSERT INTO projects (name, owner_id, is_public) VALUES (%s, %s, %s) RETURNING id",
                (name, users[0], public),
            )
            ids.append(cursor.fetchone()[0])  # type: ignore[index]
        for user, role in ((users[1], "editor"), (users[2], "viewer")):
            cursor.execute(
                "INSERT INTO project_collaborators (project_id, user_id, role) VALUES (%s, %s, %s)",
                (ids[0], user, role),
            )
    connection.close()
    return Studio(ids[0], ids[1], users)


def execute(database: Database, statement: str, *parameters: object) -> list[Any]:
    """Do as another service does, on a connection of its own; return the rows, if there are any."""
    connection = database.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


class Speaker:
    """A client of a server."""

    def __init__(self, socket: ClientConnection, user: int) -> None:
        self.socket = socket
        self.user = user

    async def say(self, kind: str, project: int, **data: Any) -> None:
        frame = {"type": kind, "projectId": str(project), "userId": str(self.user), "timestamp": 1}
        await self.socket.send(json.dumps({**frame, "data": data}))

    async def claim(self, project: int, box: UUID) -> None:
        await self.say("BOX_OWNERSHIP_CLAIMED", project, boxUuid=str(box), ownerId=str(self.user))

    async def hear(self, kind: str, **expected: Any) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                frame = json.loads(await self.socket.recv())
                data: dict[str, Any] = frame["data"]
                if frame["type"] == kind and data.items() >= expected.items():
                    return data


@asynccontextmanager
async def joined(server: FeedServer, project: int, *users: int) -> AsyncIterator[list[Speaker]]:
    """Connect users who have joined the project."""
    async with AsyncExitStack() as stack:
        speakers = []
        for user in users:
            socket = await stack.enter_async_context(connect(server.url, compression=None))
            speaker = Speaker(socket, user)
            await speaker.say("USER_JOIN", project)
            await speaker.hear("SYNC_RESPONSE")
            speakers.append(speaker)
        yield speakers


@pytest.fixture
async def other(target: ConnectionTarget) -> AsyncIterator[Database]:
    """The database of a second server."""
    opened = Database(target, recovery_seconds=5.0)
    yield opened
    await opened.shutdown()


async def test_a_claim_on_one_server_is_seen_on_the_other_and_is_in_the_table(
    database: Database, other: Database, studio: Studio
) -> None:
    ada, bob, eve, _ = studio.users
    box = uuid4()
    async with (
        serving(database) as first,
        serving(other) as second,
        joined(first, studio.project, ada, eve) as (one, watcher),
        joined(second, studio.project, bob) as (two,),
    ):
        await one.hear("USER_JOIN", username="user1")
        await two.claim(studio.project, box)
        for speaker in (one, two, watcher):
            await speaker.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(box), ownerId=str(bob))
        assert execute(database, "SELECT owner_id FROM box_ownership WHERE box_uuid = %s", str(box)) == [
            (bob,)
        ]
        await one.claim(studio.project, box)
        assert f"user {bob}" in (await one.hear("ERROR"))["message"]
        await two.say("BOX_OWNERSHIP_RELEASED", studio.project, boxUuid=str(box), ownerId=str(bob))
        await one.hear("BOX_OWNERSHIP_RELEASED", boxUuid=str(box))
        await two.say("DRAG_TRACK", studio.project, newIndex=2)
        await one.hear("DRAG_TRACK", newIndex=2)
        await two.socket.close()
        await one.hear("USER_LEAVE")


async def test_what_any_service_writes_reaches_every_client(database: Database, studio: Studio) -> None:
    ada, bob = studio.users[:2]
    box = str(uuid4())
    async with serving(database) as server, joined(server, studio.project, ada) as (speaker,):
        insert = "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (%s, %s, %s)"
        execute(database, insert, studio.project, box, bob)
        await speaker.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=box, ownerId=str(bob))
        execute(database, insert, studio.project, box, ada)  # a second row: the first one's owner stays
        execute(database, "UPDATE box_ownership SET owner_id = NULL WHERE owner_id = %s", bob)
        await speaker.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=box, ownerId=str(ada))
        execute(database, "DELETE FROM box_ownership WHERE box_uuid = %s", box)
        await speaker.hear("BOX_OWNERSHIP_RELEASED", boxUuid=box)
        many = [(studio.project, str(uuid4()), bob) for _ in range(500)]
        connection = database.connect()
        with connection, connection.cursor() as cursor:
            execute_values(
                cursor, "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES %s", many
            )
        connection.close()
        heard: set[str] = set()
        while len(heard) < 500:
            heard.add((await speaker.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(bob)))["boxUuid"])
        execute(database, "DELETE FROM projects WHERE id = %s", studio.project)
        assert "removed" in (await speaker.hear("ERROR"))["message"]


async def test_roles_decide_who_gets_in(database: Database, studio: Studio) -> None:
    ada, bob, eve, pat = studio.users
    async with serving(database) as server, joined(server, studio.public, ada, pat) as (owner, visitor):
        await visitor.claim(studio.public, uuid4())
        assert "may watch" in (await visitor.hear("ERROR"))["message"]
        await visitor.say("USER_JOIN", studio.project)
        assert "take part" in (await visitor.hear("ERROR"))["message"]
        box = uuid4()
        await owner.claim(studio.public, box)
        await visitor.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(box))
        for project, user in ((99_999, ada), (2**40, ada), (studio.project, 99_999), (studio.project, 2**40)):
            stranger = Speaker(owner.socket, user)
            await stranger.say("USER_JOIN", project)
            assert "There is no" in (await owner.hear("ERROR"))["message"]
        async with joined(server, studio.project, eve, bob) as (viewer, editor):
            await viewer.claim(studio.project, box)
            assert "may watch" in (await viewer.hear("ERROR"))["message"]
            await editor.claim(studio.project, box)
            await editor.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(box))


async def test_racing_claims_over_two_servers_give_exactly_one_owner_each(
    database: Database, other: Database, studio: Studio
) -> None:
    ada, bob = studio.users[:2]
    boxes = [uuid4() for _ in range(RACES)]
    async with (
        serving(database) as first,
        serving(other) as second,
        joined(first, studio.project, ada) as (one,),
        joined(second, studio.project, bob) as (two,),
    ):

        async def race(speaker: Speaker) -> Counter[str]:
            for box in boxes:
                await speaker.claim(studio.project, box)
            told: Counter[str] = Counter()
            owners: dict[str, str] = {}
            while len(owners) < len(boxes) or told["ERROR"] + told["won"] < len(boxes):
                async with asyncio.timeout(60):
                    frame = json.loads(await speaker.socket.recv())
                if frame["type"] == "ERROR":
                    told["ERROR"] += 1
                elif frame["type"] == "BOX_OWNERSHIP_CLAIMED":
                    box, owner = frame["data"]["boxUuid"], frame["data"]["ownerId"]
                    assert owners.setdefault(box, owner) == owner
                    told["won"] = sum(one == str(speaker.user) for one in owners.values())
            return told

        ada_told, bob_told = await asyncio.gather(race(one), race(two))
    assert ada_told["won"] + bob_told["won"] == len(boxes)
    assert ada_told["ERROR"] == bob_told["won"]
    rows = execute(
        database, "SELECT box_uuid, count(*), count(owner_id) FROM box_ownership GROUP BY box_uuid"
    )
    assert len(rows) == len(boxes)
    assert {(count, owners) for _, count, owners in rows} == {(1, 1)}


async def test_a_database_that_goes_away_and_comes_back_costs_nobody_the_connection(
    database: Database, target: ConnectionTarget, studio: Studio
) -> None:
    ada, bob = studio.users[:2]
    box = uuid4()
    async with Proxy(target) as proxy:
        through = Database(proxy.target, recovery_seconds=0.3)
        try:
            async with serving(through) as server, joined(server, studio.project, ada) as (speaker,):
                await speaker.claim(studio.project, box)
                await speaker.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(ada))
                proxy.stays_away = True
                ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                execute(database, f"{ended} AND datname = current_database()")
                await speaker.claim(studio.project, uuid4())
                assert (await speaker.hear("ERROR"))["message"]
                execute(database, "UPDATE box_ownership SET owner_id = %s", bob)
                proxy.stays_away = False
                state = await speaker.hear("SYNC_RESPONSE")
                assert state["ownership"] == {str(box): str(bob)}
                await speaker.say("BOX_OWNERSHIP_RELEASED", studio.project, boxUuid=str(box))
                assert "held by" in (await speaker.hear("ERROR"))["message"]
        finally:
            await through.shutdown()


async def test_without_triggers_the_feed_goes_on_by_asking(database: Database, studio: Studio) -> None:
    ada, bob = studio.users[:2]
    execute(database, "ALTER TABLE box_ownership DISABLE TRIGGER USER")
    async with serving(database) as server, joined(server, studio.project, ada) as (speaker,):
        box = uuid4()
        await speaker.claim(studio.project, box)
        await speaker.hear("BOX_OWNERSHIP_CLAIMED", boxUuid=str(box))
        execute(database, "UPDATE box_ownership SET owner_id = %s", bob)
        await speaker.hear("BOX_OWNERSHIP_CLAIMED", ownerId=str(bob))
