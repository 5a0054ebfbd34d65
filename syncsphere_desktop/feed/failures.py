"""Says in whole sentences why a feed can't be followed. No sentence repeats what could be a secret."""

from __future__ import annotations

import socket
import ssl

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from syncsphere_desktop.errors import FeedError, FeedRefusedError, FeedTrustError, FeedUnavailableError
from syncsphere_desktop.feed.endpoint import FeedEndpoint

FOREIGN = (OSError, WebSocketException, EOFError)
"""What opening, reading and writing a socket raises when it is the world's fault."""

# OpenSSL's numbers for what is wrong with a certificate.
_NOT_YET_VALID, _EXPIRED = 9, 10
_OF_NOBODY_KNOWN = {2, 18, 19, 20, 21}
_SELF_SIGNED = 18
_WRONG_HOST, _WRONG_ADDRESS = 62, 64

_OTHER_FINGERPRINT = (
    "The feed's server at {0} shows another certificate than the one whose fingerprint is set."
)


def translated(error: Exception, endpoint: FeedEndpoint, *, is_open: bool = True) -> FeedError:
    """Return what a foreign error of opening or following a socket means.

    `is_open` tells whether there was a connection already, encrypted where it should be.
    """
    if isinstance(error, FeedError):
        return error
    place = place_of(endpoint)
    if isinstance(error, ssl.SSLError):
        return _of_tls(error, place, endpoint.host)
    if isinstance(error, ConnectionClosed):
        return _of_close(error, place)
    if isinstance(error, InvalidStatus):
        return _of_status(error.response.status_code, place)
    if isinstance(error, (InvalidHandshake, InvalidMessage, InvalidURI, EOFError)):
        return FeedUnavailableError(
            f"What answers at {place} is no feed: it does not speak WebSocket.",
            step="admit",
            details=type(error).__name__,
        )
    return _of_network(error, place, endpoint, is_open=is_open)


def place_of(endpoint: FeedEndpoint) -> str:
    """Return where a feed is, for people: host and port."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{host}:{endpoint.port}"


def other_fingerprint(endpoint: FeedEndpoint, shown: str) -> FeedTrustError:
    """Return the error for a certificate that is not the pinned one; `shown` is the SHA-256 of what came."""
    return FeedTrustError(
        _OTHER_FINGERPRINT.format(place_of(endpoint)),
        step="tls",
        details=f"SHA-256 of what it shows: {shown}",
    )


def silent(endpoint: FeedEndpoint, seconds: float) -> FeedUnavailableError:
    """Return the error for a server that takes connections and never answers."""
    return FeedUnavailableError(
        f"The feed's server at {place_of(endpoint)} accepts connections but has not answered for"
        f" {seconds:g} seconds.",
        step="answer",
    )


def _of_network(error: Exception, place: str, endpoint: FeedEndpoint, *, is_open: bool) -> FeedError:
    details = f"{type(error).__name__}: {error}"
    if isinstance(error, socket.gaierror):
        return FeedUnavailableError(
            f"The host {endpoint.host} of the feed can't be found.", step="resolve", details=details
        )
    if isinstance(error, TimeoutError):
        step = "admit" if is_open else "reach"
        return FeedUnavailableError(f"The feed's server at {place} does not answer.", step=step)
    if isinstance(error, ConnectionRefusedError):
        return FeedUnavailableError(
            f"Nothing listens at {place}, where the feed should be.", step="reach", details=details
        )
    if isinstance(error, ConnectionError) and endpoint.is_secure and not is_open:
        return FeedUnavailableError(
            f"What listens at {place} broke off before encryption was agreed on: it may not speak TLS.",
            step="tls",
            details=details,
        )
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return FeedUnavailableError(
            f"The feed's server at {place} broke the connection off.", step="admit", details=details
        )
    return FeedUnavailableError(
        f"The feed's server at {place} can't be reached.", step="reach", details=details
    )


def _of_tls(error: ssl.SSLError, place: str, host: str) -> FeedError:
    if not isinstance(error, ssl.SSLCertVerificationError):
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            message = f"What listens at {place} does not encrypt: it may not speak TLS."
        else:
            message = f"No encrypted connection could be agreed on with {place}."
        return FeedUnavailableError(message, step="tls", details=error.reason)
    code = error.verify_code
    if code == _EXPIRED:
        message = f"The certificate of {place} has expired, or this machine's clock is wrong."
    elif code == _NOT_YET_VALID:
        message = f"The certificate of {place} is not valid yet, or this machine's clock is wrong."
    elif code in (_WRONG_HOST, _WRONG_ADDRESS):
        message = f"The certificate that {place} shows is for another host than {host}."
    elif code == _SELF_SIGNED:
        message = f"The certificate of {place} is signed by itself; name it as CA or by its fingerprint."
    elif code in _OF_NOBODY_KNOWN:
        message = f"The certificate of {place} is not signed by an authority that is trusted here."
    else:
        message = f"The certificate of {place} is not to be trusted."
    return FeedTrustError(message, step="tls", details=error.verify_message)


def _of_status(status: int, place: str) -> FeedError:
    details = f"HTTP status {status}"
    if status in (401, 407):
        return FeedRefusedError(
            f"The feed at {place} refuses the token, or wants one.", step="admit", details=details
        )
    if status == 403:
        return FeedRefusedError(f"The feed at {place} refuses this client.", step="admit", details=details)
    if status in (404, 405, 410):
        return FeedRefusedError(
            f"There is a server at {place}, but no feed at this path.", step="admit", details=details
        )
    if status == 429 or status >= 500:
        return FeedUnavailableError(
            f"The feed's server at {place} can't take a client now.", step="admit", details=details
        )
    return FeedRefusedError(
        f"What answers at {place} is no feed: it does not speak WebSocket.", step="admit", details=details
    )


def _of_close(error: ConnectionClosed, place: str) -> FeedError:
    sent, received = error.sent, error.rcvd
    if sent is not None and sent.code == 1009:
        return FeedUnavailableError(
            f"The feed's server at {place} sent a frame that is too large to be read.", details="code 1009"
        )
    if sent is not None and sent.code == 1011 and error.rcvd_then_sent is not True:
        return FeedUnavailableError(
            f"The feed's server at {place} stopped answering.", details="keepalive, code 1011"
        )
    if sent is not None and sent.code in (1002, 1007):
        return FeedUnavailableError(
            f"The feed's server at {place} sent what WebSocket does not allow.", details=f"code {sent.code}"
        )
    if received is not None and received.code == 1008:
        return FeedRefusedError(
            f"The feed's server at {place} closed the connection by a rule of its own.", details="code 1008"
        )
    code = "none" if received is None else str(received.code)
    return FeedUnavailableError(
        f"The feed's server at {place} closed the connection.", details=f"code {code}"
    )
