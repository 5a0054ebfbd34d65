"""By what an audio file may be known in a project: its name, its folder's project, a UUID in its path."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

LONGEST = 255
"""Characters of a name that are compared and kept."""

_AUDIO_SUFFIX = re.compile(
    r"\.(?:wav|wave|w64|rf64|aif|aiff|aifc|flac|ogg|oga|opus|mp3|m4a|mp4|aac|wma|caf|webm)\Z", re.IGNORECASE
)
_OWN_DIGITS = re.compile(r"-[0-9a-f]{8}(?=\.[^.]*\Z|\Z)")
_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)
_PROJECT = re.compile(r"(?:\A|/)projects?[/ _-]([0-9]{1,9})/", re.IGNORECASE)


def comparable(name: str) -> str:
    """Return a name in the form in which two names are the same: composed, without case, within 255."""
    return unicodedata.normalize("NFC", name.strip()).casefold()[:LONGEST]


def stem(name: str) -> str:
    """Return a comparable name without the suffix of an audio format; `Take 1.5` stays as it is."""
    return _AUDIO_SUFFIX.sub("", comparable(name)).rstrip()


def names_in(path: str) -> tuple[str, ...]:
    """Return the names that the file at a path may have had: as it is, and without the digits of a store."""
    last = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    given = _OWN_DIGITS.sub("", last)
    return (last,) if given == last else (given, last)


def uuids_in(text: str) -> tuple[UUID, ...]:
    """Return the UUIDs that a path holds, with hyphens or without."""
    return tuple(dict.fromkeys(UUID(match.group()) for match in _UUID.finditer(text)))


def project_in(path: str) -> int | None:
    """Return the id of the project whose folder a path leads through, as `projects/12/kick.wav`, or None."""
    found = _PROJECT.search(path.replace("\\", "/"))
    return int(found[1]) if found else None


def storable(text: str, longest: int = LONGEST) -> str:
    """Return a text from a bundle as PostgreSQL can hold it, shortened."""
    kept = text[:longest].replace("\0", "")
    return kept.encode("utf-8", "replace").decode("utf-8")
