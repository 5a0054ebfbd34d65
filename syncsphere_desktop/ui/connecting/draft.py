"""What the connection form holds, as texts, and what makes a connection of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from syncsphere_desktop.dsn import DEFAULT_PORT
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.feed.endpoint import checked_fingerprint, checked_token, checked_url
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode
from syncsphere_desktop.ui.connecting.tls_words import needs_authority

LONGEST_NAME = 60
SYSTEM_AUTHORITIES = "system"
"""Stands in the place of a CA file for the authorities that this machine trusts."""


_TEXTS = (
    *("name", "host", "database", "user", "password", "sslrootcert", "storage_url"),
    *("feed_url", "feed_authorities", "feed_fingerprint"),
)


class _Feed(TypedDict, total=False):
    feed_url: str
    feed_authorities: Path | None
    feed_fingerprint: str | None
    feed_plain: bool
    feed_observes: bool


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """The fields of the form as they stand; `repr` leaves the password out."""

    name: str = ""
    host: str = ""
    port: str = str(DEFAULT_PORT)
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    environment: Environment = Environment.DEVELOPMENT
    sslmode: SslMode = SslMode.VERIFY_FULL
    sslrootcert: str = ""
    storage_url: str = ""
    storage_secret: str = field(default="", repr=False)
    feed_url: str = ""
    feed_authorities: str = ""
    feed_fingerprint: str = ""
    feed_secret: str = field(default="", repr=False)
    feed_plain: bool = False
    feed_observes: bool = True

    @classmethod
    def of(cls, target: ConnectionTarget) -> ConnectionDraft:
        """Return the draft that shows a connection."""
        profile = target.profile
        return cls(
            name=profile.name,
            host=profile.host,
            port=str(profile.port),
            database=profile.database,
            user=profile.user,
            password=target.password or "",
            environment=profile.environment,
            sslmode=profile.sslmode,
            sslrootcert="" if profile.sslrootcert is None else str(profile.sslrootcert),
            storage_url=profile.storage_url or "",
            storage_secret=target.storage_secret or "",
            feed_url=profile.feed_url or "",
            feed_authorities="" if profile.feed_authorities is None else str(profile.feed_authorities),
            feed_fingerprint=profile.feed_fingerprint or "",
            feed_secret=target.feed_secret or "",
            feed_plain=profile.feed_plain,
            feed_observes=profile.feed_observes,
        )

    def errors(self) -> dict[str, InputError]:
        """Return what is wrong with which field; empty where nothing is."""
        found = {
            "name": self._wrong_name(),
            "host": self._wrong_host(),
            "port": self._wrong_port(),
            "database": None if self.database.strip() else "Name the database.",
            "user": None if self.user.strip() else "Name the database user.",
            "sslrootcert": self._wrong_authority(),
            "storage_url": self._wrong_storage(),
            **self._wrong_feed(),
        }
        for name in _TEXTS:
            if "\0" in getattr(self, name):
                found[name] = "This can't hold a NUL character."
        return {name: InputError(words, field=name) for name, words in found.items() if words is not None}

    def target(self) -> ConnectionTarget:
        """Return the connection. Raises the first of `errors`."""
        for error in self.errors().values():
            raise error
        host, database = self.host.strip(), self.database.strip()
        authority = self.sslrootcert.strip() if needs_authority(self.sslmode) else ""
        profile = ConnectionProfile(
            name=self.name.strip() or suggested_name(host, database),
            host=host,
            port=int(self.port),
            database=database,
            user=self.user.strip(),
            sslmode=self.sslmode,
            sslrootcert=Path(authority).expanduser() if authority else None,
            environment=self.environment,
            storage_url=self.storage_url.strip() or None,
            **self._feed(),
        )
        token = self.feed_secret.strip() if profile.feed_url else ""
        return ConnectionTarget(profile, self.password or None, self.storage_secret or None, token or None)

    def _feed(self) -> _Feed:
        """Return what the profile says of the feed: nothing where none is named."""
        if not self.feed_url.strip():
            return {}
        authorities = self.feed_authorities.strip()
        return {
            "feed_url": checked_url(self.feed_url, allow_plain=self.feed_plain),
            "feed_authorities": Path(authorities).expanduser() if authorities else None,
            "feed_fingerprint": self.feed_fingerprint.strip() or None,
            "feed_plain": self.feed_plain,
            "feed_observes": self.feed_observes,
        }

    def _wrong_feed(self) -> dict[str, str | None]:
        if not self.feed_url.strip():
            return {}
        checks: dict[str, Callable[[], object]] = {
            "feed_url": lambda: checked_url(self.feed_url, allow_plain=self.feed_plain),
            "feed_fingerprint": lambda: (
                self.feed_fingerprint.strip() and checked_fingerprint(self.feed_fingerprint)
            ),
            "feed_secret": lambda: self.feed_secret.strip() and checked_token(self.feed_secret.strip()),
        }
        found = {name: _refusal(check) for name, check in checks.items()}
        path = self.feed_authorities.strip()
        found["feed_authorities"] = (
            None if not path or Path(path).expanduser().is_file() else "There is no such file."
        )
        return found

    def _wrong_name(self) -> str | None:
        if len(self.name.strip()) > LONGEST_NAME:
            return f"A name has at most {LONGEST_NAME} characters."
        return None

    def _wrong_host(self) -> str | None:
        host = self.host.strip()
        if not host:
            return "Give the server's name or address, or the folder of its socket."
        if host.startswith(("/", "@")):
            return None
        if re.fullmatch(r"[^:]+:[0-9]+", host):
            return "The port has a field of its own."
        if re.search(r"[\s/@,?#]", host):
            return "A host is one name or address, such as db.example.org."
        return None

    def _wrong_port(self) -> str | None:
        port = self.port.strip()
        if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
            return "From 1 to 65535."
        return None

    def _wrong_storage(self) -> str | None:
        place = self.storage_url.strip()
        if not place:
            return None
        scheme, marked, rest = place.partition("://")
        if not marked:
            return None if Path(place).is_absolute() else "A folder is named by its whole path."
        if scheme.lower() not in ("file", "sftp", "s3"):
            return "It is a folder, sftp:// or s3://."
        if ":" in rest.partition("/")[0].rpartition("@")[0]:
            return "The secret has a field of its own."
        return None

    def _wrong_authority(self) -> str | None:
        path = self.sslrootcert.strip()
        if not path or not needs_authority(self.sslmode) or self.host.strip().startswith(("/", "@")):
            return None
        if path == SYSTEM_AUTHORITIES or Path(path).expanduser().is_file():
            return None
        return "There is no such file."


def _refusal(check: Callable[[], object]) -> str | None:
    """Return why a value is refused, or None where it is not."""
    try:
        check()
    except InputError as error:
        return error.message
    return None


def suggested_name(host: str, database: str) -> str:
    """Return a name for a connection that was given none."""
    return f"{database} on {'this machine' if host.startswith(('/', '@')) else host}"
