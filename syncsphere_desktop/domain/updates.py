"""The manifest of the newest version: what it must look like, and whether it is to be believed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from syncsphere_desktop.domain.versions import AppVersion
from syncsphere_desktop.errors import InputError, UpdateError

FORMAT = 1
LARGEST_MANIFEST = 256 << 10
"""Bytes: more than that is no manifest."""
SIGNED_AFTER = b"syncsphere-desktop update manifest 1\n"
"""Comes before the manifest's text in what is signed: no other text that the key signs counts as one."""
CHECK_EVERY = timedelta(days=7)

_AHEAD = timedelta(days=1)  # clocks differ
_LONGEST_NOTES = 20_000
_MOST_FILES = 32
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SYSTEM = re.compile(r"[a-z0-9_-]{1,32}")
_T = TypeVar("_T")


class Standing(StrEnum):
    """How the version of a manifest stands to the one that runs."""

    NEWER = "newer"
    SKIPPED = "skipped"
    """Newer, and not wanted."""
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A manifest's text as it was signed, and the signature."""

    signed: bytes
    signature: bytes

    @property
    def message(self) -> bytes:
        """What the signature is over."""
        return SIGNED_AFTER + self.signed


@dataclass(frozen=True, slots=True)
class UpdateFile:
    """A file to install from. `size` in bytes, `sha256` as 64 hex digits."""

    url: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The newest version. `page` is where people download it; `files` are by system, such as `linux`."""

    version: AppVersion
    released: datetime
    expires: datetime
    notes: str
    page: str
    files: Mapping[str, UpdateFile]


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest manifest that was believed: an older one is not, whoever signed it."""

    version: str
    released: int
    """In seconds since 1970."""


def opened(content: bytes) -> Envelope:
    """Return the two parts of a manifest's file, not looked at yet. Raises UpdateError."""
    if len(content) > LARGEST_MANIFEST:
        raise UpdateError(f"The update manifest is larger than {LARGEST_MANIFEST:,} bytes.")
    document = _object(content, "The update manifest is no JSON object.")
    if document.get("format") != FORMAT or type(document.get("format")) is not int:
        raise UpdateError("The update manifest is of a format that this version does not know.")
    try:
        signature = base64.b64decode(_text(document, "signature", 200), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong("signature") from error
    return Envelope(_text(document, "signed", LARGEST_MANIFEST).encode("utf-8", "replace"), signature)


def parsed(signed: bytes) -> Manifest:
    """Return the manifest whose signature was found right. Raises UpdateError."""
    document = _object(signed, "The signed part of the update manifest is no JSON object.")
    try:
        version = AppVersion.parse(_text(document, "version", 40))
    except InputError as error:
        raise _wrong("version") from error
    found = _typed(document, "files", dict)
    if not 0 < len(found) <= _MOST_FILES or not all(_SYSTEM.fullmatch(name) for name in found):
        raise _wrong("files")
    return Manifest(
        version=version,
        released=_moment(document, "released"),
        expires=_moment(document, "expires"),
        notes=_text(document, "notes", _LONGEST_NOTES),
        page=_address(document, "page"),
        files={name: _file(entry) for name, entry in found.items()},
    )


def judged(
    manifest: Manifest, *, now: datetime, running: str, seen: Seen | None = None, skipped: str | None = None
) -> Standing:
    """Say how a manifest stands to the version that runs. Raises UpdateError if it is not to be believed."""
    if manifest.expires <= now:
        raise UpdateError(
            f"The update manifest expired on {manifest.expires:%d %B %Y}: whoever gives it out keeps newer"
            " ones back, or none was made for too long. (The clock of this machine may also be wrong.)"
        )
    if manifest.released > now + _AHEAD or manifest.expires <= manifest.released:
        raise UpdateError("The update manifest says that it was made in the future.")
    if seen is not None and _is_before(manifest, seen):
        raise UpdateError(
            "The update manifest is older than one that was seen before: it names version"
            f" {manifest.version}, and {seen.version} was there already."
        )
    if manifest.version <= AppVersion.parse(running):
        return Standing.CURRENT
    return Standing.SKIPPED if skipped == str(manifest.version) else Standing.NEWER


def is_due(checked: int, now: datetime) -> bool:
    """Whether a week went by since `checked` (seconds since 1970); a clock set back makes it due too."""
    since = now.timestamp() - checked
    return since < 0 or since >= CHECK_EVERY.total_seconds()


def source_address(text: str) -> str:
    """Return where a manifest is, as it was given; raises InputError where that is not https."""
    if not _is_https(text):
        raise InputError("Updates are looked for at an https:// address only.", field="source")
    return text


def _is_before(manifest: Manifest, seen: Seen) -> bool:
    try:
        newest = AppVersion.parse(seen.version)
    except InputError:  # the settings were changed by hand
        return manifest.released.timestamp() < seen.released
    return (manifest.version, manifest.released.timestamp()) < (newest, seen.released)


def _file(entry: object) -> UpdateFile:
    if not isinstance(entry, dict):
        raise _wrong("files")
    sha256, size = _text(entry, "sha256", 64), _typed(entry, "size", int)
    if not _SHA256.fullmatch(sha256) or not 0 < size < 1 << 40:
        raise _wrong("files")
    return UpdateFile(_address(entry, "url"), sha256, size)


def _object(content: bytes, sentence: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UpdateError(sentence) from error
    if not isinstance(document, dict):
        raise UpdateError(sentence)
    return document


def _typed(document: Mapping[str, Any], key: str, kind: type[_T]) -> _T:
    value = document.get(key)
    if type(value) is not kind:
        raise _wrong(key)
    return value


def _text(document: Mapping[str, Any], key: str, longest: int) -> str:
    text = _typed(document, key, str)
    if not 0 < len(text) <= longest or "\0" in text:
        raise _wrong(key)
    return text


def _address(document: Mapping[str, Any], key: str) -> str:
    text = _text(document, key, 2000)
    if not _is_https(text):
        raise _wrong(key)
    return text


def _is_https(text: str) -> bool:
    if not (text.isascii() and text.isprintable()) or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _moment(document: Mapping[str, Any], key: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(document, key, 40))
    except ValueError as error:
        raise _wrong(key) from error
    if moment.tzinfo is None or not 2000 < moment.year < 9000:
        raise _wrong(key)
    return moment.astimezone(UTC)


def _wrong(key: str) -> UpdateError:
    return UpdateError(f"The update manifest is not as it should be: “{key}” is missing or wrong.")
