"""The audio store on a server that is reached by SFTP."""

from __future__ import annotations

import errno
import io
import posixpath
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, ParamSpec
from urllib.parse import unquote

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import (
    InputError,
    StoredFileMissingError,
    StoreFullError,
    StoreUnavailableError,
)
from syncsphere_desktop.override import override
from syncsphere_desktop.storage.base import BLOCK_BYTES, Staged, StoredFile, go_on, no_bytes
from syncsphere_desktop.storage.copying import copied
from syncsphere_desktop.storage.failures import link_in_the_way, missing, read_only, taken
from syncsphere_desktop.storage.marker import MARKER_BYTES, MARKER_PATH, fresh_marker, read_marker
from syncsphere_desktop.storage.paths import (
    OF_THE_SYSTEM,
    OWN_FOLDER,
    StorePath,
    StoreRoot,
    checked_temporary,
    decomposed,
    is_part,
    name_of,
    part_path,
    parts_of,
    usual_form,
)
from syncsphere_desktop.storage.remote import RangedReader, RemoteStaged, RemoteStore, address_parts
from syncsphere_desktop.storage.sftp_sessions import LOST, SftpAddress, SftpSession, SftpSessions

if TYPE_CHECKING:
    import paramiko

_P = ParamSpec("_P")
_PORT = 22
_BROKE = "the connection to the audio storage broke"
_MARKER = StorePath(MARKER_PATH)


