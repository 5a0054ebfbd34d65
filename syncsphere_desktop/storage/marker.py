"""The marker in a store's root: it tells the store from an empty folder, and from any other store."""

from __future__ import annotations

import json
import os
from uuid import UUID, uuid4

from syncsphere_desktop.errors import StoreUnavailableError
from syncsphere_desktop.storage.folders import Folder
from syncsphere_desktop.storage.paths import OWN_FOLDER

MARKER_NAME = "store.json"
MARKER_PATH = f"{OWN_FOLDER}/{MARKER_NAME}"
MARKER_BYTES = 4096
"""The most that is read of a marker."""

_VERSION = 1


def fresh_marker() -> bytes:
    """Return the content of a marker with a new identity."""
    document = {"version": _VERSION, "store": str(uuid4()), "by": "SyncSphere Desktop"}
    return (json.dumps(document, indent=2) + "\n").encode()


def read_marker(content: bytes, url: str) -> str:
    """Return the identity in a marker; raises StoreUnavailableError for what is none."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    identity = document.get("store") if isinstance(document, dict) else None
    try:
        return str(UUID(identity))
    except (ValueError, TypeError, AttributeError):
        raise StoreUnavailableError(
            f"The marker of the audio storage ({MARKER_PATH}) is damaged: put it back from a backup.",
            details=url,
            retryable=False,
        ) from None


class FolderMarker:
    """Reads the marker of a root that is a folder; the very file that was read before is not read again.

    Any thread may ask: what they keep for each other is put in place whole.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen: tuple[tuple[int, ...], str] | None = None

    def identity(self, root: Folder) -> str | None:
        """Return the identity, or None where there is no marker; raises OSError, StoreUnavailableError."""
        try:
            with root.child(OWN_FOLDER) as own:
                seen = self._seen
                if seen is not None and seen[0] == _stamp(own.look(MARKER_NAME)):
                    return seen[1]
                with os.fdopen(own.read(MARKER_NAME), "rb") as file:
                    stamp = _stamp(os.fstat(file.fileno()))
                    identity = read_marker(file.read(MARKER_BYTES), self._url)
        except FileNotFoundError:
            return None
        self._seen = stamp, identity
        return identity


def _stamp(known: os.stat_result) -> tuple[int, ...]:
    """Return what another file in its place, or other content, would not have."""
    return known.st_mode, known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns, known.st_ctime_ns
