"""Plain sockets to a server, for the connection test: look its name up, reach it, look at its certificate."""

from __future__ import annotations

import socket
import ssl
import struct
from pathlib import Path

from syncsphere_desktop.database.reaching import place
from syncsphere_desktop.errors import ConnectionFailedError
from syncsphere_desktop.settings import ConnectionProfile

Address = str | tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Addresses = list[tuple[socket.AddressFamily, Address]]

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_SECONDS = 5.0


def addresses(profile: ConnectionProfile) -> Addresses:
    """Look a host up; raises ConnectionFailedError with step `resolve`. Blocks."""
    try:
        found = socket.getaddrinfo(profile.host, profile.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:  # Python's own codec refuses a label over 63 characters
        again = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        sentence = "can't be looked up at the moment" if again else "is not known"
        raise ConnectionFailedError(
            f"The host name {profile.host} {sentence}.", step="resolve", details=str(error), retryable=True
        ) from error
    return [(family, address) for family, _, _, _, address in found]


def touch(profile: ConnectionProfile, found: Addresses, seconds: float) -> None:
    """Make a connection and close it; raises ConnectionFailedError with the last address's reason. Blocks."""
    _dial(profile, found, seconds).close()


def _dial(profile: ConnectionProfile, found: Addresses, seconds: float) -> socket.socket:
    failure: OSError | None = None
    if profile.is_local_socket:
        file = f"{profile.host}/.s.PGSQL.{profile.port}"
        found = [(socket.AF_UNIX, f"\0{file[1:]}" if file.startswith("@") else file)]
    for family, address in found:
        wire = socket.socket(family)
        wire.settimeout(max(0.5, seconds / len(found)))
        try:
            wire.connect(address)
        except OSError as error:
            wire.close()
            failure = error
        else:
            return wire
    raise _unreachable(profile, failure) from failure


def _unreachable(profile: ConnectionProfile, failure: OSError | None) -> ConnectionFailedError:
    where = place(profile)
    match failure:
        case ConnectionRefusedError():
            sentence = f"Nothing listens on {where}."
        case TimeoutError():
            sentence = f"The server on {where} did not answer in time."
        case FileNotFoundError():
            sentence = f"No server has {where}."
        case PermissionError():
            sentence = f"This account may not use {where}."
        case _:
            sentence = f"There is no way through the network to {where}."
    return ConnectionFailedError(sentence, step="reach", details=str(failure), retryable=True)


def certificate_verdict(profile: ConnectionProfile, certificates: Path) -> int | None:
    """Return OpenSSL's code for what is wrong with the server's certificate, or None. Blocks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    try:
        context.load_verify_locations(certificates)
    except OSError:  # no such file, or nothing to read in it: libpq's words are told
        return None
    with _dial(profile, addresses(profile), _SECONDS) as wire:
        wire.sendall(_SSL_REQUEST)
        if wire.recv(1) != b"S":
            return None
        try:
            context.wrap_socket(wire, server_hostname=profile.host).close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_code
        except OSError:  # another trouble than the certificate: libpq's words are told
            return None
    return None