class SftpStore(RemoteStore):
    """Files below a folder of a server that is among the known hosts of this account or machine.

    Files are made durable where the server offers it, as OpenSSH does; SFTP has no such call for their names.
    """

    def __init__(self, url: str, *, secret: str | None = None, expected: str | None = None) -> None:
        super().__init__(expected=expected)
        parts = address_parts(url)
        folder = unquote(parts.path)
        if ".." in folder.split("/") or "\0" in folder or not folder.strip("/"):
            raise InputError("The address names no folder of the server.", field="storage_url")
        folder = "/" + posixpath.normpath(folder).strip("/")
        host = parts.hostname or ""
        self.url = f"sftp://{parts.netloc}{parts.path.rstrip('/')}"
        self.root = StoreRoot(tuple(dict.fromkeys((folder, self.url, f"sftp://{host}{folder}"))))
        self._folder = folder
        user = None if parts.username is None else unquote(parts.username)
        self._sessions = SftpSessions(SftpAddress(host, parts.port or _PORT, user, self.url), secret)

    @override
    def identity(self) -> str | None:
        with self._sessions.lease() as session:
            return self._marker(session)

    @override
    def mark(self) -> str:
        with self._sessions.lease() as session:
            return self._claim(session)

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
        try:
            with self._sessions.lease() as session:
                self._claim(session)
                folder = self._folder_for(session, at, make=True)
                if _known(session, f"{folder}/{name_of(at)}") is not None:
                    raise taken(at)
                path = f"{folder}/{name_of(temporary)}"
                content = self._write(session, path, source, _passed_on(on_bytes), _passed_on(check))
                kept = _known(session, path)
        except _CallersError as callers:
            raise callers.error from None
        staged = RemoteStaged(self, at, temporary, content)
        self._proven(staged, None if kept is None else kept.st_size)
        return staged

    @override
    def commit_staged(self, staged: RemoteStaged) -> None:
        self.move(staged.temporary, staged.path)

    @override
    def open(self, at: StorePath) -> BinaryIO:
        session = self._sessions.take()
        try:
            path, _attributes = self._file(session, at)
            file = _SftpReader(self._sessions, session, session.ftp.open(path, "rb", bufsize=0))
        except StoredFileMissingError:
            self._sessions.give_back(session)
            raise
        except (*LOST, OSError) as error:
            raise self._sessions.ended(session, error) from error
        except BaseException:
            session.close()
            raise
        return io.BufferedReader(file, BLOCK_BYTES)

    @override
    def stat(self, at: StorePath) -> StoredFile | None:
        try:
            with self._sessions.lease() as session:
                _path, known = self._file(session, at)
        except StoredFileMissingError:
            return None
        return StoredFile(at, known.st_size or 0, float(known.st_mtime or 0))

    @override
    def leftovers(self) -> Iterator[StoredFile]:
        return (file for file in self._files(own=True) if is_part(name_of(file.path)))

    @override
    def move(self, a: StorePath, b: StorePath) -> None:
        with self._sessions.lease() as session:
            self._claim(session)
            path, _attributes = self._file(session, a)
            target = f"{self._folder_for(session, b, make=True)}/{name_of(b)}"
            try:
                session.ftp.rename(path, target)  # never overwrites, as opposed to `posix_rename`
            except OSError:
                if _known(session, target) is not None:
                    raise taken(b) from None
                raise

    @override
    def remove(self, at: StorePath) -> None:
        with self._sessions.lease() as session:
            self._verify(self._marker(session))
            with suppress(StoredFileMissingError, FileNotFoundError):
                path, _attributes = self._file(session, at)
                session.ftp.remove(path)

    @override
    def close(self) -> None:
        self._sessions.close()

    @override
    def _check_root(self) -> None:
        with self._sessions.lease() as session:
            self._real_root(session)

    @override
    def is_writable(self) -> bool | None:
        with self._sessions.lease() as session:
            return False if session.is_read_only(self._real_root(session)) else None

    @override
    def _check_writing(self) -> None:
        with self._sessions.lease() as session:
            root = self._real_root(session)
            probe = f"{root}/{name_of(part_path(StorePath('probe')))}"
            try:
                session.ftp.open(probe, "wx").close()
                session.ftp.remove(probe)
            except OSError as error:
                # Of a read-only file system the server says no more than "failure".
                if isinstance(error, PermissionError) or session.is_read_only(root):
                    raise read_only(f"{self.url}: {error}") from error
                raise

    def _real_root(self, session: SftpSession) -> str:
        """Return the root without links. It is asked for once a connection."""
        if session.root is None:
            try:
                real = session.ftp.normalize(self._folder)
                is_folder = stat.S_ISDIR(session.ftp.stat(real).st_mode or 0)
            except FileNotFoundError:
                is_folder = False
                real = ""
            if not is_folder:
                raise StoreUnavailableError(f"The folder of the audio storage is not there: {self.url}.")
            session.root = real.rstrip("/")
        return session.root

    def _marker(self, session: SftpSession) -> str | None:
        try:
            path, _attributes = self._file(session, _MARKER)
        except StoredFileMissingError:
            return None
        with session.ftp.open(path, "rb", bufsize=MARKER_BYTES) as file:
            return read_marker(file.read(MARKER_BYTES), self.url)

    def _claim(self, session: SftpSession) -> str:
        """Return the root's identity, the expected one; a root that has none and needs none gets one."""
        identity = self._marker(session)
        if identity is None and self._expected is None:
            folder = self._folder_for(session, _MARKER, make=True)
            temporary = f"{folder}/{name_of(part_path(_MARKER))}"
            self._write(session, temporary, io.BytesIO(fresh_marker()), no_bytes, go_on)
            try:
                session.ftp.rename(temporary, f"{folder}/{name_of(_MARKER)}")
            except OSError:  # another app was quicker: its marker counts
                session.ftp.remove(temporary)
            identity = self._marker(session)
        self._verify(identity)
        if identity is None:
            raise StoreUnavailableError("The audio storage lost its marker this moment.", details=self.url)
        return identity

    def _folder_for(self, session: SftpSession, at: StorePath, *, make: bool = False) -> str:
        """Return the folder a path is in, without a link on the way; `make` what folders are missing."""
        folder = self._real_root(session)
        parts = parts_of(at)[:-1]
        for tried in ("/".join(parts), "/".join(map(decomposed, parts))):
            path = f"{folder}/{tried}" if tried else folder
            with suppress(FileNotFoundError):
                if session.ftp.normalize(path) != path:
                    raise link_in_the_way(f"{self.url}: {at}")
                if stat.S_ISDIR(session.ftp.stat(path).st_mode or 0):
                    return path
        if not make:
            raise missing(at)
        for part in parts:
            folder = f"{folder}/{part}"
            known = _known(session, folder)
            if known is None:
                with suppress(OSError):  # another thread or app may be quicker
                    session.ftp.mkdir(folder)
                known = session.ftp.lstat(folder)
            if stat.S_ISLNK(known.st_mode or 0):
                raise link_in_the_way(f"{self.url}: {at}")
            if not stat.S_ISDIR(known.st_mode or 0):
                raise taken(part)
        return folder

    def _file(self, session: SftpSession, at: StorePath) -> tuple[str, paramiko.SFTPAttributes]:
        """Return where a file is on the server, and what is known of it."""
        folder, name = self._folder_for(session, at), name_of(at)
        for tried in dict.fromkeys((name, decomposed(name))):
            known = _known(session, f"{folder}/{tried}")
            if known is None:
                continue
            if stat.S_ISLNK(known.st_mode or 0):
                raise link_in_the_way(f"{self.url}: {at}")
            if stat.S_ISREG(known.st_mode or 0):
                return f"{folder}/{tried}", known
        raise missing(at)

    def _write(
        self,
        session: SftpSession,
        path: str,
        source: BinaryIO,
        on_bytes: Callable[[int], None],
        check: Callable[[], None],
    ) -> Content:
        """Write a new file, as durably as the server offers, and leave none behind on any error."""
        root = self._real_root(session)
        folder = session.ftp.stat(posixpath.dirname(path))
        file = session.ftp.open(path, "wbx", bufsize=0)
        try:
            try:
                file.chmod(0o600)
                file.set_pipelined(True)
                content = copied(
                    source,
                    lambda block: file.write(bytes(block)),
                    block=self._blocks.take(),
                    on_bytes=on_bytes,
                    check=check,
                )
                file.set_pipelined(False)
                file.chmod(0o600 | ((folder.st_mode or 0) & 0o664))
                session.make_durable(file)
            finally:
                file.close()
        except BaseException as error:
            # The server says no more than "failure"; its room must be looked at before the file is removed.
            is_full = isinstance(error, OSError) and error.errno is None and session.is_full(root)
            with suppress(*LOST, OSError):  # the error that led here says more
                session.ftp.remove(path)
            session.close()  # answers to the writes may be under way still
            if is_full:
                raise StoreFullError("The audio storage is full.", details=self.url) from error
            raise
        return content

    @override
    def _files(self, *, own: bool) -> Iterator[StoredFile]:
        with self._sessions.lease() as session:
            self._verify(self._marker(session))
            root = self._real_root(session)
            waiting = [("", "")]
            while waiting:
                actual, written = waiting.pop()
                try:
                    found = session.ftp.listdir_attr(f"{root}/{actual}")
                except FileNotFoundError:  # it went away
                    continue
                names = {entry.filename for entry in found}
                for entry in found:
                    name = entry.filename
                    if not actual and (name in OF_THE_SYSTEM or (name == OWN_FOLDER and not own)):
                        continue
                    usual = usual_form(name)
                    path = written + (usual if usual == name or usual not in names else name)
                    if stat.S_ISDIR(entry.st_mode or 0):
                        waiting.append((f"{actual}{name}/", f"{path}/"))
                    elif stat.S_ISREG(entry.st_mode or 0):
                        yield StoredFile(StorePath(path), entry.st_size or 0, float(entry.st_mtime or 0))


