"""What the system, SSH and S3 say went wrong, as errors of the storage. The one table for it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from syncsphere_desktop.errors import (
    PathOutsideStoreError,
    StorageError,
    StoredFileExistsError,
    StoredFileMissingError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnavailableError,
)

FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
REFUSED = frozenset({errno.EACCES, errno.EPERM})
NO_PATH = frozenset({errno.ENAMETOOLONG, errno.EILSEQ})


@contextmanager
def as_storage_errors(url: str) -> Iterator[None]:
    """Turn each OSError of the block into a StorageError."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, url) from error


def storage_error(error: OSError, url: str) -> StorageError:
    """Return what an OSError means for the storage. Names that are missing or taken are the caller's."""
    details = f"{url}: {error}"
    if error.errno in FULL:
        return StoreFullError("The audio storage is full.", details=details)
    if error.errno == errno.EFBIG:
        return StoreFullError("The audio storage can't hold a file of this size.", details=details)
    if error.errno == errno.EROFS:
        return read_only(details)
    if error.errno in REFUSED:
        return StoreUnavailableError(
            "The audio storage refuses it: the right to read or write there is missing.",
            details=details,
            retryable=False,
        )
    if error.errno == errno.ELOOP:
        return link_in_the_way(details)
    if error.errno in NO_PATH:
        return PathOutsideStoreError("The audio storage can't have a file of this name.", details=details)
    return StoreUnavailableError("The audio storage doesn't answer as it should.", details=details)


def link_in_the_way(details: str) -> PathOutsideStoreError:
    """Return the error of a link where a file or folder is looked for."""
    return PathOutsideStoreError(
        "A link stands in the way. Links in the audio storage are not followed.", details=details
    )


def read_only(details: str) -> StoreReadOnlyError:
    """Return the error of a store that takes no writes."""
    return StoreReadOnlyError(
        "The audio storage can be read but not written to.", details=details, retryable=False
    )


def missing(at: str) -> StoredFileMissingError:
    """Return the error of a file that is not there."""
    return StoredFileMissingError(f"The audio storage has no file {printable(at)}.")


def taken(at: str) -> StoredFileExistsError:
    """Return the error of a name that is taken."""
    return StoredFileExistsError(f"The audio storage has a file {printable(at)} already.")


def printable(text: str) -> str:
    """Return the text in quotes, with whatever can't be shown written as an escape."""
    return f"“{text.encode('utf-8', 'backslashreplace').decode()}”"
