"""Every error of psycopg2 becomes one of the app's, with the step where a connection failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import errorcodes
from sqlalchemy import exc as sqlalchemy_errors
from typing_extensions import override

from syncsphere_desktop.database import reaching
from syncsphere_desktop.database.failures import is_connection_loss, sqlstate, translate
from syncsphere_desktop.database.parameters import Timeouts, authorities, connect_parameters
from syncsphere_desktop.database.reaching import connect_failure, reach
from syncsphere_desktop.errors import (
    AppError,
    CancelledByServerError,
    ConnectionFailedError,
    ConnectionLostError,
    InputError,
    QueryError,
    ServerLimitError,
)
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode

PROFILE = ConnectionProfile("studio", "db.example", 5433, "studio", "ada", SslMode.VERIFY_FULL)

STATES = sorted(
    value
    for name, value in vars(errorcodes).items()
    if name.isupper() and isinstance(value, str) and len(value) == 5
)

# Only for these does the app have nothing better to say than that the server refused a statement: they are
# mistakes in a statement, which are bugs of ours, or belong to features that the app does not use.
PLAIN = frozenset(
    "00 01 02 03 09 0B 0F 0L 0P 0Z 10 20 24 25 26 27 2B 2D 2F 34 38 39 3B 42 55 HV".split()  # noqa: SIM905
)


class _Reported(psycopg2.OperationalError):
    """An error with a SQLSTATE of choice; psycopg2's own can't be given one."""

    def __init__(self, state: str | None, text: str = "words") -> None:
        super().__init__(text)
        self.state = state

    @property
    @override
    def pgcode(self) -> str | None:  # type: ignore[override]
        return self.state


@pytest.mark.parametrize("state", STATES)
def test_every_sqlstate_that_psycopg2_knows_has_an_error_of_ours(state: str) -> None:
    error = translate(_Reported(state))
    assert isinstance(error, AppError)
    assert error.message.endswith(".")
    assert error.details == f"SQLSTATE {state}: words"
    if type(error) is QueryError and error.message == "The database refused the statement.":
        assert state[:2] in PLAIN


def test_a_state_that_nobody_knows_is_told_as_a_refusal() -> None:
    assert type(translate(_Reported("ZZ123"))) is QueryError


def test_losses_are_told_from_refusals() -> None:
    assert is_connection_loss(psycopg2.OperationalError("server closed the connection unexpectedly"))
    assert is_connection_loss(psycopg2.InterfaceError("connection already closed"))
    assert is_connection_loss(
        psycopg2.DatabaseError("error with status PGRES_TUPLES_OK and no message from the libpq")
    )
    assert is_connection_loss(_Reported("57P01"))
    assert not is_connection_loss(psycopg2.InterfaceError("cursor already closed"))
    assert not is_connection_loss(psycopg2.ProgrammingError("no results to fetch"))
    assert not is_connection_loss(_Reported("23505"))
    wrapped = sqlalchemy_errors.OperationalError("SELECT", {}, _Reported("08006"))
    assert is_connection_loss(wrapped)
    assert sqlstate(wrapped) == "08006"
    assert sqlstate(ValueError()) is None
    broken = sqlalchemy_errors.DBAPIError("SELECT", {}, _Reported("42601"), connection_invalidated=True)
    assert is_connection_loss(broken)


def test_what_is_neither_is_translated_by_its_kind() -> None:
    assert isinstance(translate(psycopg2.OperationalError("gone")), ConnectionLostError)
    assert isinstance(translate(psycopg2.ProgrammingError("no results to fetch")), QueryError)
    assert isinstance(translate(sqlalchemy_errors.TimeoutError()), ServerLimitError)
    assert isinstance(
        translate(ValueError("A string literal cannot contain NUL (0x00) characters.")), InputError
    )
    assert isinstance(translate(_Reported("57014", "canceled due to user request")), CancelledByServerError)
    known = ConnectionLostError("Known.")
    assert translate(known) is known
    with pytest.raises(ValueError, match="a bug"):
        translate(ValueError("a bug"))


AT = 'connection to server at "db.example" (10.0.0.7), port 5433 failed: '

FAILURES = {
    'could not translate host name "db.example" to address: Name or service not known': (
        "resolve",
        "is not known",
    ),
    'could not translate host name "x" to address: Temporary failure in name resolution': (
        "resolve",
        "moment",
    ),
    f"{AT}Connection refused\n\tIs the server running on that host?": (
        "reach",
        "Nothing listens on db.example, port 5433",
    ),
    f"{AT}timeout expired": ("reach", "did not answer in time"),
    f"{AT}No route to host": ("reach", "no way through the network"),
    f"{AT}server closed the connection unexpectedly\n\tThis probably": ("reach", "closed the connection"),
    f"{AT}received invalid response to SSL negotiation: H": ("reach", "not PostgreSQL"),
    f"{AT}FATAL:  the database system is starting up": ("reach", "starting up"),
    f"{AT}FATAL:  the database system is shutting down": ("reach", "shutting down"),
    'connection to server on socket "/x/.s.PGSQL.5433" failed: No such file or directory': (
        "reach",
        "No server has",
    ),
    'connection to server on socket "/x/.s.PGSQL.5433" failed: Permission denied': ("reach", "may not use"),
    f"{AT}server does not support SSL, but SSL was required": ("tls", "does not speak TLS, and verify-full"),
    f'{AT}server certificate for "a" (and 2 other names) does not match host name "b"': (
        "tls",
        "“a” (and 2 other names), not “db.example”",
    ),
    f"{AT}could not get server's host name from server certificate": ("tls", "names no host"),
    f"{AT}SSL error: certificate verify failed": ("tls", "authority that is not trusted"),
    f"{AT}SSL error: tlsv1 alert protocol version": ("tls", "could not agree"),
    f'{AT}root certificate file "/a/root.crt" does not exist\nEither provide': ("tls", "give its CA file"),
    f'{AT}could not read root certificate file "/a/root.crt": no certificate or crl found': (
        "tls",
        "no certificate that can be read",
    ),
    'weak sslmode "require" may not be used with sslrootcert=system': ("tls", "verify-full"),
    f'{AT}FATAL:  password authentication failed for user "ada"': (
        "authenticate",
        "password was refused for user “ada”",
    ),
    f"{AT}fe_sendauth: no password supplied": ("authenticate", "none was given"),
    f'{AT}FATAL:  Peer authentication failed for user "ada"': ("authenticate", "system account"),
    f'{AT}FATAL:  role "ada" does not exist': ("authenticate", "knows no user"),
    f'{AT}FATAL:  role "ada" is not permitted to log in': ("authenticate", "knows no user"),
    f'{AT}FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ada", database "studio", no encryption': (
        "authenticate",
        "without TLS",
    ),
    f'{AT}FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ada", database "studio", SSL encryption': (
        "authenticate",
        "pg_hba.conf",
    ),
    f"{AT}FATAL:  connection requires a valid client certificate": ("authenticate", "client certificate"),
    f"{AT}FATAL:  Passwort-Authentifizierung fehlgeschlagen": ("authenticate", "Passwort-Authentifizierung"),
    f'{AT}FATAL:  database "studio" does not exist': ("database", "no database “studio”"),
    f'{AT}FATAL:  permission denied for database "studio"': ("database", "may not connect"),
    "something else altogether": ("reach", "could be made"),
}


@pytest.mark.parametrize(("text", "told"), FAILURES.items(), ids=list(FAILURES))
def test_a_connection_that_can_not_be_made_names_its_step(text: str, told: tuple[str, str]) -> None:
    error = connect_failure(psycopg2.OperationalError(text + "\n"), PROFILE)
    assert isinstance(error, ConnectionFailedError)
    assert (error.step, told[1] in error.message) == (told[0], True), error.message
    assert error.retryable == (
        error.step in {"resolve", "reach"}
        and "Permission" not in text
        and "not PostgreSQL" not in error.message
    )


def test_a_full_server_is_a_limit() -> None:
    error = connect_failure(
        psycopg2.OperationalError(f"{AT}FATAL:  sorry, too many clients already"), PROFILE
    )
    assert isinstance(error, ServerLimitError)


def test_a_host_with_two_addresses_tells_the_failure_that_came_farthest() -> None:
    text = f'{AT}Connection refused\n\tIs it?\n{AT}FATAL:  password authentication failed for user "ada"\n'
    error = connect_failure(psycopg2.OperationalError(text), PROFILE)
    assert isinstance(error, ConnectionFailedError)
    assert error.step == "authenticate"


def test_braces_in_a_name_are_only_told() -> None:
    profile = replace(PROFILE, database="{user}", user="{0}")
    error = connect_failure(psycopg2.OperationalError('FATAL:  database "{user}" does not exist'), profile)
    assert "“{user}”" in error.message


def test_an_old_server_is_refused(server: ConnectionProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "OLDEST_SERVER", 990_000)
    with pytest.raises(ConnectionFailedError, match="too old") as caught:
        reach(server, connect_parameters(ConnectionTarget(server), Timeouts()))
    assert caught.value.step == "version"


def test_parameters_hold_tls_only_off_a_socket(tmp_path: Path) -> None:
    target = ConnectionTarget(replace(PROFILE, sslrootcert=tmp_path / "ca.pem"), "hunter2")
    parameters = connect_parameters(target, Timeouts())
    assert (parameters["sslmode"], parameters["sslrootcert"]) == ("verify-full", str(tmp_path / "ca.pem"))
    assert parameters["password"] == "hunter2"
    local = connect_parameters(ConnectionTarget(replace(PROFILE, host="/run/pg")), Timeouts())
    assert "sslmode" not in local
    assert "password" not in local


def test_the_system_s_authorities_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "bundle.crt"
    monkeypatch.setattr("syncsphere_desktop.database.parameters._SYSTEM_BUNDLES", (tmp_path / "none", bundle))
    assert authorities(Path("system")) == Path("system")
    bundle.touch()
    assert authorities(Path("system")) == bundle
    assert authorities(tmp_path / "own.pem") == tmp_path / "own.pem"
