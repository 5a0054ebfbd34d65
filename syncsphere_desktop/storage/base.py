"""What every audio store can do, whatever it is made of. All of it blocks, and any thread may call it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from syncsphere_desktop.errors import StoreUnavailableError
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.paths import StorePath, StoreRoot

if TYPE_CHECKING:
    from syncsphere_desktop.domain.sound import Content

ADOPTING = "If it is the right one all the same, the command “audio adopt-storage” makes it this studio's."
"""What to do about a root whose marker is not the expected one."""

BLOCK_BYTES = 1 << 20
"""How much is read, hashed and written at a time."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is in a store. `size` in bytes, `modified` in seconds since 1970.

    The path of a file whose name is not UTF-8 holds surrogates; the database can't hold it.
    """

    path: StorePath
    size: int
    modified: float


def no_bytes(_count: int) -> None:
    """Tell nobody that bytes were stored."""


def go_on() -> None:
    """Neither wait nor stop."""


class Staged(ABC):
    """A whole file in the store under a temporary name, on its way to `path`.

    Ends by `commit` or `discard`; either may be called again without harm. In a `with` block it is discarded
    at the end unless it was committed.
    """

    def __init__(self, path: StorePath, temporary: StorePath, content: Content) -> None:
        self.path = path
        self.temporary = temporary
        self.content = content

    @abstractmethod
    def commit(self) -> None:
        """Give the file its name, durably.

        Raises StoredFileExistsError when the name is taken meanwhile, else StoreUnavailableError. After
        either the file may still be discarded.
        """

    @abstractmethod
    def discard(self) -> None:
        """Remove the temporary file; raises StoreUnavailableError. What was committed stays."""

    def __enter__(self) -> Staged:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.discard()


class AudioStore(ABC):
    """Audio files below one root.

    Every call may raise StoreUnavailableError, and where it takes a path PathOutsideStoreError: no link is
    ever followed below the root. `url` says where the root is, without secrets.
    """

    url: str
    root: StoreRoot

    def __init__(self, *, expected: str | None = None) -> None:
        self._expected = expected

    @property
    def expected(self) -> str | None:
        """The identity that the marker must have: given, or as it was first seen."""
        return self._expected

    def expect(self, identity: str | None) -> None:
        """Take only a root with this identity from now on; None takes any, also one without a marker."""
        self._expected = identity

    def check(self) -> None:
        """Raise StoreUnavailableError unless the root is a folder that we may read, and the expected one.

        Without an expected identity a root without a marker is fine; one that has a marker is expected to
        keep it from then on. Nothing is written.
        """
        self._check_root()
        self._verify(self.identity())

    def check_writable(self) -> None:
        """Check as `check` does, and raise StoreReadOnlyError unless we may write to the root.

        Where only trying can tell, an empty file is written and removed again.
        """
        self.check()
        self._check_writing()

    @abstractmethod
    def is_writable(self) -> bool | None:
        """Whether we may write to the root; None where only trying can tell."""

    @abstractmethod
    def identity(self) -> str | None:
        """Return the id in the root's marker, or None where there is no marker."""

    @abstractmethod
    def mark(self) -> str:
        """Return the id in the root's marker; one is made where there is none.

        Raises StoreUnavailableError when an identity is expected and it is another one or gone.
        """

    def put(
        self,
        source: BinaryIO,
        at: StorePath,
        *,
        on_bytes: Callable[[int], None] = no_bytes,
        check: Callable[[], None] = go_on,
    ) -> Content:
        """Store what `source` still holds, whole and durably or not at all; see `stage`."""
        with self.stage(source, at, on_bytes=on_bytes, check=check) as staged:
            staged.commit()
            return staged.content

    @abstractmethod
    def stage(
        self,
        source: BinaryIO,
        at: StorePath,
        *,
        on_bytes: Callable[[int], None] = no_bytes,
        check: Callable[[], None] = go_on,
        temporary: StorePath | None = None,
    ) -> Staged:
        """Write what `source` still holds beside its place, under a temporary name, durably.

        `on_bytes` is told each block's size once it is written. `check` is called between blocks: it pauses
        by blocking and cancels by raising, and then nothing is left. `temporary` (of `part_path(at)`) lets
        the caller know the name beforehand. Raises FileError when the source can't be read, StoreFullError,
        StoredFileExistsError. A root without a marker gets one.
        """

    def commit_all(self, staged: Sequence[Staged]) -> None:
        """Commit several at once, which is quicker; on an error some of them may have been committed."""
        for one in staged:
            one.commit()

    @abstractmethod
    def open(self, at: StorePath) -> BinaryIO:
        """Open a file for reading; it can seek. Raises StoredFileMissingError."""

    @abstractmethod
    def stat(self, at: StorePath) -> StoredFile | None:
        """Return the file's size and time, or None when there is none."""

    @abstractmethod
    def walk(self) -> Iterator[StoredFile]:
        """Yield all files but the app's own folder and temporary ones, in no order, in bounded memory.

        Links, devices and the like are left out. A folder that can't be read is StoreUnavailableError: what
        is in it would be taken for missing.
        """

    @abstractmethod
    def leftovers(self) -> Iterator[StoredFile]:
        """Yield the temporary files, also those of imports that run at this moment: look at their age."""

    @abstractmethod
    def move(self, a: StorePath, b: StorePath) -> None:
        """Give a file another name, durably; raises StoredFileMissingError, StoredFileExistsError."""

    @abstractmethod
    def remove(self, at: StorePath) -> None:
        """Remove a file, durably; that there is none is fine. Also takes the path of a temporary file."""

    @abstractmethod
    def as_file(
        self, at: StorePath, *, check: Callable[[], None] = go_on
    ) -> AbstractContextManager[HeldFile]:
        """Give the file as one on this machine while a `with` block lasts: itself, or a temporary copy.

        `check` is called between the blocks of copying. Raises StoredFileMissingError.
        """

    @abstractmethod
    def close(self) -> None:
        """Close what connections there are; the store can't be used any more."""

    @abstractmethod
    def _check_root(self) -> None:
        """Raise StoreUnavailableError unless the root is a folder that we may read."""

    @abstractmethod
    def _check_writing(self) -> None:
        """Raise StoreReadOnlyError unless we may write to the root."""

    def _verify(self, identity: str | None) -> None:
        """Raise StoreUnavailableError unless this is the identity we expect; the first one seen is."""
        if self._expected is None:
            self._expected = identity
        elif identity is None:
            raise StoreUnavailableError(
                "The audio storage has lost the mark that tells it from an empty folder: "
                f"it may not be mounted. {ADOPTING}",
                details=f"{self.url}: no marker; expected {self._expected}.",
            )
        elif identity != self._expected:
            raise StoreUnavailableError(
                "This is another studio's audio storage, or another one of this studio: nothing is touched. "
                + ADOPTING,
                details=f"{self.url}: expected {self._expected}, found {identity}.",
                retryable=False,
            )
