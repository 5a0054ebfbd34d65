"""The rule every short text of the studio keeps: what PostgreSQL can store and a person can read."""

from __future__ import annotations

import re

from syncsphere_desktop.errors import InputError


def checked_text(value: str, *, field: str, label: str, maximum: int, required: bool = True) -> str:
    """Return `value` without surrounding white space.

    Lengths are in characters, as VARCHAR counts them. Raises InputError naming `field` when it is empty
    though required, too long, or holds a NUL, a line break, another control character or half a surrogate
    pair, none of which the column (or a one-line field) can carry.
    """
    text = value.strip()
    if required and not text:
        raise InputError(f"{label} can't be empty.", field=field)
    if len(text) > maximum:
        raise InputError(f"{label} has at most {maximum} characters; this has {len(text)}.", field=field)
    for character in text:
        if character == "\0":
            raise InputError(f"{label} can't hold a NUL character.", field=field)
        if ord(character) < 0x20 or ord(character) == 0x7F:
            raise InputError(
                f"{label} can't hold line breaks, tabs or other control characters.", field=field
            )
        if 0xD800 <= ord(character) <= 0xDFFF:
            raise InputError(f"{label} holds a broken character.", field=field)
    return text


def checked_prose(value: str, *, field: str, label: str) -> str:
    """Return a longer text as it is; raises InputError when PostgreSQL could not store it."""
    if "\0" in value:
        raise InputError(f"{label} can't hold a NUL character.", field=field)
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise InputError(f"{label} holds a broken character.", field=field)
    return value


_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_directions(text: str) -> str:
    """Return the text with what turns the direction of writing replaced by `_`.

    A name with it looks like another one, or as if it had another ending.
    """
    return _DIRECTIONS.sub("_", text)


def can_be_stored(text: str) -> bool:
    """Whether PostgreSQL could hold the text at all: where not, no row has it."""
    return not any(character == "\0" or 0xD800 <= ord(character) <= 0xDFFF for character in text)
