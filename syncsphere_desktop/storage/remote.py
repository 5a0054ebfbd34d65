"""What stores on other machines have in common: addresses without secrets, temporary copies, staged files."""

from __future__ import annotations

import errno
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import InputError, StoreUnavailableError
from syncsphere_desktop.override import override
from syncsphere_desktop.seeking import SeekableReader
from syncsphere_desktop.storage.base import BLOCK_BYTES, AudioStore, Staged, StoredFile, go_on
from syncsphere_desktop.storage.copying import Blocks
from syncsphere_desktop.storage.failures import as_storage_errors
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.paths import StorePath, is_part, name_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LONGEST_SUFFIX = 16


class RemoteStore(AudioStore):
    """A store that is reached over a network: its files are no files of this machine."""

    def __init__(self, *, expected: str | None) -> None:
        super().__init__(expected=expected)
        self._blocks = Blocks()

    @abstractmethod
    def commit_staged(self, staged: RemoteStaged) -> None:
        """Give a staged file its name; raises StoredFileExistsError, StoreUnavailableError."""

    @override
    def is_writable(self) -> bool | None:
        return None

    @override
    @contextmanager
    def as_file(self, at: StorePath, *, check: Callable[[], None] = go_on) -> Iterator[HeldFile]:
        suffix = PurePosixPath(name_of(at)).suffix[:_LONGEST_SUFFIX]
        descriptor, name = tempfile.mkstemp(suffix, "syncsphere-")
        try:
            with os.fdopen(descriptor, "wb") as copy, self.open(at) as stored:
                while True:
                    check()
                    with as_storage_errors(self.url):
                        data = stored.read(BLOCK_BYTES)
                    if not data:
                        break
                    copy.write(data)
            yield HeldFile(name_of(at), Path(name))
        finally:
            Path(name).unlink(missing_ok=True)

    @override
    def walk(self) -> Iterator[StoredFile]:
        return (file for file in self._files(own=False) if not is_part(name_of(file.path)))

    @abstractmethod
    def _files(self, *, own: bool) -> Iterator[StoredFile]:
        """Yield all files, temporary ones too, those in the app's `own` folder only when they are wanted."""

    def _proven(self, staged: Staged, size: int | None) -> None:
        """Raise StoreUnavailableError unless the store has as many bytes as were sent."""
        if size != staged.content.size:
            raise StoreUnavailableError(
                "The audio storage kept another number of bytes than it was sent.",
                details=f"{self.url}: sent {staged.content.size}, kept {size}.",
            )


class RemoteStaged(Staged):
    """A whole file under a temporary name on another machine."""

    def __init__(self, store: RemoteStore, path: StorePath, temporary: StorePath, content: Content) -> None:
        super().__init__(path, temporary, content)
        self._store = store
        self._is_done = False

    @override
    def commit(self) -> None:
        if not self._is_done:
            self._store.commit_staged(self)
            self._is_done = True

    @override
    def discard(self) -> None:
        if not self._is_done:
            self._store.remove(self.temporary)
            self._is_done = True


class RangedReader(SeekableReader, ABC):
    """A file of a known size that is fetched range by range."""

    @abstractmethod
    def _fetch(self, position: int, count: int) -> bytes:
        """Return up to `count` bytes, and at least one; raises OSError."""

    @override
    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        count = min(len(view), self.size - self.at)
        if count <= 0:
            return 0
        data = self._fetch(self.at, count)
        if not data:
            raise OSError(errno.EIO, "the file became shorter while it was read")
        view[: len(data)] = data
        self.at += len(data)
        return len(data)


def address_parts(url: str) -> SplitResult:
    """Return the parts of an address; raises InputError for one that has a password in it or no host."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise InputError("This is no address of an audio storage.", field="storage_url") from None
    if parts.password is not None:
        raise InputError(
            "A password doesn't belong into the address of the audio storage: it would be shown and kept.",
            field="storage_url",
        )
    if not parts.hostname or "\0" in url:
        raise InputError("The address of the audio storage names no host or bucket.", field="storage_url")
    return parts
