"""The values inside a frame: ids, names, boxes and times, in whatever spelling they come. Nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.feed.messages import UserRef

LONGEST_TEXT = 200
"""Characters that are kept of any name, reason or error; the rest is cut off."""

_LARGEST_ID = 2**63 - 1
_LONGEST_UUID = len("{urn:uuid:00000000-0000-0000-0000-000000000000}")


def user_ref(value: object) -> UserRef | None:
    """Return whom a value of a frame names; None where it names nobody."""
    if isinstance(value, str):
        return _named(value[:LONGEST_TEXT])
    number = _number(value)
    return None if number is None else UserId(number)


@lru_cache(maxsize=4_096)
def _named(text: str) -> UserRef | None:
    number = _number(text)
    return shown_text(text) if number is None else UserId(number)


def _number(value: object) -> int | None:
    """Return an id that is a number or the text of one."""
    if isinstance(value, str):
        value = int(value) if 0 < len(value) < 20 and value.isascii() and value.isdigit() else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= _LARGEST_ID else None


def shown_text(value: object) -> str | None:
    """Return a text of a frame fit to be shown; None where it is none, or empty."""
    return clean(value) or None if isinstance(value, str) else None


def clean(text: str) -> str:
    """Return foreign text fit to be shown and stored: cut, and without control characters."""
    text = text[:LONGEST_TEXT].strip()
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def box_uuid(text: str) -> UUID | None:
    """Return the box that a text names; None where it is no UUID."""
    return _known_uuid(text) if len(text) <= _LONGEST_UUID else None


@lru_cache(maxsize=16_384)
def _known_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def moment_of(value: object) -> datetime | None:
    """Return the sender's time, from milliseconds or ISO text; None where it is neither, or out of range."""
    try:
        if type(value) is int or type(value) is float:
            return datetime.fromtimestamp(value / 1000, UTC)
        if isinstance(value, str) and len(value) <= 40:
            if value.isascii() and value.isdigit():
                return datetime.fromtimestamp(int(value) / 1000, UTC)
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
