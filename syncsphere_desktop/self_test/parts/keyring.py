"""The system's keyring, which a machine need not have."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.secret_store import SecretStore, system_keyring


def check(_folder: Path) -> str:
    """Say which keyring is used, or that there is none: passwords live for the session then."""
    told = SecretStore().examine()
    if told is not None:
        return told
    backend = system_keyring()
    return "None." if backend is None else f"{type(backend).__module__.rpartition('.')[2]}"
