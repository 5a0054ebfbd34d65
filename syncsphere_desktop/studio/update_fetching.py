"""Fetches an update manifest: by https from who shows a trusted certificate, bounded in size and time."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING

from typing_extensions import override

from syncsphere_desktop import __version__
from syncsphere_desktop.domain.updates import LARGEST_MANIFEST
from syncsphere_desktop.errors import UpdateError

if TYPE_CHECKING:
    from http.client import HTTPMessage

_SECONDS = 10.0
_SECONDS_IN_ALL = 30.0
_BLOCK = 1 << 14
_MOST_REDIRECTS = 3


def fetch(url: str) -> bytes:
    """Return what is at an https address, up to the size of a manifest. Blocks. Raises UpdateError."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _OnlyToHttps(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(  # noqa: S310  # the opener knows https alone
        url, headers={"User-Agent": f"syncsphere-desktop/{__version__}", "Accept": "application/json"}
    )
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            return _bounded(answer)
    except UpdateError:
        raise
    except urllib.error.HTTPError as error:
        error.close()
        raise UpdateError(
            f"The update source answers with {error.code}.", details=str(error.reason), retryable=True
        ) from None
    except ssl.SSLError as error:
        raise _untrusted(error) from error
    except (OSError, ValueError) as error:  # URLError is an OSError; a bad answer of HTTP a ValueError
        reason = getattr(error, "reason", None)
        if isinstance(reason, ssl.SSLError):
            raise _untrusted(reason) from error
        raise UpdateError(
            "The update source can't be reached.", details=str(reason or error), retryable=True
        ) from error


def _untrusted(error: ssl.SSLError) -> UpdateError:
    told = getattr(error, "verify_message", "") or error.reason or "no TLS"
    return UpdateError("The update source does not show a certificate that is to be trusted.", details=told)


def _bounded(answer: IO[bytes]) -> bytes:
    deadline, content = time.monotonic() + _SECONDS_IN_ALL, bytearray()
    while block := answer.read(_BLOCK):
        content += block
        if len(content) > LARGEST_MANIFEST:
            raise UpdateError(f"The update manifest is larger than {LARGEST_MANIFEST:,} bytes.")
        if time.monotonic() > deadline:
            raise UpdateError("The update source is too slow.", retryable=True)
    return bytes(content)


class _OnlyToHttps(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, to https alone."""

    max_redirections = _MOST_REDIRECTS
    max_repeats = _MOST_REDIRECTS

    @override
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith("https://"):
            fp.close()
            raise UpdateError("The update source leads to an address that is not https.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
