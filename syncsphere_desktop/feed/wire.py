"""How the feed's messages look as JSON text, both ways. Reading never raises."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.messages import (
    FeedMessage,
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
    UserRef,
)
from syncsphere_desktop.feed.values import box_uuid, clean, moment_of, shown_text, user_ref

BIG = 65_536
"""Characters from which on a frame is only parsed where its type is one that is needed."""

MOST_EVENTS = 1_000

_BIGGEST_UNNAMED = 1_048_576
_MOST_USERS = 100_000

_KNOWN = frozenset({
    "BOX_LOCKED", "BOX_UNLOCKED", "BOX_CREATED", "BOX_UPDATED", "BOX_DELETED", "DRAG_TRACK", "UPDATE_TRACK",
    "PROJECT_SAVED", "PROJECT_LOADED", "TIMELINE_UPDATE", "SAMPLE_SYNC",
})  # fmt: skip
_KNOWN_FAMILIES = ("REGION_", "CLIP_", "TIMELINE_SNAPSHOT_")

# Where the type of a big frame stands: as the first of its fields, before `data`; or as the very last.
_TYPE = re.compile(r'"type"\s*:\s*"([^"\\]{1,64})"')
_HEAD = 512


_decode = json.JSONDecoder().raw_decode  # without the search for blanks around, which nobody sends


class _BadFieldError(Exception):
    """Raised inside this module for a field that can't be understood."""


def parse(frame: str | bytes) -> FeedMessage | Malformed:
    """Return the message that a frame holds; `Malformed` where it holds none. Never raises."""
    if isinstance(frame, bytes):
        try:
            frame = frame.decode()
        except UnicodeDecodeError:
            return Malformed("it is not UTF-8 text")
    if len(frame) > BIG:
        skipped = _skipped(frame)
        if skipped is not None:
            return skipped
    try:
        document = _document(frame)
    except (ValueError, RecursionError):
        return Malformed("it is not valid JSON")
    if not isinstance(document, dict):
        return Malformed("it is no JSON object")
    kind = document.get("type")
    if not isinstance(kind, str):
        return Malformed("it names no type")
    reader = _READERS.get(kind)
    try:
        if reader is None:
            return _unknown(kind, document, len(frame))
        data = document.get("data")
        return reader(document, data if isinstance(data, dict) else {})
    except _BadFieldError as error:
        return Malformed(f"{kind}: {error}")


def _document(frame: str) -> object:
    """Return what JSON text holds; raises ValueError or RecursionError."""
    document, end = _decode(frame)
    return document if end == len(frame) else json.loads(frame)  # blanks may follow, and nothing else


def encode(message: Sendable) -> str:
    """Return the message as the text of a frame. A message without a time gets this machine's."""
    kind, project, user, data = _ENCODERS[type(message)](message)
    moment = time.time() if message.at is None else message.at.timestamp()
    return json.dumps(
        {
            "type": kind,
            "projectId": "" if project is None else str(project),
            "userId": "" if user is None else str(user),
            "timestamp": int(moment * 1000),
            "data": data,
        },
        separators=(",", ":"),
    )


def type_of(frame: str) -> str | None:
    """Return the type of a frame without parsing it all; None where that does not show from its ends."""
    head = frame[:_HEAD].partition('"data"')[0]
    found = _TYPE.search(head)
    if found is not None:
        return found[1]
    tail = frame[-_HEAD:].rpartition("}")[0].rpartition("}")[2]
    at_end = _TYPE.search(tail)
    return None if at_end is None else at_end[1]


def _skipped(frame: str) -> FeedMessage | Malformed | None:
    """Return what a big frame is when it is not to be parsed, or None when it is."""
    kind = type_of(frame)
    if kind is None:
        return None if len(frame) <= _BIGGEST_UNNAMED else Malformed("it is large and shows no type")
    if kind in _READERS:
        return None
    return Unknown(clean(kind), is_known=_is_known(kind), size=len(frame))


def _unknown(kind: str, document: Mapping[str, Any], size: int) -> Unknown:
    try:
        project = _project(document)
    except _BadFieldError:
        project = None
    return Unknown(
        clean(kind),
        project,
        user_ref(document.get("userId")),
        moment_of(document.get("timestamp")),
        _is_known(kind),
        size,
    )


def _is_known(kind: str) -> bool:
    return kind in _KNOWN or kind.startswith(_KNOWN_FAMILIES)


