"""Which certificates of a feed's server are trusted."""

from __future__ import annotations

import hashlib
import ssl

from syncsphere_desktop.errors import FeedTrustError
from syncsphere_desktop.feed.endpoint import FeedEndpoint


def context_for(endpoint: FeedEndpoint) -> ssl.SSLContext | None:
    """Return how to encrypt, or None where the address says not to; raises FeedTrustError.

    With a fingerprint, whoever opens the socket compares it by `fingerprint_of` before anything is sent.
    """
    if not endpoint.is_secure:
        return None
    if endpoint.fingerprint is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if endpoint.authorities is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(endpoint.authorities))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise FeedTrustError(
            f"The CA file {endpoint.authorities} of the feed can't be read as PEM certificates.",
            step="tls",
            details=type(error).__name__,
        ) from None


def unchecked_context() -> ssl.SSLContext:
    """Return a context that trusts anybody: to look at a certificate, never to send anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def fingerprint_of(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate in DER, as 64 hex digits."""
    return hashlib.sha256(certificate).hexdigest()
