"""Database addresses as people write them: libpq's URL, its `key=value` form, SQLAlchemy's URL.

No message of this module repeats anything that could be a password, or a piece of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode

DEFAULT_PORT = 5432

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_OUR_SCHEME = re.compile(r"postgres(ql)?(\+[a-z0-9_]+)?", re.IGNORECASE)
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LOOPBACK_V4 = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_KEYWORD = re.compile(
    r"\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'(?=\s|$)|((?:[^\s'\\]|\\.)*)(?=\s|$))", re.DOTALL
)

_TAKEN = frozenset({"host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "ssl"})
# The app sets these itself, whatever an address says of them.
_OURS = frozenset({
    "application_name", "fallback_application_name", "connect_timeout", "client_encoding", "gssencmode",
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
})  # fmt: skip
# Named in the refusal. Any other name might be a piece of a password that was not percent-encoded.
_KNOWN_TO_LIBPQ = frozenset({
    "channel_binding", "hostaddr", "krbsrvname", "load_balance_hosts", "options", "passfile", "replication",
    "require_auth", "requirepeer", "service", "sslcert", "sslcertmode", "sslcrl", "sslcrldir", "sslkey",
    "sslnegotiation", "sslpassword", "target_session_attrs",
})  # fmt: skip

_ENCODE_HINT = "A password with one of : / ? # @ % in it has to be percent-encoded, such as %40 for @."
_SOCKET_FOLDERS = (Path("/var/run/postgresql"), Path("/tmp"))  # noqa: S108  # where libpq looks for sockets


def parse_dsn(text: str) -> ConnectionTarget:
    """Return the target that an address names; raises InputError with field `dsn`.

    Without `sslmode`, TLS is off by a socket or on loopback (unless a CA is named), `verify-full` elsewhere.
    """
    text = text.strip()
    if not text:
        raise _refused("Give the address of a database, such as postgresql://user@host:5432/syncsphere.")
    if "\0" in text:
        raise _refused("An address can't hold a NUL character.")
    scheme = _SCHEME.match(text)
    if scheme is not None:
        if _OUR_SCHEME.fullmatch(scheme[1]) is None:
            raise _refused("The address of a PostgreSQL database begins with postgresql://.")
        values = _from_url(text[scheme.end() :])
    elif "=" in text:
        values = _from_keywords(text)
    else:
        raise _refused(
            "This is no address of a database; it looks like postgresql://user@host:5432/syncsphere."
        )
    return _target(values)


def format_dsn(profile: ConnectionProfile) -> str:
    """Return the profile as a URL without its password; `parse_dsn` reads it back."""
    user = quote(profile.user, safe="")
    database = quote(profile.database, safe="")
    if profile.is_local_socket:
        query = f"host={quote(profile.host, safe='/')}&port={profile.port}"
        return f"postgresql://{user}@/{database}?{query}"
    host = f"[{quote(profile.host, safe=':')}]" if ":" in profile.host else quote(profile.host, safe="")
    query = f"sslmode={profile.sslmode.value}"
    if profile.sslrootcert is not None:
        query += f"&sslrootcert={quote(str(profile.sslrootcert), safe='/')}"
    return f"postgresql://{user}@{host}:{profile.port}/{database}?{query}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's loopback."""
    name = host.lower().rstrip(".").removeprefix("::ffff:")
    return name in {"localhost", "::1"} or name.endswith(".localhost") or bool(_LOOPBACK_V4.fullmatch(name))


def default_sslmode(host: str, *, has_authority: bool = False) -> SslMode:
    """Return the mode for a host of which nothing else is said; `has_authority`: a CA file was named."""
    if host.startswith(("/", "@")):
        return SslMode.DISABLE
    return SslMode.DISABLE if is_loopback(host) and not has_authority else SslMode.VERIFY_FULL


