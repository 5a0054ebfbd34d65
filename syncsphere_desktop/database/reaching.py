"""Opening a connection, and the step and the sentence for each way in which that fails.

libpq gives no SQLSTATE for a connection that was not made, so its words and the server's have to do. A server
that speaks another language than English is quoted where its words are not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.errors import AppError, ConnectionFailedError, ServerLimitError
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget

OLDEST_SERVER = 130_000

Sentence = Callable[[ConnectionProfile, "re.Match[str]"], str]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    step: str
    sentence: Sentence
    retryable: bool = False


def reach(profile: ConnectionProfile, parameters: Mapping[str, str | int]) -> RawConnection:
    """Open a connection to a server that is new enough; raises ConnectionFailedError or ServerLimitError."""
    try:
        connection = open_connection(parameters)
    except psycopg2.Error as error:
        raise connect_failure(error, profile) from error
    if connection.server_version < OLDEST_SERVER:
        version = connection.server_version // 10_000
        connection.close()
        raise too_old(version)
    return connection


def asks_for_password(target: ConnectionTarget) -> bool:
    """Whether the server refuses this target for want of a password; any other failure is for later."""
    try:
        open_connection(connect_parameters(target, Timeouts())).close()
    except psycopg2.Error as error:
        failure = connect_failure(error, target.profile)
        return isinstance(failure, ConnectionFailedError) and failure.step == "authenticate"
    return False


def too_old(version: int) -> ConnectionFailedError:
    """Return the error for a server of that major version."""
    return ConnectionFailedError(f"PostgreSQL {version} is too old; 13 or newer is needed.", step="version")


def connect_failure(error: psycopg2.Error, profile: ConnectionProfile) -> AppError:
    """Return the app's error for a connection that could not be opened.

    A host with several addresses fails once for each: the failure that came farthest is told.
    """
    text = str(error).strip()
    for rule in _RULES:
        match = rule.pattern.search(text)
        if match is not None:
            sentence = rule.sentence(profile, match)
            if rule.step == "limit":
                return ServerLimitError(sentence, details=text)
            return ConnectionFailedError(sentence, step=rule.step, details=text, retryable=rule.retryable)
    fatal = re.search(r"\bFATAL: +(.*)", text) or re.search(r"failed: +\S+: {2}(.*)", text)
    if fatal is not None:
        return ConnectionFailedError(
            f"The server refused the connection: {fatal[1].rstrip('.')}.", step="authenticate", details=text
        )
    return ConnectionFailedError(
        f"No connection to {place(profile)} could be made.", step="reach", details=text, retryable=True
    )


def place(profile: ConnectionProfile) -> str:
    """Return where a server is, for people: `db.example, port 5432`, or a socket's folder."""
    if profile.is_local_socket:
        return f"the socket in {profile.host}, port {profile.port}"
    return f"{profile.host}, port {profile.port}"


def _says(text: str) -> Sentence:
    """Return what fills a sentence with the parts of a profile and the groups of a match."""

    def sentence(profile: ConnectionProfile, match: re.Match[str]) -> str:
        return text.format(
            *match.groups(default=""),
            host=profile.host,
            port=profile.port,
            user=profile.user,
            database=profile.database,
            mode=profile.sslmode.value,
            place=place(profile),
        )

    return sentence


def _rule(pattern: str, step: str, sentence: str, *, retryable: bool = False) -> _Rule:
    return _Rule(re.compile(pattern), step, _says(sentence), retryable)


