"""TLS: Python's module, and the authorities that this machine trusts."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from syncsphere_desktop.self_test.part import NotPassedError


def check(_folder: Path) -> str:
    """Count the trusted authorities as a connection would use them."""
    context = ssl.create_default_context()
    loaded = context.cert_store_stats()["x509_ca"]
    found = loaded or _in_folder()  # those of a folder are loaded when a server shows a certificate of theirs
    if not found:
        places = ssl.get_default_verify_paths()
        raise NotPassedError(
            "No trusted authorities are found, so that no server's certificate can be checked; looked in"
            f" {places.openssl_cafile} and {places.openssl_capath}."
        )
    if not ssl.HAS_TLSv1_3:
        raise NotPassedError("The TLS library does not know TLS 1.3.")
    return f"{ssl.OPENSSL_VERSION}, {found} trusted authorities"


def _in_folder() -> int:
    places = ssl.get_default_verify_paths()
    folder = Path(os.environ.get(places.openssl_capath_env, places.openssl_capath))
    return sum(1 for path in folder.iterdir() if path.suffix[1:].isdigit()) if folder.is_dir() else 0
