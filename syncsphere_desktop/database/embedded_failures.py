"""Why the embedded server could not be made or started, in words for the user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncsphere_desktop.errors import LocalStudioError

_SENTENCES = (
    (
        "No space left on device",
        "The disk is full: the local studio in {folder} can't be used until there is room on it.",
    ),
    ("Disk quota exceeded", "Your disk quota is used up: the local studio in {folder} can't grow."),
    (
        "Read-only file system",
        "The local studio's folder {folder} is on a file system that can only be read.",
    ),
    (
        "could not map anonymous shared memory",
        "There is not enough free memory to start the local studio's database server.",
    ),
    (
        "Permission denied",
        "The local studio's folder {folder}, or something in it, belongs to another user of this machine.",
    ),
    (
        "has wrong ownership",
        "The local studio's folder {folder} belongs to another user of this machine.",
    ),
)


def failure_of(said: str, folder: Path) -> LocalStudioError:
    """Return the error for what initdb or the server said before it ended."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line] or lines[-3:]
    details = " / ".join(telling[-3:]) or "It ended without a word."
    for sign, sentence in _SENTENCES:
        if sign in said:
            return LocalStudioError(sentence.format(folder=folder), details=details)
    return LocalStudioError("The local studio's database server could not be started.", details=details)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors about files into LocalStudioError, with the folder in its sentence."""
    try:
        yield
    except OSError as error:
        raise _disk_error(error, folder) from error


def _disk_error(error: OSError, folder: Path) -> LocalStudioError:
    details = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    if error.errno == errno.ENOSPC:
        return LocalStudioError(_SENTENCES[0][1].format(folder=folder), details=details)
    if error.errno == errno.EDQUOT:
        return LocalStudioError(_SENTENCES[1][1].format(folder=folder), details=details)
    if error.errno == errno.EROFS:
        return LocalStudioError(_SENTENCES[2][1].format(folder=folder), details=details)
    if isinstance(error, PermissionError):
        return LocalStudioError(_SENTENCES[4][1].format(folder=folder), details=details)
    return LocalStudioError(f"The local studio's folder {folder} can't be used.", details=details)