class _CallersError(Exception):
    """Raised in place of what the caller's own function raised, which must not be taken for the server's."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def _passed_on(call: Callable[_P, None]) -> Callable[_P, None]:
    def guarded(*arguments: _P.args, **named: _P.kwargs) -> None:
        try:
            call(*arguments, **named)
        except BaseException as error:
            raise _CallersError(error) from error

    return guarded


def _known(session: SftpSession, path: str) -> paramiko.SFTPAttributes | None:
    """Return what the server knows of a path, of the link itself where it is one, or None."""
    try:
        return session.ftp.lstat(path)
    except FileNotFoundError:
        return None


class _SftpReader(RangedReader):
    """A file that is read, over a connection of its own until it is closed.

    Each read sends all its requests before it waits for the answers; how many must not grow with the file.
    """

    def __init__(self, sessions: SftpSessions, session: SftpSession, file: paramiko.SFTPFile) -> None:
        super().__init__(file.stat().st_size or 0)
        self._sessions = sessions
        self._session: SftpSession | None = session
        self._file = file

    @override
    def _fetch(self, position: int, count: int) -> bytes:
        if self._session is None:
            raise OSError(errno.EIO, _BROKE)
        try:
            return self._session.read(self._file, position, min(count, BLOCK_BYTES))
        except (*LOST, OSError) as error:
            session, self._session = self._session, None
            session.close()  # answers may be under way still
            raise OSError(errno.EIO, _BROKE) from error

    @override
    def close(self) -> None:
        if not self.closed and self._session is not None:
            session, self._session = self._session, None
            try:
                self._file.close()
            except (*LOST, OSError):
                session.close()
            else:
                self._sessions.give_back(session)
        super().close()
