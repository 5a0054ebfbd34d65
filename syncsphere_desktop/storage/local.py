"""The audio store in a folder of this machine, its own or a mounted one."""

from __future__ import annotations

import os
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import InputError, StoredFileMissingError, StoreUnavailableError
from syncsphere_desktop.override import override
from syncsphere_desktop.storage.base import AudioStore, Staged, StoredFile, go_on, no_bytes
from syncsphere_desktop.storage.copying import Blocks, copied
from syncsphere_desktop.storage.disk_names import actual_name, written_name
from syncsphere_desktop.storage.failures import as_storage_errors, link_in_the_way, missing, read_only, taken
from syncsphere_desktop.storage.folders import (
    DescriptorFolder,
    Entry,
    Folder,
    LinkError,
    PathFolder,
    by_descriptors,
    open_to_others,
)
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.marker import MARKER_NAME, FolderMarker, fresh_marker
from syncsphere_desktop.storage.paths import (
    OF_THE_SYSTEM,
    OWN_FOLDER,
    StorePath,
    StoreRoot,
    checked_temporary,
    folder_of,
    is_part,
    name_of,
    part_path,
    parts_of,
)

_HANDS_ON = sys.platform != "win32"


class LocalStore(AudioStore):
    """Files below a folder. Each call opens the folder anew, so that nothing keeps it from being unmounted.

    What a call does all happens below the folder it found: a root that is unmounted in the middle of it never
    leads to files in the empty folder beneath. No link below the root is followed, and `as_file` gives the
    file that was opened so, not its path. Windows can't work that way: there a link that takes the place of a
    folder between the look at it and the use is not noticed.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        expected: str | None = None,
        open_folder: Callable[[Path], Folder] | None = None,
    ) -> None:
        super().__init__(expected=expected)
        self._folder = Path(folder).expanduser()
        if not self._folder.is_absolute() or "\0" in str(folder):
            raise InputError("The folder of the audio storage is a whole path.", field="storage_url")
        self.url = str(self._folder)
        places = (self.url, os.path.realpath(self._folder))
        self.root = StoreRoot(tuple(dict.fromkeys(places)))
        self._open_folder = open_folder or (DescriptorFolder.at if by_descriptors() else PathFolder.at)
        self._blocks = Blocks()
        self._marked = FolderMarker(self.url)

    @override
    def identity(self) -> str | None:
        with self._opened() as root:
            return self._marker(root)

    @override
    def mark(self) -> str:
        with self._opened() as root:
            return self._claim(root)

    @override
    def stage(
        self,
        source: BinaryIO,
        at: StorePath,
        *,
        on_bytes: Callable[[int], None] = no_bytes,
        check: Callable[[], None] = go_on,
        temporary: StorePath | None = None,
    ) -> Staged:
        temporary = checked_temporary(at, temporary)
        with self._opened() as root:
            self._claim(root)
            with self._within(root, at, make=True) as folder:
                self._refuse_taken(folder, at)
                content = self._write(folder, name_of(temporary), source, on_bytes, check)
        return LocalStaged(self, at, temporary, content)

    @override
    def commit_all(self, staged: Sequence[Staged]) -> None:
        of_folder: defaultdict[str, list[LocalStaged]] = defaultdict(list)
        for one in staged:
            if not isinstance(one, LocalStaged):
                raise TypeError("what another store staged can't be committed here")
            if not one.is_done:
                of_folder[folder_of(one.path)].append(one)
        for members in of_folder.values():
            with self._opened() as root:
                self._verify(self._marker(root))
                with self._within(root, members[0].path) as folder, as_storage_errors(self.url):
                    try:
                        for one in members:
                            one.give_name(folder)
                    finally:
                        folder.sync()

    @override
    def open(self, at: StorePath) -> BinaryIO:
        with self._opened() as root, self._within(root, at) as folder:
            return os.fdopen(self._read(folder, at), "rb")

    @override
    def stat(self, at: StorePath) -> StoredFile | None:
        try:
            with self._opened() as root, self._within(root, at) as folder:
                _name, known = self._file(folder, at)
        except StoredFileMissingError:
            return None
        return StoredFile(at, known.st_size, known.st_mtime)

    @override
    def walk(self) -> Iterator[StoredFile]:
        for path, entry in self._entries(own=False):
            if not is_part(entry.name):
                yield StoredFile(path, entry.size, entry.modified)

    @override
    def leftovers(self) -> Iterator[StoredFile]:
        for path, entry in self._entries(own=True):
            if is_part(entry.name):
                yield StoredFile(path, entry.size, entry.modified)

    @override
    def move(self, a: StorePath, b: StorePath) -> None:
        with self._opened() as root:
            self._claim(root)
            with self._within(root, a) as source:
                name, _known = self._file(source, a)
                with self._within(root, b, make=True) as target, as_storage_errors(self.url):
                    try:
                        source.rename(name, target, actual_name(target, name_of(b)))
                    except FileExistsError:
                        raise taken(b) from None
                    target.sync()
                    source.sync()

    @override
    def remove(self, at: StorePath) -> None:
        with self._opened() as root:
            self._verify(self._marker(root))
            self._require_writable(root)
            try:
                with self._within(root, at) as folder:
                    name, _known = self._file(folder, at)
                    with as_storage_errors(self.url):
                        with suppress(FileNotFoundError):  # somebody else was quicker
                            folder.unlink(name)
                        folder.sync()
            except StoredFileMissingError:
                return

    @override
    @contextmanager
    def as_file(self, at: StorePath, *, check: Callable[[], None] = go_on) -> Iterator[HeldFile]:
        with self._opened() as root, self._within(root, at) as folder:
            descriptor = self._read(folder, at)
            path = folder.path / actual_name(folder, name_of(at))
        try:
            name = name_of(at)
            yield HeldFile(name, descriptor=descriptor) if _HANDS_ON else HeldFile(name, path)
        finally:
            os.close(descriptor)

    @override
    def is_writable(self) -> bool:
        with self._opened() as root:
            return root.is_writable()

    @override
    def close(self) -> None:
        """Nothing is held open between calls."""

    @override
    def _check_root(self) -> None:
        with self._opened() as root:
            if not root.is_readable():
                raise StoreUnavailableError(
                    "The folder of the audio storage may not be read.", details=self.url, retryable=False
                )

    @override
    def _check_writing(self) -> None:
        with self._opened() as root:
            self._require_writable(root)

    @contextmanager
    def _opened(self) -> Iterator[Folder]:
        try:
            root = self._open_folder(self._folder)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreUnavailableError(
                f"The folder of the audio storage is not there: {self.url}.", details=str(error)
            ) from error
        except OSError as error:
            raise StoreUnavailableError(
                f"The folder of the audio storage can't be opened: {self.url}.", details=str(error)
            ) from error
        with root:
            yield root

    def _marker(self, root: Folder) -> str | None:
        with as_storage_errors(self.url):
            return self._marked.identity(root)

    def _require_writable(self, root: Folder) -> None:
        if not root.is_writable():
            raise read_only(self.url)

    def _claim(self, root: Folder) -> str:
        """Return the root's identity, the expected one; a root that has none and needs none gets one.

        For calls that write: raises StoreReadOnlyError.
        """
        self._require_writable(root)
        identity = self._marker(root)
        if identity is None and self._expected is None:
            self._make_marker(root)
            identity = self._marker(root)
        self._verify(identity)
        if identity is None:
            raise StoreUnavailableError("The audio storage lost its marker this moment.", details=self.url)
        return identity

    def _make_marker(self, root: Folder) -> None:
        temporary = name_of(part_path(StorePath(MARKER_NAME)))
        with as_storage_errors(self.url):
            root.make(OWN_FOLDER)
            with root.child(OWN_FOLDER) as own:
                with os.fdopen(own.create(temporary), "wb") as file:
                    file.write(fresh_marker())
                    file.flush()
                    open_to_others(file.fileno(), own)
                    os.fsync(file.fileno())
                try:
                    own.rename(temporary, own, MARKER_NAME)
                except FileExistsError:  # another app was quicker: its marker counts
                    own.unlink(temporary)
                own.sync()

    @contextmanager
    def _within(self, root: Folder, at: StorePath, *, make: bool = False) -> Iterator[Folder]:
        """Open the folder that a path is in; `make` what folders are missing."""
        with ExitStack() as opened:
            folder = root
            with as_storage_errors(self.url):
                for part in parts_of(at)[:-1]:
                    name = actual_name(folder, part)
                    try:
                        inner = folder.child(name)
                    except FileNotFoundError:
                        if not make:
                            raise missing(at) from None
                        folder.make(name)
                        inner = folder.child(name)
                    except NotADirectoryError:
                        raise (taken(part) if make else missing(at)) from None
                    folder = opened.enter_context(inner)
            yield folder

    def _read(self, folder: Folder, at: StorePath) -> int:
        """Open a file for reading and return its descriptor."""
        with as_storage_errors(self.url):
            try:
                return folder.read(actual_name(folder, name_of(at)))
            except (FileNotFoundError, IsADirectoryError):
                raise missing(at) from None

    def _file(self, folder: Folder, at: StorePath) -> tuple[str, os.stat_result]:
        """Return the name that a file has on the disk, and what is known of it."""
        with as_storage_errors(self.url):
            name = actual_name(folder, name_of(at))
            try:
                known = folder.look(name)
            except FileNotFoundError:
                raise missing(at) from None
            if stat.S_ISLNK(known.st_mode):
                raise link_in_the_way(at)
        if not stat.S_ISREG(known.st_mode):
            raise missing(at)
        return name, known

    def _refuse_taken(self, folder: Folder, at: StorePath) -> None:
        with as_storage_errors(self.url), suppress(FileNotFoundError):
            folder.look(actual_name(folder, name_of(at)))
            raise taken(at)

    def _write(
        self,
        folder: Folder,
        name: str,
        source: BinaryIO,
        on_bytes: Callable[[int], None],
        check: Callable[[], None],
    ) -> Content:
        """Write a new file, durably, and leave none behind on any error."""
        with as_storage_errors(self.url):
            descriptor = folder.create(name)

        def write(data: memoryview) -> None:
            with as_storage_errors(self.url):
                while data:
                    data = data[os.write(descriptor, data) :]

        try:
            try:
                content = copied(source, write, block=self._blocks.take(), on_bytes=on_bytes, check=check)
                with as_storage_errors(self.url):
                    open_to_others(descriptor, folder)
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(OSError):  # the error that led here says more; `leftovers` finds the file
                folder.unlink(name)
            raise
        return content

    def _entries(self, *, own: bool) -> Iterator[tuple[StorePath, Entry]]:
        """Yield the files below the root, by the path as it is written and the name on the disk."""
        with self._opened() as root, as_storage_errors(self.url):
            self._verify(self._marker(root))
            waiting: list[tuple[tuple[str, ...], str]] = [((), "")]
            while waiting:
                names, written = waiting.pop()
                with ExitStack() as opened:
                    folder = root
                    try:
                        for name in names:
                            folder = opened.enter_context(folder.child(name))
                    except (FileNotFoundError, NotADirectoryError, LinkError):
                        continue  # it went away, or something else took its place
                    for entry in folder.entries():
                        if not names and (
                            entry.name in OF_THE_SYSTEM or (entry.name == OWN_FOLDER and not own)
                        ):
                            continue
                        path = written + written_name(folder, entry.name)
                        if entry.is_folder:
                            waiting.append(((*names, entry.name), f"{path}/"))
                        elif entry.is_file:
                            yield StorePath(path), entry


class LocalStaged(Staged):
    """A whole file under a temporary name in a folder."""

    def __init__(self, store: LocalStore, path: StorePath, temporary: StorePath, content: Content) -> None:
        super().__init__(path, temporary, content)
        self._store = store
        self.is_done = False

    @override
    def commit(self) -> None:
        self._store.commit_all([self])

    @override
    def discard(self) -> None:
        if not self.is_done:
            self._store.remove(self.temporary)
            self.is_done = True

    def give_name(self, folder: Folder) -> None:
        """Rename the file in its folder, which the caller makes durable. Raises OSError."""
        try:
            folder.rename(name_of(self.temporary), folder, actual_name(folder, name_of(self.path)))
        except FileExistsError:
            raise taken(self.path) from None
        self.is_done = True
