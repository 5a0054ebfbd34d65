"""Where the app keeps what it writes, and the frozen settings and connection profiles."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

APP_NAME = "syncsphere-desktop"
HOME_VARIABLE = "SYNCSPHERE_HOME"
DATABASE_URL_VARIABLE = "SYNCSPHERE_DATABASE_URL"
STORAGE_URL_VARIABLE = "SYNCSPHERE_STORAGE_URL"
FEED_URL_VARIABLE = "SYNCSPHERE_FEED_URL"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders the app writes to. None of them is created before something is written there."""

    config: Path
    data: Path
    logs: Path
    cache: Path

    @classmethod
    def of_this_user(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        """Return `$SYNCSPHERE_HOME/{config,data,logs,cache}`, or without it the system's own folders."""
        home = environment.get(HOME_VARIABLE)
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "config", root / "data", root / "logs", root / "cache")
        from platformdirs import PlatformDirs

        folders = PlatformDirs(APP_NAME, appauthor=False)
        return cls(
            folders.user_config_path, folders.user_data_path, folders.user_log_path, folders.user_cache_path
        )


class SslMode(StrEnum):
    """libpq's TLS modes the app offers; `prefer` and `allow` are left out: they give no promise."""

    DISABLE = "disable"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class ThemeMode(StrEnum):
    """Which colours the window has."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Environment(StrEnum):
    """What a server is for: tints the line under the header, and makes production ask twice."""

    LOCAL = "local"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class ConnectionProfile:
    """A server and database to work on, without its password.

    `host` is a name, an address, or an absolute path to a folder with the server's socket. `storage_url` is
    where the audio files are: a folder, `sftp://user@host/path` or `s3://bucket/prefix`, without a secret.

    `feed_url` is where the live feed is, `wss://host:8443/ws`, also without a secret; None means none. Its
    certificate is checked against `feed_authorities` (a PEM file; None: this machine's own) or must be the
    one with `feed_fingerprint` (SHA-256, hex). `feed_plain` allows `ws://` beyond this machine;
    `feed_observes` follows it without appearing as present.
    """

    name: str
    host: str
    port: int
    database: str
    user: str
    sslmode: SslMode
    sslrootcert: Path | None = None
    environment: Environment = Environment.DEVELOPMENT
    storage_url: str | None = None
    feed_url: str | None = None
    feed_authorities: Path | None = None
    feed_fingerprint: str | None = None
    feed_plain: bool = False
    feed_observes: bool = True

    @property
    def is_local_socket(self) -> bool:
        """Whether the server is reached by a socket file on this machine."""
        return self.host.startswith(("/", "@"))

    @property
    def address(self) -> str:
        """Where it is, for people: `user@host:port/database`; never holds a password."""
        place = "local socket" if self.is_local_socket else f"{self.host}:{self.port}"
        return f"{self.user}@{place}/{self.database}"


@dataclass(frozen=True, slots=True)
class ConnectionTarget:
    """A profile with the password to use, the secret of its audio storage and the bearer token of its feed.

    `repr` leaves all three out.
    """

    profile: ConnectionProfile
    password: str | None = field(default=None, repr=False)
    storage_secret: str | None = field(default=None, repr=False)
    feed_secret: str | None = field(default=None, repr=False)


JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
Layout = Mapping[str, JsonValue]
"""What one view remembers of its looks: sizes, columns, sorting. It belongs to the view alone."""


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """How newer versions are looked for, and what was seen of them; moments are in seconds since 1970.

    `weekly` is None until somebody was asked. `source` is an https address, None where nobody named one.
    """

    weekly: bool | None = None
    source: str | None = None
    checked: int = 0
    seen_version: str | None = None
    seen_released: int = 0
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the app remembers from one start to the next. Passwords are never a part of it.

    `layouts` has one mapping a view, `recent` the connections last used, the newest first, and `used` when
    each of them was, in seconds since 1970, by `user@host:port/database`.
    """

    theme_mode: ThemeMode = ThemeMode.SYSTEM
    reduced_motion: bool = False
    last_view: str | None = None
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    recent: tuple[ConnectionProfile, ...] = ()
    used: Mapping[str, int] = field(default_factory=dict)
    profiles: tuple[ConnectionProfile, ...] = ()
    updates: UpdateSettings = UpdateSettings()
