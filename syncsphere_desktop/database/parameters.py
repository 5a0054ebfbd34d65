"""What a connection is opened with: libpq's parameters and the time-outs of its session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import PYDATETIME, PYDATETIMETZ, cursor, new_type, register_type
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.settings import APP_NAME, ConnectionTarget

SYSTEM_AUTHORITIES = Path("system")
_SYSTEM_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu, Arch
    Path("/etc/pki/tls/certs/ca-bundle.crt"),  # Fedora, Red Hat
    Path("/etc/ssl/ca-bundle.pem"),  # openSUSE
    Path("/etc/ssl/cert.pem"),  # macOS, Alpine
)


ORIGIN_SETTING = "syncsphere_desktop.origin"
"""The session's setting that the triggers put into each notice."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until the server, or libpq, gives up."""

    connect: float = 5.0
    statement: float = 30.0
    lock: float = 3.0
    idle_in_transaction: float = 60.0

    def set_local(self) -> str:
        """Return SQL that applies these to the current transaction alone."""
        return "; ".join(f"SET LOCAL {name} = {value}" for name, value in self._milliseconds())

    def options(self) -> str:
        """Return libpq's `options`, which apply these to the whole session."""
        return " ".join(f"-c {name}={value}" for name, value in self._milliseconds())

    def _milliseconds(self) -> tuple[tuple[str, int], ...]:
        return (
            ("statement_timeout", int(self.statement * 1000)),
            ("lock_timeout", int(self.lock * 1000)),
            ("idle_in_transaction_session_timeout", int(self.idle_in_transaction * 1000)),
        )


def connect_parameters(
    target: ConnectionTarget, timeouts: Timeouts, *, origin: str | None = None
) -> dict[str, str | int]:
    """Return the keyword arguments of `psycopg2.connect` for a target.

    A dead peer is noticed within some 30 s (TCP keepalive), an unacknowledged send within 15 s. `origin` (a
    plain word) marks the notices of changes that the connection makes.
    """
    profile = target.profile
    parameters: dict[str, str | int] = {
        "host": profile.host,
        "port": profile.port,
        "dbname": profile.database,
        "user": profile.user,
        "application_name": APP_NAME,
        "connect_timeout": max(2, round(timeouts.connect)),  # libpq takes less than 2 for 2
        "options": timeouts.options() + (f" -c {ORIGIN_SETTING}={origin}" if origin else ""),
        "client_encoding": "UTF8",
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
        "gssencmode": "disable",
    }
    if target.password:
        parameters["password"] = target.password
    if not profile.is_local_socket:
        parameters["sslmode"] = profile.sslmode.value
        if profile.sslrootcert is not None:
            parameters["sslrootcert"] = str(authorities(profile.sslrootcert))
    return parameters


def authorities(certificates: Path) -> Path:
    """Return the file of the authorities to trust. `system` stands for the ones that this machine trusts.

    libpq knows that word too, but a packaged libpq looks for them where it was built.
    """
    if certificates == SYSTEM_AUTHORITIES:
        for bundle in _SYSTEM_BUNDLES:
            if bundle.is_file():
                return bundle
    return certificates


def open_connection(parameters: Mapping[str, str | int]) -> RawConnection:
    """Open a psycopg2 connection; raises psycopg2's own errors."""
    connection: RawConnection = psycopg2.connect(**parameters)  # type: ignore[call-overload]
    for moments in _MOMENTS:
        register_type(moments, connection)
    return connection


def _moment(parse: Any) -> Callable[[str | bytes | None, cursor], datetime | None]:
    """Return a reader of timestamps that gives None for one that Python can't hold.

    That is one before our era, after 9999, or infinite. It must not make a whole list unreadable: it is shown
    as absent, and stays as it is.
    """

    def read(value: str | bytes | None, at: cursor) -> datetime | None:
        if value is None or str(value).endswith("infinity"):
            return None
        try:
            moment: datetime = parse(value, at)
        except ValueError:
            return None
        return moment

    return read


_MOMENTS = (
    new_type((1114,), "MOMENT", _moment(PYDATETIME)),
    new_type((1184,), "MOMENTTZ", _moment(PYDATETIMETZ)),
)
