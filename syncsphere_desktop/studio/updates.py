"""Looks for a newer version: fetches the manifest, checks its signature, remembers what was seen.

Nothing is downloaded but the manifest, and nothing is run.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from typing_extensions import override

from syncsphere_desktop import __version__
from syncsphere_desktop.domain.updates import (
    LARGEST_MANIFEST,
    Manifest,
    Seen,
    Standing,
    UpdateFile,
    is_due,
    judged,
    opened,
    parsed,
    source_address,
)
from syncsphere_desktop.errors import UpdateError
from syncsphere_desktop.settings import UpdateSettings
from syncsphere_desktop.settings_store import SettingsStore

if TYPE_CHECKING:
    from http.client import HTTPMessage

SOURCE_VARIABLE = "SYNCSPHERE_UPDATES_URL"
PINNED_KEY = "CM7Lw38RujK8yH2B25dWiax2yQ4LDIhZU05prnt3nDw="
"""The public half (Ed25519, base64) of the key that signs manifests: `scripts/sign_manifest.py` made it."""

NO_SOURCE = "No update source is configured, so this app does not look for newer versions."

_SECONDS = 10.0
_SECONDS_IN_ALL = 30.0
_BLOCK = 1 << 14
_MOST_REDIRECTS = 3
_SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "macos"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What a check found. `file` is the one for this system, where the manifest names one."""

    standing: Standing
    manifest: Manifest
    running: str = __version__

    @property
    def file(self) -> UpdateFile | None:
        """The file for this system."""
        return self.manifest.files.get(_SYSTEMS.get(sys.platform, sys.platform))


class Updates:
    """Checks for newer versions where a source is configured; what was seen is kept in the settings.

    `key` is the public key to believe, base64.
    """

    def __init__(
        self,
        store: SettingsStore,
        *,
        environment: Mapping[str, str] = os.environ,
        key: str = PINNED_KEY,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._environment = environment
        self._key = key
        self._now = now

    @property
    def settings(self) -> UpdateSettings:
        """Return what is remembered."""
        return self._store.settings.updates

    @property
    def source(self) -> str | None:
        """Return where the manifest is: by the environment, or by the settings; None where nobody said."""
        return self._environment.get(SOURCE_VARIABLE) or self.settings.source

    @property
    def is_due(self) -> bool:
        """Whether the weekly check is wanted and due."""
        settings = self.settings
        return self.source is not None and settings.weekly is True and is_due(settings.checked, self._now())

    @property
    def wants_asking(self) -> bool:
        """Whether nobody said yet if there shall be a weekly check, and there is where to look."""
        return self.source is not None and self.settings.weekly is None

    async def check(self) -> News:
        """Fetch the manifest and say what it tells. Raises UpdateError, SettingsError."""
        source = self.source
        if source is None:
            raise UpdateError(NO_SOURCE)
        content = await asyncio.to_thread(fetch, source_address(source))
        envelope = opened(content)
        verify(self._key, envelope.message, envelope.signature)
        manifest = parsed(envelope.signed)
        settings, now = self.settings, self._now()
        seen = None if settings.seen_version is None else Seen(settings.seen_version, settings.seen_released)
        standing = judged(manifest, now=now, running=__version__, seen=seen, skipped=settings.skipped)
        self._keep(
            replace(
                settings,
                checked=int(now.timestamp()),
                seen_version=str(manifest.version),
                seen_released=int(manifest.released.timestamp()),
            )
        )
        return News(standing, manifest)

    def skip(self, manifest: Manifest) -> None:
        """Tell no more of this version by itself. Raises SettingsError."""
        self._keep(replace(self.settings, skipped=str(manifest.version)))

    def set_weekly(self, *, weekly: bool) -> None:
        """Check once a week, or not. Raises SettingsError."""
        self._keep(replace(self.settings, weekly=weekly))

    def set_source(self, source: str | None) -> None:
        """Look there from now on; None looks nowhere. Raises InputError, SettingsError."""
        self._keep(replace(self.settings, source=None if source is None else source_address(source)))

    def _keep(self, settings: UpdateSettings) -> None:
        self._store.save(replace(self._store.settings, updates=settings))


def verify(key: str, message: bytes, signature: bytes) -> None:
    """Raise UpdateError unless the holder of the key signed the message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, message)
    except InvalidSignature:
        raise UpdateError(
            "The update manifest was not signed by the makers of this app, or was changed on its way."
        ) from None


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