# In the order of the steps, the last one first. A server says FATAL, and libpq the rest.
_RULES: tuple[_Rule, ...] = (
    _rule(
        r"too many clients already|remaining connection slots are reserved|too many connections for",
        "limit",
        "The server has too many connections.",
    ),
    _rule(
        r"the database system is (starting up|not yet accepting connections|in recovery mode|not accepting)",
        "reach",
        "The server on {place} is starting up.",
        retryable=True,
    ),
    _rule(
        r"the database system is shutting down|terminating connection due to administrator command",
        "reach",
        "The server on {place} is shutting down.",
        retryable=True,
    ),
    _rule(
        r"database \"[^\n]*\" does not exist", "database", "There is no database “{database}” on the server."
    ),
    _rule(
        r"permission denied for database|not currently accepting connections",
        "database",
        "User “{user}” may not connect to the database “{database}”.",
    ),
    _rule(
        r"password authentication failed|LDAP authentication failed|RADIUS authentication failed"
        r"|PAM authentication failed",
        "authenticate",
        "The password was refused for user “{user}”.",
    ),
    _rule(
        r"no password supplied|empty password returned",
        "authenticate",
        "The server asks for a password for user “{user}”, and none was given.",
    ),
    _rule(
        r"(?:Peer|Ident) authentication failed",
        "authenticate",
        "The server lets “{user}” in only from the system account of that name.",
    ),
    _rule(
        r"certificate authentication failed|requires a valid client certificate",
        "authenticate",
        "The server asks for a client certificate, and the app has none to give.",
    ),
    _rule(
        r"no pg_hba\.conf entry for [^\n]*(?:SSL off|no encryption)",
        "authenticate",
        "The server's rules don't let user “{user}” in from here without TLS.",
    ),
    _rule(
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "authenticate",
        "The server's rules (pg_hba.conf) don't let user “{user}” into the database “{database}” from here.",
    ),
    _rule(
        r"role \"[^\n]*\" does not exist|role \"[^\n]*\" is not permitted to log in",
        "authenticate",
        "The server knows no user “{user}” who may log in.",
    ),
    _rule(
        r"server does not support SSL",
        "tls",
        "The server does not speak TLS, and {mode} asks for it.",
    ),
    _rule(
        r"server certificate for \"([^\n]*)\"( \(and \d+ other names?\))? does not match host name",
        "tls",
        "The server's certificate is for another host: “{0}”{1}, not “{host}”.",
    ),
    _rule(
        r"could not get server's host name from server certificate",
        "tls",
        "The server's certificate names no host, and {mode} asks for “{host}” in it.",
    ),
    _rule(
        r"root certificate file (\"[^\n]*\") does not exist",
        "tls",
        "No certificate authority is known to check the server with; give its CA file ({0} does not exist).",
    ),
    _rule(
        r"could not (?:read|load) root certificate file (\"[^\n]*\")",
        "tls",
        "The CA file {0} holds no certificate that can be read.",
    ),
    _rule(
        r"weak sslmode",
        "tls",
        "With this machine's own authorities the server has to be checked with verify-full.",
    ),
    _rule(
        r"certificate verify failed",
        "tls",
        "The server's certificate is signed by an authority that is not trusted; give its CA file.",
    ),
    _rule(
        r"tlsv\d+ alert|SSL error|unsupported protocol|wrong version number|no protocols available",
        "tls",
        "The server and the app could not agree on TLS.",
    ),
    _rule(
        r"received invalid response to SSL negotiation|expected authentication request from server",
        "reach",
        "What answers on {place} is not PostgreSQL.",
    ),
    _rule(
        r"server closed the connection unexpectedly|could not (?:receive data from|send \S+ ?\S* to) server"
        r"|SSL SYSCALL error|Connection reset by peer",
        "reach",
        "The server on {place} closed the connection before it was made.",
        retryable=True,
    ),
    _rule(
        r"Connection refused",
        "reach",
        "Nothing listens on {place}.",
        retryable=True,
    ),
    _rule(
        r"timeout expired|timed out",
        "reach",
        "The server on {place} did not answer in time.",
        retryable=True,
    ),
    _rule(
        r"No route to host|Network is unreachable|Host is down",
        "reach",
        "There is no way through the network to {place}.",
        retryable=True,
    ),
    _rule(
        r"No such file or directory",
        "reach",
        "No server has {place}.",
        retryable=True,
    ),
    _rule(
        r"Permission denied",
        "reach",
        "This account may not use {place}.",
    ),
    _rule(
        r"Temporary failure in name resolution",
        "resolve",
        "The host name {host} can't be looked up at the moment.",
        retryable=True,
    ),
    _rule(
        r"could not translate host name|Name or service not known|nodename nor servname",
        "resolve",
        "The host name {host} is not known.",
        retryable=True,
    ),
)
