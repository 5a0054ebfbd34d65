"""Where a feed is, whom to trust there, and as whom to follow it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from syncsphere_desktop.errors import InputError
from syncsphere_desktop.feed.messages import UserRef
from syncsphere_desktop.settings import ConnectionTarget

DEFAULT_PORT = 8443
DEFAULT_PATH = "/ws"
OBSERVER = "syncsphere-desktop"
"""As whom a feed is followed where nobody is named: no id, so it can't be taken for a user."""

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LOOPBACK_V4 = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")


class FeedMode(StrEnum):
    """How a client follows a feed."""

    OBSERVE = "observe"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class FeedEndpoint:
    """A feed to follow; raises InputError where that is no address, or one that gives no promise.

    `fingerprint` is the SHA-256 of the one certificate to trust, as 64 hex digits; with it neither
    `authorities` nor the host's name count. `allow_plain` allows `ws://` beyond this machine. `token` goes
    into the Authorization header. What could be secret is left out of `repr`.
    """

    url: str
    authorities: Path | None = None
    fingerprint: str | None = None
    token: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    allow_plain: bool = False
    mode: FeedMode = FeedMode.OBSERVE
    user_id: UserRef = OBSERVER
    username: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", checked_url(self.url, allow_plain=self.allow_plain))
        if self.fingerprint is not None:
            object.__setattr__(self, "fingerprint", checked_fingerprint(self.fingerprint))
        if self.token is not None:
            checked_token(self.token)
        for name, value in self.headers.items():
            if not (name.isascii() and name.isprintable() and value.isascii() and value.isprintable()):
                raise InputError("A header holds something other than plain text.", field="feed_headers")

    @property
    def is_secure(self) -> bool:
        """Whether the way there is encrypted."""
        return self.url.startswith("wss://")

    @property
    def host(self) -> str:
        """The host's name or address, without brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, the scheme's own where the address names none."""
        return urlsplit(self.url).port or (443 if self.is_secure else 80)

    @classmethod
    def of(
        cls,
        target: ConnectionTarget,
        *,
        user_id: UserRef = OBSERVER,
        username: str | None = None,
    ) -> FeedEndpoint | None:
        """Return the feed of a connection, or None where it has none; raises InputError."""
        profile = target.profile
        if not profile.feed_url:
            return None
        return cls(
            profile.feed_url,
            authorities=profile.feed_authorities,
            fingerprint=profile.feed_fingerprint,
            token=target.feed_secret,
            allow_plain=profile.feed_plain,
            mode=FeedMode.OBSERVE if profile.feed_observes else FeedMode.JOIN,
            user_id=user_id,
            username=username,
        )


def checked_url(text: str, *, allow_plain: bool = False) -> str:
    """Return the address of a feed in its usual spelling; raises InputError with field `feed_url`.

    No message repeats a part of the address that could be a secret.
    """
    text = text.strip()
    if not text.isascii() or not text.isprintable() or any(character.isspace() for character in text):
        raise _refused("The address of a feed is made of plain letters, digits and signs, without blanks.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _refused("This is no address; a feed's looks like wss://host:8443/ws.") from None
    if parts.scheme not in ("ws", "wss"):
        raise _refused("The address of a feed begins with wss://, or with ws:// where it is not encrypted.")
    if "@" in parts.netloc:
        raise _refused("A feed's address holds no user or password; a token has a field of its own.")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _refused("A feed's address ends with its path; a token has a field of its own.")
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    if _HOST.fullmatch(shown) is None or port == 0:
        raise _refused("This address names no host; a feed's looks like wss://host:8443/ws.")
    if parts.scheme == "ws" and not (allow_plain or is_loopback(host)):
        raise _refused(
            "With ws:// anybody on the way can read and change what is sent. Use wss://, or allow it."
        )
    place = shown if port is None else f"{shown}:{port}"
    return f"{parts.scheme}://{place}{parts.path or '/'}"


def checked_fingerprint(text: str) -> str:
    """Return a SHA-256 fingerprint as 64 lower-case hex digits; raises InputError."""
    plain = text.strip().lower().removeprefix("sha256").lstrip(" :=").removeprefix("fingerprint=")
    plain = plain.replace(":", "").replace(" ", "")
    if _FINGERPRINT.fullmatch(plain) is None:
        raise InputError(
            "A fingerprint is the certificate's SHA-256, 64 hexadecimal digits.", field="feed_fingerprint"
        )
    return plain


def checked_token(text: str) -> str:
    """Return a bearer token that can go into a header; raises InputError, which does not repeat it."""
    if _TOKEN.fullmatch(text) is None:
        raise InputError("A token is made of letters, digits and signs, without blanks.", field="feed_secret")
    return text


def offered_url(database_host: str) -> str:
    """Return where the feed of a studio usually is, seen from its database's host."""
    host = database_host.strip()
    if not host or host.startswith(("/", "@")):
        host = "localhost"
    shown = f"[{host.strip('[]')}]" if ":" in host else host
    return f"wss://{shown}:{DEFAULT_PORT}{DEFAULT_PATH}"


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its own name."""
    return host in ("localhost", "::1") or _LOOPBACK_V4.fullmatch(host) is not None


def _refused(message: str) -> InputError:
    return InputError(message, field="feed_url")
