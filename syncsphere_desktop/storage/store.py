"""The audio store of an address: a folder, a server reached by SFTP, or a bucket that speaks S3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from syncsphere_desktop.errors import InputError, StorageError
from syncsphere_desktop.storage.base import BLOCK_BYTES, AudioStore, Staged, StoredFile

__all__ = ["BLOCK_BYTES", "AudioStore", "Staged", "StoredFile", "open_store"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def open_store(url_or_path: str, *, secret: str | None = None, expected: str | None = None) -> AudioStore:
    """Return the store at an absolute folder, `file://`, `sftp://user@host:port/path` or `s3://bucket/prefix`.

    An S3 address may go on with `?endpoint=https://…&region=…`, and begin with the id of the access key as
    its user: `s3://KEYID@bucket`. `secret` is the password, the key's passphrase or the secret access key;
    without one the machine's own keys are used. `expected` is the identity that the root must have. Nothing
    is read or connected to before the first call. Raises InputError for an address that is none, StorageError
    for one that needs a missing extra of the package.
    """
    scheme = _SCHEME.match(url_or_path)
    if scheme is None:
        return _local(url_or_path, expected)
    match scheme[1].lower():
        case "file":
            parts = urlsplit(url_or_path)
            if parts.netloc not in {"", "localhost"}:
                raise InputError("A file:// address names a folder of this machine.", field="storage_url")
            return _local(unquote(parts.path), expected)
        case "sftp":
            with _extra("sftp", "paramiko"):
                from syncsphere_desktop.storage.sftp import SftpStore

            return SftpStore(url_or_path, secret=secret, expected=expected)
        case "s3":
            with _extra("s3", "s3fs"):
                from syncsphere_desktop.storage.s3 import S3Store

            return S3Store(url_or_path, secret=secret, expected=expected)
        case other:
            raise InputError(
                f"Audio storage can't be at {other}://: it is a folder, sftp:// or s3://.",
                field="storage_url",
            )


@contextmanager
def _extra(name: str, library: str) -> Iterator[None]:
    """Say which extra of the package is missing when a library is."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library:
            raise
        raise StorageError(
            f"{name}:// needs the extra “{name}” of this app: install syncsphere-desktop[{name}].",
            details=f"{library} is not installed",
        ) from error


def _local(folder: str, expected: str | None) -> AudioStore:
    from syncsphere_desktop.storage.local import LocalStore

    return LocalStore(folder, expected=expected)
