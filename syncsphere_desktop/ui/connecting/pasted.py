"""Takes a pasted database address apart, so that its password never stays in sight."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from syncsphere_desktop.dsn import format_dsn, parse_dsn
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import ConnectionProfile

# Greedy up to the last @: a password that was not percent-encoded may hold one itself.
_IN_URL = re.compile(r"(?P<before>://[^:/?#@]*):(?P<password>.*)@", re.DOTALL)
_IN_QUERY = re.compile(r"(?P<before>[?&])password=(?P<password>[^&]*)&?")
_IN_PAIRS = re.compile(
    r"(?P<before>^|\s)password\s*=\s*(?P<password>'(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)\s*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class PastedAddress:
    """What a pasted text holds: `text` without its password, and a profile or an error."""

    text: str
    profile: ConnectionProfile | None
    password: str | None = field(default=None, repr=False)
    error: InputError | None = None


def looks_like_address(text: str) -> bool:
    """Whether a text is meant as a whole address rather than as a host's name."""
    return "://" in text or re.search(r"\b(host|hostaddr|dbname|user)\s*=", text) is not None


def take_apart(text: str) -> PastedAddress:
    """Return the parts of an address; the password is taken out of the text even where the rest is wrong."""
    try:
        target = parse_dsn(text)
    except InputError:
        bare, password = without_password(text)
    else:
        return PastedAddress(format_dsn(target.profile), target.profile, target.password)
    try:
        profile = parse_dsn(bare).profile
    except InputError as error:
        return PastedAddress(bare, None, password, error)
    return PastedAddress(format_dsn(profile), profile, password)


def without_password(text: str) -> tuple[str, str | None]:
    """Return the text without what looks like its password, and that password."""
    for pattern in (_IN_URL, _IN_QUERY, _IN_PAIRS):
        match = pattern.search(text)
        if match is None:
            continue
        after = "@" if pattern is _IN_URL else ""
        bare = text[: match.start()] + match["before"] + after + text[match.end() :]
        return bare.rstrip("?& "), _plain(match["password"], quoted=pattern is _IN_PAIRS) or None
    return text, None


def _plain(password: str, *, quoted: bool) -> str:
    if quoted:
        inner = password[1:-1] if password.startswith("'") else password
        return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL)
    is_encoded = re.search(r"%[0-9A-Fa-f]{2}", password) and not re.search(r"%(?![0-9A-Fa-f]{2})", password)
    return unquote(password) if is_encoded else password
