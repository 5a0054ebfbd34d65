"""What each TLS mode means, in plain words, and when one is too weak for where the server is."""

from __future__ import annotations

from syncsphere_desktop.dsn import is_loopback
from syncsphere_desktop.settings import SslMode

TITLES = {
    SslMode.VERIFY_FULL: "Encrypted, server verified",
    SslMode.VERIFY_CA: "Encrypted, certificate verified",
    SslMode.REQUIRE: "Encrypted, server not verified",
    SslMode.DISABLE: "Not encrypted",
}

EXPLANATIONS = {
    SslMode.VERIFY_FULL: "The certificate must be signed by a CA you trust and name this host.",
    SslMode.VERIFY_CA: "The certificate must be signed by a CA you trust; it may name another host.",
    SslMode.REQUIRE: "Nobody can listen in, but any server is taken for the right one.",
    SslMode.DISABLE: "Everything is sent as it is.",
}

_WARNINGS = {
    SslMode.VERIFY_CA: "Any server with a certificate of the same CA could stand in for this one.",
    SslMode.REQUIRE: "Somebody on the way could pose as the server and read the password.",
    SslMode.DISABLE: "Everybody on the way can read the password and the data.",
}


def is_on_this_machine(host: str) -> bool:
    """Whether a host is a socket's folder or this machine's loopback."""
    return host.startswith(("/", "@")) or is_loopback(host)


def explanation(host: str, mode: SslMode) -> str:
    """Return what the mode means for this host."""
    if host.startswith(("/", "@")):
        return "A socket stays inside this machine; it needs no encryption."
    if mode is SslMode.DISABLE and is_loopback(host):
        return "The connection stays inside this machine; it needs no encryption."
    return EXPLANATIONS[mode]


def weakness(host: str, mode: SslMode) -> str | None:
    """Return a warning where the mode is weaker than the way to the host asks for, else None."""
    if not host or is_on_this_machine(host):
        return None
    return _WARNINGS.get(mode)


def needs_authority(mode: SslMode) -> bool:
    """Whether the mode checks the server's certificate, so that a CA is needed."""
    return mode in {SslMode.VERIFY_CA, SslMode.VERIFY_FULL}
