"""Makes the key that signs update manifests, and signs them. Not part of the package.

    sign_manifest.py new-key KEY_FILE
    sign_manifest.py sign --key KEY_FILE --version 0.2.0 --notes notes.txt --page https://… \
        --file linux=dist/app.deb=https://… --days 90 --out updates.json

The private key stays with whoever releases; its public half is pinned in `studio/updates.py`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syncsphere_desktop.domain.updates import FORMAT, SIGNED_AFTER, opened, parsed


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public half as it is pinned in the app."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode("ascii")


def new_key(path: Path) -> Ed25519PrivateKey:
    """Write a new private key, readable by its owner alone; never over one that is there."""
    key = Ed25519PrivateKey.generate()
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(encoded)
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a PEM file."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        sys.exit(f"{path} is no Ed25519 key.")
    return key


def signed(key: Ed25519PrivateKey, document: object) -> bytes:
    """Return a manifest with its signature, as it is published; refuses what the app would refuse."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    signature = key.sign(SIGNED_AFTER + text.encode())
    content = json.dumps(
        {"format": FORMAT, "signed": text, "signature": base64.b64encode(signature).decode("ascii")}
    ).encode()
    parsed(opened(content).signed)
    return content


def described(entry: str) -> tuple[str, dict[str, object]]:
    """Return the system and the facts of `system=path=url`."""
    system, path, url = entry.split("=", 2)
    content = Path(path).read_bytes()
    return system, {"url": url, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("new-key")
    making.add_argument("key", type=Path)
    signing = commands.add_parser("sign")
    signing.add_argument("--key", type=Path, required=True)
    signing.add_argument("--version", required=True)
    signing.add_argument("--notes", type=Path, required=True, help="a text file")
    signing.add_argument("--page", required=True, help="where people download it")
    signing.add_argument("--file", action="append", required=True, help="SYSTEM=PATH=URL")
    signing.add_argument("--days", type=int, default=90, help="how long it is believed")
    signing.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    if chosen.command == "new-key":
        print(public_text(new_key(chosen.key)))
        return
    now = datetime.now(UTC).replace(microsecond=0)
    document = {
        "version": chosen.version,
        "released": now.isoformat(),
        "expires": (now + timedelta(days=chosen.days)).isoformat(),
        "notes": chosen.notes.read_text("utf-8"),
        "page": chosen.page,
        "files": dict(map(described, chosen.file)),
    }
    key = read_key(chosen.key)
    chosen.out.write_bytes(signed(key, document))
    print(f"{chosen.out} is signed; the app believes it with the key {public_text(key)}.")


if __name__ == "__main__":
    main()
