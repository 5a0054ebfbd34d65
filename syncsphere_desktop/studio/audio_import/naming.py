"""How files that come from anywhere are named: for people, and in the library."""

from __future__ import annotations

import os
import unicodedata
from pathlib import PurePath

from syncsphere_desktop.storage.paths import usual_form

NAME_CHARACTERS = 255
"""What `audio_files.filename` holds."""

_SUFFIX_CHARACTERS = 20
_UNSEEN = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of text about, so that a name reads as another."""


def shown(text: str) -> str:
    """Return a path as it can be printed: what is no character, or can't be seen, as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown_character, text))


def whole(text: str) -> str:
    """Return a path that JSON and UTF-8 can carry: bytes that are no text as escapes, all else as it is."""
    if text.isascii():
        return text
    return "".join(_shown_character(character) if _is_broken(character) else character for character in text)


def library_name(path: PurePath) -> str:
    """Return the name of a file as its row will have it: one line of at most 255 characters, never empty."""
    text = path.name.encode("utf-8", "replace" if os.name == "nt" else "surrogateescape")
    name = usual_form(text.decode("utf-8", "replace"))
    name = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in name).strip()
    if len(name) <= NAME_CHARACTERS:
        return name or "audio"
    suffix = PurePath(name).suffix
    if len(suffix) > _SUFFIX_CHARACTERS:
        suffix = ""
    return name[: NAME_CHARACTERS - len(suffix)] + suffix


def _shown_character(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:  # a byte that is no UTF-8, as Python carries it
        return f"\\x{ord(character) - 0xDC00:02x}"
    if _is_broken(character) or character in _UNSEEN or unicodedata.category(character) in {"Cc", "Zl", "Zp"}:
        return (
            character.encode("ascii", "backslashreplace").decode()
            if ord(character) > 0x7F
            else _c0(character)
        )
    return character


def _c0(character: str) -> str:
    return repr(character)[1:-1]


def _is_broken(character: str) -> bool:
    return 0xD800 <= ord(character) <= 0xDFFF
