"""`ownership`, for scripts."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from websockets.asyncio.client import connect

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.settings import ConnectionTarget
from tests.cli.conftest import Command
from tests.database.ownership import box, fill, hold
from tests.fakes.feed_book import InMemoryBook
from tests.servers import execute
from tests.studio.bundles.versions import Versions
from tests.studio.ownership.test_naming import SONG


@pytest.fixture
def grid(target: ConnectionTarget) -> ConnectionTarget:
    """Ada holds the bass, ada and bo both the drums, nobody a box that no version knows."""
    fill(target)

    async def store() -> None:
        database = Database(target)
        await Versions(database).store(ProjectId(1), SONG)
        await database.shutdown()

    asyncio.run(store())
    hold(target, 1, 1, 2)
    hold(target, 2, 2)
    hold(target, None, 77)
    hold(target, 2, 5, project=2)
    return target


def owners(target: ConnectionTarget) -> list[int | None]:
    return [owner for (owner,) in execute(target, "SELECT owner_id FROM box_ownership ORDER BY id")]


def test_tracks_are_listed_with_names_and_owners(command: Command, grid: ConnectionTarget) -> None:
    listed = command("ownership", "list", "--json").document
    assert listed["total"] == 4
    bass, drums, strange, other = listed["rows"]
    assert list(bass) == [
        "project_id",
        "project",
        "box_uuid",
        "track",
        "unit",
        "kind",
        "position",
        "in_bundle",
        "state",
        "owner_id",
        "owner",
        "owners",
        "since",
        "row_ids",
    ]
    assert (bass["project"], bass["track"], bass["kind"], bass["owner"]) == (
        "Song",
        "Instrument",
        "unit",
        "ada",
    )
    assert (drums["state"], drums["owner"]) == ("contested", "ada, bo")
    assert drums["owners"] == [{"id": 1, "name": "ada"}, {"id": 2, "name": "bo"}]
    assert (strange["track"], strange["in_bundle"], strange["state"]) == ("Box 00000000", False, "unowned")
    assert (other["project_id"], other["position"]) == (2, 0)
    assert datetime.fromisoformat(bass["since"]).tzinfo is not None


@pytest.mark.parametrize(
    ("options", "boxes"),
    [
        (("--project", "Song"), [1, 2, 77]),
        (("--person", "bo"), [2, 5]),
        (("--state", "contested"), [2]),
        (("--project", "Song", "--state", "unowned", "--all"), [11, 12, 21, 3, 77]),
        (("--limit", "1"), [1]),
    ],
)
def test_the_list_is_narrowed_down(
    command: Command, grid: ConnectionTarget, options: tuple[str, ...], boxes: list[int]
) -> None:
    rows = command("ownership", "list", *options, "--json").document["rows"]
    assert [UUID(row["box_uuid"]).int for row in rows] == boxes
    assert all(row["project"] for row in rows if row["project_id"] is not None)


def test_tracks_are_released_and_given_for_a_reason(command: Command, grid: ConnectionTarget) -> None:
    tried = command("ownership", "release", "--person", "ada", "--reason", "Away", "--dry-run", "--json")
    assert (tried.code, tried.document["applied"]) == (0, False)
    assert tried.document["plan"] == "Releases 2 tracks of ada in “Song”."
    assert owners(grid) == [1, 1, 2, None, 2]
    done = command("ownership", "release", "--person", "ada", "--reason", "Away", "--yes", "--json").document
    assert (done["applied"], done["changed"], done["conflicts"]) == (True, [1, 2], [])
    given = command(
        "ownership", "assign", "--to", "cy", "--project", "Song", "--box", str(box(1)), "--box", str(box(9)),
        "--reason", "Session", "--grace", "0.1", "--yes", "--json",
    ).document  # fmt: skip
    assert given["plan"] == "Claims 2 tracks in “Song” for cy."
    assert given["to_id"] == 3
    assert owners(grid) == [3, None, 2, None, 2, 3]
    assert execute(grid, "SELECT DISTINCT after->>'reason' FROM syncsphere_desktop.audit_log ORDER BY 1") == [
        ("Away",),
        ("Session",),
    ]


async def test_owners_are_told_through_the_feed_before_their_tracks_change_hands(
    command: Command, grid: ConnectionTarget
) -> None:
    book = InMemoryBook()
    book.add_user(1, "ada", p1=Role.EDITOR)
    book.add_user(2, "bo", p1=Role.EDITOR)
    release = ("ownership", "release", "--project", "Song", "--reason", "Away", "--yes")
    async with FeedServer(book) as server, connect(server.url) as ada:
        head = {"projectId": "1", "userId": "1", "timestamp": 1, "data": {}}
        await ada.send(json.dumps({"type": "USER_JOIN", **head}))
        while json.loads(await ada.recv())["type"] != "SYNC_RESPONSE":
            pass
        options = ("--feed-url", server.url, "--grace", "0.1", "--json")
        done = (await asyncio.to_thread(command, *release, *options)).document
        assert (done["applied"], done["told"], done["not_told"]) == (True, 1, None)
        told: list[str] = []
        while len(told) < 2:
            frame = json.loads(await asyncio.wait_for(ada.recv(), 20))
            if frame["type"] == "PROJECT_UPDATED":
                told.append(frame["data"]["message"])
    assert told[0].startswith("In ")
    assert told[0].endswith("Releases 2 tracks of ada and bo in “Song”. Away")
    assert told[1] == "2 tracks changed hands."


def test_without_a_feed_it_is_said_that_nobody_was_told(command: Command, grid: ConnectionTarget) -> None:
    release = ("ownership", "release", "--project", "Other", "--reason", "Away", "--yes")
    done = command(*release)
    assert done.out == "Released 1 track. There is no feed, so nobody was told.\n"
    assert "There is no feed, so nobody is told." in done.err
    nobody = command(*release, "--feed-url", "http://x", "--json")
    assert (nobody.code, nobody.error["field"]) == (1, "feed_url")


def test_acts_that_make_no_sense_are_refused(command: Command, grid: ConnectionTarget) -> None:
    assert command("ownership", "release", "--reason", "x", "--yes").code == 2
    assert command("ownership", "release", "--person", "ada", "--yes").code == 2
    assert command("ownership", "release", "--person", "ada", "--reason", "x").code == 2  # nobody to ask
    assert command("ownership", "release", "--box", "bass", "--reason", "x", "--yes").code == 2
    refused = command("ownership", "release", "--person", "nobody", "--reason", "x", "--yes", "--json")
    assert (refused.code, refused.error["code"]) == (1, "not_found")
    blank = command("ownership", "release", "--person", "ada", "--reason", " ", "--yes", "--json")
    assert (blank.code, blank.error["field"]) == (1, "reason")
    nothing = command("ownership", "release", "--person", "cy", "--reason", "x", "--yes", "--json")
    assert (nothing.code, nothing.document["tracks"]) == (0, [])


def test_history_tells_what_happened_and_who_held_what(command: Command, grid: ConnectionTarget) -> None:
    between = datetime.now(UTC).isoformat()
    command("ownership", "release", "--person", "ada", "--reason", "Away", "--yes")
    listed = command("ownership", "history", "--project", "Song", "--kind", "released", "--json").document
    assert listed["total"] == 2
    first = listed["rows"][0]
    assert (first["track"], first["previous_owner"], first["owner_id"]) == ("Instrument", "ada", None)
    assert first["origin"]
    assert first["application"]
    assert command("ownership", "history", "--since", between, "--json").document["total"] == 2
    assert (
        command("ownership", "history", "--person", "ada", "--until", between, "--json").document["total"]
        == 2
    )
    then = command("ownership", "history", "--project", "Song", "--at", between, "--json").document
    assert [(track["track"], track["owner"]) for track in then["tracks"]] == [
        ("Instrument", "ada"),
        ("Instrument", "ada, bo"),
        ("Box 00000000", None),
    ]
    assert then["tracks"][1]["owners"] == [{"id": 1, "name": "ada"}, {"id": 2, "name": "bo"}]
    assert "ada, bo" in command("ownership", "history", "--project", "Song", "--at", between).out
    added = command("ownership", "history", "--project", "Song", "--kind", "added", "--json").document
    assert [row["track"] for row in added["rows"]] == ["Box 00000000"]
    assert command("ownership", "history", "--at", between).code == 2
    assert command("ownership", "history", "--since", "yesterday").code == 2


def test_old_months_are_forgotten(command: Command, grid: ConnectionTarget) -> None:
    kept = command("ownership", "forget", "--before", "2020-01", "--yes", "--json").document
    assert (kept["events"], kept["months"], kept["applied"]) == (0, [], True)
    tried = command("ownership", "forget", "--before", "2999-01", "--dry-run", "--json").document
    assert (tried["events"], tried["applied"]) == (5, False)
    gone = command("ownership", "forget", "--before", "2999-01", "--yes", "--json").document
    assert gone["events"] == 5
    assert len(gone["months"]) == 13
    assert command("ownership", "history", "--json").document == {"rows": [], "total": 0}
    assert command("ownership", "forget", "--before", "May").code == 2