def _joined(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    name = data.get("username") or data.get("name")
    return UserJoined(
        _project(document), _user(document), shown_text(name), moment_of(document.get("timestamp"))
    )


def _left(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    return UserLeft(
        _project(document),
        _user(document),
        shown_text(data.get("reason")),
        moment_of(document.get("timestamp")),
    )


def _claimed(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    user = user_ref(document.get("userId"))
    owner = user_ref(data.get("ownerId"))
    if owner is None:
        if user is None:
            raise _BadFieldError("it names no owner")
        owner = user
    return OwnershipClaimed(_project(document), _box(data), owner, user, moment_of(document.get("timestamp")))


def _released(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    user = user_ref(document.get("userId"))
    owner = user_ref(data.get("ownerId"))
    return OwnershipReleased(
        _project(document), _box(data), owner, user, moment_of(document.get("timestamp"))
    )


def _sync_requested(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    return SyncRequested(
        _project(document), _user(document), data.get("observe") is True, moment_of(document.get("timestamp"))
    )


def _synced(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    project = _project(document)
    ownership: dict[UUID, UserRef] = {}
    skipped = 0
    for text, value in _mapping(data, "ownership").items():
        box, owner = box_uuid(text), user_ref(value)
        if box is not None and owner is not None:
            ownership[box] = owner
        elif value is not None:  # a box without an owner is no fault
            skipped += 1
    users = _sequence(data, "activeUsers")
    active = [user_ref(value) for value in users[:_MOST_USERS]]
    present = frozenset(user for user in active if user is not None)
    skipped += active.count(None)
    events, bad_events = _events(_sequence(data, "events"), project)
    return StateSynced(
        project,
        MappingProxyType(ownership),
        present,
        events,
        data.get("observing") is True,
        skipped + bad_events,
        moment_of(document.get("timestamp")),
    )


def _events(entries: list[Any], project: ProjectId) -> tuple[tuple[FeedMessage, ...], int]:
    """Return the latest events, and how many of them could not be understood."""
    events: list[FeedMessage] = []
    latest = entries[-MOST_EVENTS:]
    for entry in latest:
        kind = entry.get("type") if isinstance(entry, dict) else None
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None or reader is _synced:  # a state within a state could go on without end
            continue
        inner = entry.get("data")
        try:
            named = entry if "projectId" in entry else {**entry, "projectId": project}
            events.append(reader(named, inner if isinstance(inner, dict) else {}))
        except _BadFieldError:
            continue
    return tuple(events), len(latest) - len(events)


def _refused(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    try:
        project = _project(document)
    except _BadFieldError:
        project = None
    message = shown_text(data.get("message")) or shown_text(document.get("message")) or "no reason given"
    return ServerRefused(
        message, shown_text(data.get("details")), project, moment_of(document.get("timestamp"))
    )


def _notice(document: Mapping[str, Any], data: Mapping[str, Any]) -> FeedMessage:
    words, kind = shown_text(data.get("message")), shown_text(data.get("updateType"))
    return ProjectNotice(
        _project(document), _user(document), words or "", kind or "", moment_of(document.get("timestamp"))
    )


_READERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], FeedMessage]] = {
    "USER_JOIN": _joined,
    "USER_LEAVE": _left,
    "BOX_OWNERSHIP_CLAIMED": _claimed,
    "BOX_OWNERSHIP_RELEASED": _released,
    "SYNC_REQUEST": _sync_requested,
    "SYNC_RESPONSE": _synced,
    "PROJECT_UPDATED": _notice,
    "ERROR": _refused,
}


def _project(document: Mapping[str, Any]) -> ProjectId:
    # An id is one whatever it names: users and projects share what is remembered of texts.
    number = user_ref(document.get("projectId"))
    if not isinstance(number, int):
        raise _BadFieldError("its project is no number")
    return ProjectId(number)


def _user(document: Mapping[str, Any]) -> UserRef:
    user = user_ref(document.get("userId"))
    if user is None:
        raise _BadFieldError("it names no user")
    return user


def _box(data: Mapping[str, Any]) -> UUID:
    text = data.get("boxUuid") or data.get("trackboxUuid") or data.get("audiounitboxUuid")
    box = box_uuid(text) if isinstance(text, str) else None
    if box is None:
        raise _BadFieldError("its box is no UUID")
    return box


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _sequence(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []


_Parts = tuple[str, ProjectId | None, UserRef | None, dict[str, object]]


def _encoded_join(message: UserJoined) -> _Parts:
    data: dict[str, object] = {} if message.username is None else {"username": message.username}
    return "USER_JOIN", message.project_id, message.user, data


def _encoded_leave(message: UserLeft) -> _Parts:
    data: dict[str, object] = {} if message.reason is None else {"reason": message.reason}
    return "USER_LEAVE", message.project_id, message.user, data


def _encoded_claim(message: OwnershipClaimed) -> _Parts:
    data: dict[str, object] = {"boxUuid": str(message.box_uuid), "ownerId": str(message.owner)}
    user = message.owner if message.user is None else message.user
    return "BOX_OWNERSHIP_CLAIMED", message.project_id, user, data


def _encoded_release(message: OwnershipReleased) -> _Parts:
    owner = None if message.owner is None else str(message.owner)
    data: dict[str, object] = {"boxUuid": str(message.box_uuid), "ownerId": owner}
    user = message.owner if message.user is None else message.user
    return "BOX_OWNERSHIP_RELEASED", message.project_id, user, data


def _encoded_request(message: SyncRequested) -> _Parts:
    return "SYNC_REQUEST", message.project_id, message.user, {"observe": True} if message.observe else {}


def _encoded_state(message: StateSynced) -> _Parts:
    data: dict[str, object] = {
        "ownership": {str(box): str(owner) for box, owner in message.ownership.items()},
        "locks": {},
        "activeUsers": _sorted_refs(message.active),
    }
    if message.events:
        data["events"] = [
            json.loads(encode(event)) for event in message.events if not isinstance(event, Unknown)
        ]
    if message.observing:
        data["observing"] = True
    return "SYNC_RESPONSE", message.project_id, None, data


def _sorted_refs(users: Iterable[UserRef]) -> list[str]:
    return sorted(str(user) for user in users)


def _encoded_notice(message: ProjectNotice) -> _Parts:
    data: dict[str, object] = {"message": message.message, "updateType": message.kind}
    return "PROJECT_UPDATED", message.project_id, message.user, data


def _encoded_refusal(message: ServerRefused) -> _Parts:
    data: dict[str, object] = {"message": message.message}
    if message.details is not None:
        data["details"] = message.details
    return "ERROR", message.project_id, None, data


_ENCODERS: dict[type, Callable[[Any], _Parts]] = {
    UserJoined: _encoded_join,
    UserLeft: _encoded_leave,
    OwnershipClaimed: _encoded_claim,
    OwnershipReleased: _encoded_release,
    SyncRequested: _encoded_request,
    StateSynced: _encoded_state,
    ProjectNotice: _encoded_notice,
    ServerRefused: _encoded_refusal,
}
