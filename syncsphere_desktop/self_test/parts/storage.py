"""The audio store: a file put into a folder, and read again."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.paths import new_path

_CONTENT = bytes(range(256)) * 4096 + b"end"


def check(folder: Path) -> str:
    """Put a file, read it back, remove it."""
    root = folder / "audio"
    root.mkdir()
    store = LocalStore(root)
    store.check_writable()
    at = new_path(1, "selbsttest ä.wav")
    kept = store.put(io.BytesIO(_CONTENT), at)
    with store.open(at) as file:
        read = file.read()
    if read != _CONTENT or kept.sha256 != hashlib.sha256(_CONTENT).hexdigest():
        raise NotPassedError("What was read again is not what was stored.")
    store.remove(at)
    left = [path.name for path in root.rglob("*") if path.suffix == ".wav"]
    if left:
        raise NotPassedError(f"After its removal there is still {', '.join(left)}.")
    return f"{len(_CONTENT):,} bytes put and got"
