"""Files to be imported, read without trusting them: they may change, vanish, or be no files at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from syncsphere_desktop.errors import FileError
from syncsphere_desktop.storage.base import BLOCK_BYTES, go_on
from syncsphere_desktop.studio.audio_import.plan import FileStamp

_SAMPLE_BYTES = 4096
_REASONS = {
    errno.ENOENT: "It isn't there.",
    errno.ENOTDIR: "It isn't there.",
    errno.EACCES: "There is no right to read it.",
    errno.EPERM: "There is no right to read it.",
    errno.ELOOP: "It's a link that leads in a circle.",
    errno.ENAMETOOLONG: "Its path is too long to be opened.",
}


def unreadable(error: OSError) -> str:
    """Return why a file or folder can't be read, as a sentence that names no file."""
    known = _REASONS.get(error.errno or 0)
    return known or f"It can't be read: {error.strerror or error}."


def kind(mode: int) -> str:
    """Return what something that is no regular file is, as a sentence."""
    if stat.S_ISLNK(mode):
        return "It's a link; links in folders are not followed."
    if stat.S_ISFIFO(mode):
        return "It's a pipe, no file."
    if stat.S_ISSOCK(mode):
        return "It's a socket, no file."
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
        return "It's a device, no file."
    return "It's no regular file."


def stamp_of(known: os.stat_result) -> FileStamp:
    """Return the stamp of a file from what the system says of it."""
    return FileStamp(known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns, known.st_ctime_ns)


def opened(path: Path) -> BinaryIO:
    """Open a regular file for reading; never waits on a pipe. Raises FileError with a reason."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise FileError(unreadable(error), details=str(error)) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise FileError("It's a folder." if stat.S_ISDIR(mode) else kind(mode))
    return os.fdopen(descriptor, "rb", buffering=0)


def open_stamp(stream: BinaryIO) -> FileStamp:
    """Return the stamp of an open file."""
    return stamp_of(os.fstat(stream.fileno()))


def sha256_of(stream: BinaryIO, *, check: Callable[[], None] = go_on) -> str:
    """Return the hash of what a stream still holds, in lower-case hex; `check` is called between blocks.

    Raises FileError when it can't be read.
    """
    digest = hashlib.sha256()
    while True:
        check()
        data = read(stream, BLOCK_BYTES)
        if not data:
            return digest.hexdigest()
        digest.update(data)


def sample_of(stream: BinaryIO, size: int) -> bytes:
    """Return a digest of three short stretches of a file: where it differs, so does the content.

    Raises FileError when it can't be read.
    """
    digest = hashlib.sha256()
    for position in (0, size // 2, max(0, size - _SAMPLE_BYTES)):
        try:
            stream.seek(position)
        except OSError as error:
            raise FileError(unreadable(error), details=str(error)) from error
        digest.update(read(stream, _SAMPLE_BYTES))
    return digest.digest()


def read(stream: BinaryIO, count: int) -> bytes:
    """Return at most `count` bytes, fewer at the end alone; raises FileError."""
    data = b""
    try:
        while len(data) < count:
            more = stream.read(count - len(data))
            if not more:
                break
            data = data + more if data else more
    except OSError as error:
        raise FileError(unreadable(error), details=str(error)) from error
    return data
