from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.messages import (
    Malformed,
    OwnershipClaimed,
    OwnershipReleased,
    ProjectNotice,
    Sendable,
    ServerRefused,
    StateSynced,
    SyncRequested,
    Unknown,
    UserJoined,
    UserLeft,
)
from syncsphere_desktop.feed.values import LONGEST_TEXT, user_ref
from syncsphere_desktop.feed.wire import BIG, MOST_EVENTS, encode, parse, type_of
from tests.feed.hostile import BOX, PROJECT, claim, frame

AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
ADA = UserId(3)

EVERY_KIND: tuple[Sendable, ...] = (
    UserJoined(PROJECT, ADA, "Ada", AT),
    UserJoined(PROJECT, "guest-7", None, AT),
    UserLeft(PROJECT, ADA, "disconnect", AT),
    OwnershipClaimed(PROJECT, BOX, ADA, ADA, AT),
    OwnershipReleased(PROJECT, BOX, ADA, UserId(4), AT),
    OwnershipReleased(PROJECT, BOX, None, None, AT),
    SyncRequested(PROJECT, "syncsphere-desktop", True, AT),
    SyncRequested(PROJECT, ADA, False, AT),
    ProjectNotice(PROJECT, ADA, "Bass goes to Grace in 30 seconds.", "ownership", AT),
    ServerRefused("Too many clients", "limit", None, AT),
    ServerRefused("Not a collaborator", None, PROJECT, AT),
)


@pytest.mark.parametrize("message", EVERY_KIND)
def test_what_is_encoded_reads_the_same(message: Sendable) -> None:
    assert parse(encode(message)) == message
    assert parse(encode(message).encode()) == message


def test_a_state_reads_the_same_with_its_events() -> None:
    events = (OwnershipClaimed(PROJECT, BOX, ADA, ADA, AT), UserLeft(PROJECT, ADA, None, AT))
    state = StateSynced(PROJECT, {BOX: ADA}, frozenset({ADA, "guest"}), events, True, 0, AT)

    assert parse(encode(state)) == state


@pytest.mark.parametrize("key", ["boxUuid", "trackboxUuid", "audiounitboxUuid"])
@pytest.mark.parametrize("owner", [3, "3", 3.0, "003"])
def test_boxes_and_owners_are_read_in_every_spelling(key: str, owner: object) -> None:
    text = frame("BOX_OWNERSHIP_CLAIMED", {key: str(BOX).upper(), "ownerId": owner}, projectId=7)
    message = parse(text)

    assert isinstance(message, OwnershipClaimed)
    assert (message.box_uuid, message.owner, message.project_id) == (BOX, ADA, PROJECT)


def test_a_claim_without_owner_is_its_senders() -> None:
    message = parse(frame("BOX_OWNERSHIP_CLAIMED", {"boxUuid": str(BOX)}, userId=4))

    assert isinstance(message, OwnershipClaimed)
    assert message.owner == UserId(4)


@pytest.mark.parametrize(
    "moment",
    [
        int(AT.timestamp() * 1000),
        AT.timestamp() * 1000,
        str(int(AT.timestamp() * 1000)),
        "2026-11-22T12:30:00Z",
        "2026-11-22T12:30:00",
        "2026-11-22T14:30:00.000+02:00",
    ],
)
def test_times_are_read_as_milliseconds_and_as_iso(moment: object) -> None:
    message = parse(claim(timestamp=moment))

    assert isinstance(message, OwnershipClaimed)
    assert message.at == AT


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (3, 3),
        ("3", 3),
        ("guest-7", "guest-7"),
        ("٣", "٣"),
        ("9" * 19, int("9" * 19) if int("9" * 19) < 2**63 else "9" * 19),
        ("9" * 40, "9" * 40),
        (-1, None),
        (True, None),
        (3.5, None),
        ("", None),
        ("  ", None),
        (None, None),
        ([3], None),
    ],
)
def test_users_are_ids_where_they_are_numbers(value: object, read: object) -> None:
    assert user_ref(value) == read


def test_foreign_text_is_cut_and_without_control_characters() -> None:
    message = parse(frame("USER_JOIN", {"name": "Ada\x1b[31m\ud800\n" + "x" * 10_000}))

    assert isinstance(message, UserJoined)
    assert message.username is not None
    assert message.username.startswith("Ada\ufffd[31m\ufffd\ufffdx")
    assert len(message.username) == LONGEST_TEXT
    message.username.encode()


