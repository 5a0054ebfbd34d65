"""Open folders on this machine, below which no link is ever followed.

Two ways of the same: by descriptors where the system can work relative to them, so that nobody can swap a
folder for a link in between, and by paths elsewhere (Windows). Both raise plain OSErrors.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from syncsphere_desktop.storage.renaming import rename_new

_OPEN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | _OPEN | getattr(os, "O_DIRECTORY", 0)
_READ = os.O_RDONLY | _OPEN | _NO_LINK | getattr(os, "O_NONBLOCK", 0)  # a FIFO must not block
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN | _NO_LINK


class LinkError(OSError):
    """Raised when a link stands where a folder or file is looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds: a regular file, a folder, or neither of them."""

    name: str
    is_file: bool
    is_folder: bool
    size: int
    modified: float


class Folder(Protocol):
    """An open folder; close it, or use it in a `with` block. Names are single parts of a path."""

    @property
    def path(self) -> Path:
        """Where it was when it was opened."""

    def child(self, name: str) -> Self:
        """Open the folder in it; raises LinkError."""

    def make(self, name: str) -> None:
        """Make a folder in it, as accessible as itself; that there is one is fine."""

    def read(self, name: str) -> int:
        """Open a file for reading and return its descriptor; raises LinkError, IsADirectoryError."""

    def create(self, name: str) -> int:
        """Make a file for its owner alone and return its descriptor, open for writing."""

    def look(self, name: str) -> os.stat_result:
        """Return what is known of a name, of the link itself where it is one."""

    def entries(self) -> Iterator[Entry]:
        """Yield what is in it, in no order; links are neither files nor folders."""

    def rename(self, name: str, target: Self, new: str) -> None:
        """Move a file to another folder, in one step; raises FileExistsError where there is one."""

    def unlink(self, name: str) -> None:
        """Remove a file."""

    def sync(self) -> None:
        """Make the names in it durable."""

    def mode(self) -> int:
        """Return its permission bits."""

    def is_readable(self) -> bool:
        """Whether the files in it can be listed and opened."""

    def is_writable(self) -> bool:
        """Whether files can be made in it."""

    def close(self) -> None:
        """Close it."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class DescriptorFolder:
    """A folder by its descriptor; the way for POSIX systems."""

    def __init__(self, descriptor: int, path: Path, names: tuple[str, ...] = ()) -> None:
        self._descriptor = descriptor
        self._path = path
        self._names = names  # put together when it is asked for: that takes longer than to open the folder

    @property
    def path(self) -> Path:
        return self._path.joinpath(*self._names)

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the folder at a path, following links on the way to it."""
        return cls(os.open(path, _FOLDER), path)

    def child(self, name: str) -> Self:
        try:
            descriptor = os.open(name, _FOLDER | _NO_LINK, dir_fd=self._descriptor)
        except OSError as error:
            raise self._as_link(error, name) from None
        return type(self)(descriptor, self._path, (*self._names, name))

    def make(self, name: str) -> None:
        try:
            os.mkdir(name, self.mode(), dir_fd=self._descriptor)
        except FileExistsError:
            return
        self.sync()

    def read(self, name: str) -> int:
        try:
            descriptor = os.open(name, _READ, dir_fd=self._descriptor)
        except OSError as error:
            raise self._as_link(error, name) from None
        return _regular(descriptor, name)

    def create(self, name: str) -> int:
        return os.open(name, _CREATE, 0o600, dir_fd=self._descriptor)

    def look(self, name: str) -> os.stat_result:
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def entries(self) -> Iterator[Entry]:
        # A duplicate shares its position with the original, so that a second look would see nothing.
        descriptor = os.open(".", _FOLDER, dir_fd=self._descriptor)
        try:
            with os.scandir(descriptor) as found:
                yield from _entries(found)
        finally:
            os.close(descriptor)

    def rename(self, name: str, target: Self, new: str) -> None:
        rename_new(name, new, self._descriptor, target._descriptor)

    def unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self._descriptor)

    def sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise

    def mode(self) -> int:
        return stat.S_IMODE(os.fstat(self._descriptor).st_mode) & 0o777

    def is_readable(self) -> bool:
        return os.access(".", os.R_OK | os.X_OK, dir_fd=self._descriptor)

    def is_writable(self) -> bool:
        return os.access(".", os.W_OK | os.X_OK, dir_fd=self._descriptor)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _as_link(self, error: OSError, name: str) -> OSError:
        """Return the error, or a LinkError: systems differ in what they say of a link."""
        try:
            is_link = stat.S_ISLNK(self.look(name).st_mode)
        except OSError:
            return error
        return LinkError(errno.ELOOP, "A link is not followed", name) if is_link else error


class PathFolder:
    """A folder by its path, looked at for links at each step; the way for Windows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        return self._path

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the folder at a path, following links on the way to it."""
        resolved = path.resolve(strict=True)
        if not resolved.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        return cls(resolved)

    def child(self, name: str) -> Self:
        path = self._checked(name)
        if not stat.S_ISDIR(path.lstat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return type(self)(path)

    def make(self, name: str) -> None:
        (self._path / name).mkdir(self.mode(), exist_ok=True)
        self.sync()

    def read(self, name: str) -> int:
        path = self._checked(name)
        if stat.S_ISDIR(path.lstat().st_mode):  # can't be opened on Windows, which calls that a lack of right
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        return _regular(os.open(path, _READ), name)

    def create(self, name: str) -> int:
        return os.open(self._path / name, _CREATE, 0o600)

    def look(self, name: str) -> os.stat_result:
        return (self._path / name).lstat()

    def entries(self) -> Iterator[Entry]:
        with os.scandir(self._path) as found:
            yield from _entries(found)

    def rename(self, name: str, target: Self, new: str) -> None:
        rename_new(str(self._path / name), str(target._path / new))

    def unlink(self, name: str) -> None:
        (self._path / name).unlink()

    def sync(self) -> None:
        if sys.platform == "win32":  # a folder can't be opened there; its changes are journaled
            return
        with DescriptorFolder.at(self._path) as folder:
            folder.sync()

    def mode(self) -> int:
        return stat.S_IMODE(self._path.stat().st_mode) & 0o777

    def is_readable(self) -> bool:
        return os.access(self._path, os.R_OK | os.X_OK)

    def is_writable(self) -> bool:
        return os.access(self._path, os.W_OK | os.X_OK)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _checked(self, name: str) -> Path:
        path = self._path / name
        if path.is_symlink() or (path.exists() and path.resolve() != path and _differs(path)):
            raise LinkError(errno.ELOOP, "A link is not followed", name)
        return path


def by_descriptors() -> bool:
    """Whether this system can work relative to an open folder."""
    needed = {os.open, os.stat, os.mkdir, os.unlink}
    return needed <= os.supports_dir_fd and os.scandir in os.supports_fd


def open_to_others(descriptor: int, folder: Folder) -> None:
    """Let those read a file who may read its folder; the studio's other services are among them."""
    if hasattr(os, "fchmod"):
        with suppress(OSError):  # mounts of some kinds give all files the same mode and refuse another
            os.fchmod(descriptor, 0o600 | (folder.mode() & 0o664))


_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)  # some network file systems have none


def _entries(found: Iterator[os.DirEntry[str]]) -> Iterator[Entry]:
    for entry in found:
        try:
            is_folder = entry.is_dir(follow_symlinks=False) and not _is_junction(entry)
            is_file = entry.is_file(follow_symlinks=False)
            known = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # it went away while we looked
            continue
        yield Entry(entry.name, is_file, is_folder, known.st_size, known.st_mtime)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    return bool(getattr(entry, "is_junction", lambda: False)())


def _differs(path: Path) -> bool:
    """Whether a path resolves to another place, as a junction does, and not only to another spelling."""
    return not os.path.samestat(path.lstat(), path.resolve().lstat())


def _regular(descriptor: int, name: str) -> int:
    """Return the descriptor of a regular file; closes any other and raises FileNotFoundError for it."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    kind = errno.EISDIR if stat.S_ISDIR(mode) else errno.ENOENT
    raise OSError(kind, os.strerror(kind), name)
