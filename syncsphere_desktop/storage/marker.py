"""The marker in a store's root: it tells the store from an empty folder, and from any other store."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

from syncsphere_desktop.errors import StoreUnavailableError
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