def test_a_state_keeps_what_can_be_understood() -> None:
    data = {
        "ownership": {str(BOX): 3, "no box": 3, "5" * 36: {}, str(UUID(int=1)): None},
        "locks": 7,
        "activeUsers": [3, "4", None, {}, "guest"],
        "events": [
            {"type": "BOX_OWNERSHIP_CLAIMED", "data": {"boxUuid": str(BOX), "ownerId": 3}},
            {"type": "SYNC_RESPONSE", "data": {}},
            {"type": []},
            7,
        ],
    }
    message = parse(frame("SYNC_RESPONSE", data))

    assert isinstance(message, StateSynced)
    assert message.ownership == {BOX: ADA}
    assert message.active == {ADA, UserId(4), "guest"}
    assert [type(event) for event in message.events] == [OwnershipClaimed]
    assert message.skipped == 7


def test_only_the_latest_events_of_a_state_are_read() -> None:
    event = {"type": "USER_LEAVE", "projectId": "7", "userId": 3}
    message = parse(frame("SYNC_RESPONSE", {"events": [event] * (MOST_EVENTS + 500)}))

    assert isinstance(message, StateSynced)
    assert len(message.events) == MOST_EVENTS


def test_the_state_of_a_large_project_is_parsed() -> None:
    ownership = {str(UUID(int=number)): "3" for number in range(5000)}
    text = frame("SYNC_RESPONSE", {"ownership": ownership})
    last = json.dumps({"data": {"ownership": ownership}, "projectId": 7, "type": "SYNC_RESPONSE"})

    for message in (parse(text), parse(last)):
        assert isinstance(message, StateSynced)
        assert len(message.ownership) == 5000


@pytest.mark.parametrize("depth", ["data first", "type first"])
def test_large_frames_of_no_use_are_known_by_their_ends(depth: str) -> None:
    data = {"updates": [{"type": "SYNC_RESPONSE", "data": [1] * BIG}]}
    fields: dict[str, object] = {"data": data, "type": "TIMELINE_UPDATE"}
    if depth == "type first":
        fields = dict(reversed(fields.items()))
    text = json.dumps(fields)

    assert type_of(text) == "TIMELINE_UPDATE"
    assert parse(text) == Unknown("TIMELINE_UPDATE", is_known=True, size=len(text))


def test_a_huge_frame_without_a_type_is_not_parsed() -> None:
    assert isinstance(parse("[" + "0," * 2**20 + "0]"), Malformed)


def test_no_reason_repeats_the_frame() -> None:
    message = parse(frame("USER_JOIN", {"token": "hunter2"}, projectId="hunter2"))

    assert isinstance(message, Malformed)
    assert "hunter2" not in message.reason


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just(str(BOX)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_TYPES = st.sampled_from(
    ("USER_JOIN", "USER_LEAVE", "BOX_OWNERSHIP_CLAIMED", "BOX_OWNERSHIP_RELEASED", "SYNC_REQUEST", "ERROR")
) | st.sampled_from(("SYNC_RESPONSE", "PROJECT_UPDATED", "TIMELINE_UPDATE"))
_FIELDS = ("boxUuid", "ownerId", "ownership", "activeUsers", "events", "message", "username")
_DATA = st.fixed_dictionaries({}, optional=dict.fromkeys(_FIELDS, _JSON))


@settings(max_examples=300, deadline=None)
@given(_TYPES, _JSON, _JSON, _JSON, _JSON | _DATA)
def test_reading_never_raises(kind: str, project: object, user: object, moment: object, data: object) -> None:
    fields = {"type": kind, "projectId": project, "userId": user, "timestamp": moment, "data": data}
    message = parse(json.dumps(fields))

    assert message is not None
    if not isinstance(message, (Malformed, Unknown)):
        parse(encode(message))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_reading_never_raises_on_anything(content: bytes | str) -> None:
    assert isinstance(parse(content), Malformed)


def test_a_message_without_a_time_gets_this_machines() -> None:
    message = parse(encode(UserJoined(ProjectId(1), ADA)))

    assert isinstance(message, UserJoined)
    assert message.at is not None
    assert abs(datetime.now(UTC) - message.at) < timedelta(minutes=1)