def _from_url(rest: str) -> dict[str, str]:
    before, _, query = rest.partition("?")
    authority, _, path = before.partition("/")
    userinfo, at, place = authority.rpartition("@")
    if "@" in path:  # a slash of the password was taken for the one before the database
        raise _refused(f"The address can't be taken apart. {_ENCODE_HINT}")
    values: dict[str, str] = {}
    if at:
        user, colon, password = userinfo.partition(":")
        _put(values, "user", user)
        if colon:
            _put(values, "password", password)
    if place.startswith("["):
        host, bracket, port = place[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise _refused("An IPv6 address stands in brackets, such as [::1]:5432.")
        port = port[1:]
    else:
        host, _, port = place.partition(":")
    _put(values, "host", host)
    _put(values, "port", port)
    _put(values, "dbname", path)
    for pair in query.split("&") if query else ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise _refused(f"What follows the ? are pairs such as sslmode=verify-full. {_ENCODE_HINT}")
        _put(values, _decoded(name), value)
    return values


def _put(values: dict[str, str], name: str, encoded: str) -> None:
    if encoded:
        values[name] = _decoded(encoded)


def _decoded(value: str) -> str:
    if _PERCENT.search(value):
        raise _refused(f"A % is not followed by two hexadecimal digits. {_ENCODE_HINT}")
    try:
        decoded = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise _refused("What is percent-encoded in the address is not UTF-8.") from None
    if "\0" in decoded:
        raise _refused("An address can't hold a NUL character.")
    return decoded


def _from_keywords(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        pair = _KEYWORD.match(text, position)
        if pair is None:
            raise _refused(
                "The address can't be taken apart: it is made of pairs such as host=db dbname=syncsphere,"
                " with values that hold spaces in single quotes."
            )
        value = pair[2] if pair[2] is not None else pair[3]
        value = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        if value:
            values[pair[1].lower()] = value
        position = pair.end()
    return values


def _target(values: Mapping[str, str]) -> ConnectionTarget:
    _check_names(values)
    port = _port(values.get("port"))
    host = values.get("host") or _default_host(port)
    if "," in host:
        raise _refused("The address names several servers; the app works on one at a time.")
    if not host.startswith(("/", "@")) and re.search(r"[\s/@:]", host) and not _is_ipv6(host):
        raise _refused(f"The host is neither a name nor an address. {_ENCODE_HINT}")
    database = values.get("dbname")
    if not database:
        raise _refused("The address names no database, such as …/syncsphere.")
    if "/" in database and "://" in database:
        raise _refused("The database is named by an address of its own; give that one alone.")
    certificate = values.get("sslrootcert")
    profile = ConnectionProfile(
        name=f"{database} on {'this machine' if host.startswith(('/', '@')) else host}",
        host=host,
        port=port,
        database=database,
        user=values.get("user") or _default_user(),
        sslmode=_sslmode(values, host),
        sslrootcert=None if certificate is None else Path(certificate),
        environment=Environment.LOCAL
        if host.startswith(("/", "@")) or is_loopback(host)
        else Environment.DEVELOPMENT,
    )
    return ConnectionTarget(profile, values.get("password"))


def _check_names(values: Mapping[str, str]) -> None:
    for name in values:
        if name in _TAKEN or name in _OURS:
            continue
        if name in _KNOWN_TO_LIBPQ:
            raise _refused(f"The app can't connect with the parameter “{name}”; leave it out.")
        raise _refused(f"A parameter of the address is unknown to PostgreSQL. {_ENCODE_HINT}")


def _port(value: str | None) -> int:
    if value is None:
        return DEFAULT_PORT
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 1 <= int(value) <= 65535:
        raise _refused(f"The port is a number from 1 to 65535. {_ENCODE_HINT}")
    return int(value)


def _is_ipv6(host: str) -> bool:
    return bool(re.fullmatch(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\w.-]+)?", host))


def _sslmode(values: Mapping[str, str], host: str) -> SslMode:
    nearby = host.startswith(("/", "@")) or is_loopback(host)
    wish = values.get("sslmode")
    if wish is None and values.get("ssl", "").lower() in {"true", "1", "on", "require"}:
        wish = SslMode.REQUIRE.value
    if host.startswith(("/", "@")):
        return SslMode.DISABLE  # libpq uses no TLS on a socket, whatever is asked for
    if wish is None:
        return default_sslmode(host, has_authority="sslrootcert" in values)
    if wish in {"prefer", "allow"}:
        if nearby:
            return SslMode.DISABLE
        raise _refused(
            f"sslmode={wish} gives no promise: it goes on without TLS where an attacker asks for that."
            " Use verify-full with the server's CA."
        )
    try:
        return SslMode(wish)
    except ValueError:
        raise _refused(f"sslmode is one of {', '.join(mode.value for mode in SslMode)}.") from None


def _default_host(port: int) -> str:
    for folder in _SOCKET_FOLDERS:
        if (folder / f".s.PGSQL.{port}").exists():
            return str(folder)
    return "localhost"


def _default_user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        raise _refused("The address names no user, such as postgresql://user@host/syncsphere.") from None


def _refused(message: str) -> InputError:
    return InputError(message, field="dsn")
