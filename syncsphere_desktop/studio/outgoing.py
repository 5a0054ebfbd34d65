"""Files that leave the app or come into it: names that every system takes, and what goes wrong with them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from syncsphere_desktop.errors import AppError, FileError
from syncsphere_desktop.storage.failures import FULL
from syncsphere_desktop.storage.paths import name_of, new_path


def safe_name(text: str) -> str:
    """Return a name that every system takes, as near to `text` as can be."""
    name = name_of(new_path(0, text))
    stem, _dash, rest = name.rpartition("-")  # `new_path` sets 8 random digits between stem and suffix
    return stem + rest[8:]


@contextmanager
def told_as_file_errors(path: Path) -> Iterator[None]:
    """Raise what the system says of a file as a FileError that names it."""
    try:
        yield
    except AppError:
        raise
    except OSError as error:
        reason = "the disk is full" if error.errno in FULL else (error.strerror or str(error)).lower()
        raise FileError(f"{path}: {reason}.", details=str(error)) from error
    except ValueError as error:  # a NUL in the name
        if "null" not in str(error):
            raise
        raise FileError(f"{path!s:.100}: no file can have that name.", details=str(error)) from error


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading, and no pipe, which would be waited on; raises FileError."""
    with told_as_file_errors(path), open(path, "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise FileError(f"{path} is no regular file.")
        yield file


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
