"""Looks for a newer version: fetches the manifest, checks its signature, remembers what was seen.

Nothing is downloaded but the manifest, and nothing is run.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syncsphere_desktop import __version__
from syncsphere_desktop.domain.updates import (
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

SOURCE_VARIABLE = "SYNCSPHERE_UPDATES_URL"
PINNED_KEY = "CM7Lw38RujK8yH2B25dWiax2yQ4LDIhZU05prnt3nDw="
"""The public half (Ed25519, base64) of the key that signs manifests: `scripts/sign_manifest.py` made it."""

NO_SOURCE = "No update source is configured, so this app does not look for newer versions."

_SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "macos"}


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
        from syncsphere_desktop.studio.update_fetching import fetch

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
