"""What the connection form holds, as texts, and what makes a connection of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from syncsphere_desktop.dsn import DEFAULT_PORT
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode
from syncsphere_desktop.ui.connecting.tls_words import needs_authority

LONGEST_NAME = 60
SYSTEM_AUTHORITIES = "system"
"""Stands in the place of a CA file for the authorities that this machine trusts."""


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
        }
        for name in ("name", "host", "database", "user", "password", "sslrootcert", "storage_url"):
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
        )
        return ConnectionTarget(profile, self.password or None, self.storage_secret or None)

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


def suggested_name(host: str, database: str) -> str:
    """Return a name for a connection that was given none."""
    return f"{database} on {'this machine' if host.startswith(('/', '@')) else host}"
