"""Connections to an SFTP server: one for each call at a time, to a server that proves who it is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.sftp import CMD_DATA, CMD_EXTENDED, CMD_READ, int64

from syncsphere_desktop.errors import StorageError, StoreUnavailableError
from syncsphere_desktop.override import override
from syncsphere_desktop.storage.failures import storage_error

_SYSTEM_HOSTS = Path("/etc/ssh/ssh_known_hosts")
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 60.0
_ALIVE_SECONDS = 30
_FULL_BELOW = 1 << 20
_READ_ONLY = 1  # ST_RDONLY, in the flags that `statvfs` tells
_STATVFS_FIELDS = 11
_REQUEST_BYTES = 32768  # what every server takes
LOST = (paramiko.SSHException, EOFError, ConnectionError, TimeoutError)
"""What is raised when a connection breaks."""


@dataclass(frozen=True, slots=True)
class SftpAddress:
    """Where a server is. `url` is for messages."""

    host: str
    port: int
    user: str | None
    url: str


class SftpSession:
    """One connection, used by one thread at a time.

    `root` is the store's folder without links, once that is known.
    """

    def __init__(self, system: SFTPFileSystem) -> None:
        self._system = system
        self.ftp: paramiko.SFTPClient = system.ftp
        self.root: str | None = None
        self.used = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the connection stands; one that was idle for long is asked."""
        transport = self._system.client.get_transport()
        if transport is None or not transport.is_active():
            return False
        if time.monotonic() - self.used < _ALIVE_SECONDS:
            return True
        try:
            self.ftp.stat("/")
        except (*LOST, OSError):
            return False
        return True

    def make_durable(self, file: paramiko.SFTPFile) -> None:
        """Have the server write the file to its disk, where it offers that."""
        try:
            self._extended("fsync@openssh.com", file.handle)
        except OSError as error:
            if error.errno is not None or "unsupported" not in str(error).lower():
                raise

    def is_full(self, folder: str) -> bool:
        """Whether the server says that it has no room left; False where it can't tell."""
        told = self._file_system(folder)
        return bool(told) and told[1] * told[4] < _FULL_BELOW

    def is_read_only(self, folder: str) -> bool:
        """Whether the server says that its file system takes no writes; False where it can't tell."""
        told = self._file_system(folder)
        return bool(told) and bool(told[9] & _READ_ONLY)

    def _file_system(self, folder: str) -> tuple[int, ...]:
        """Return what the server's `statvfs` tells of a folder, in its order; nothing where it has none."""
        try:
            answer = self._extended("statvfs@openssh.com", folder)
        except (*LOST, OSError):
            return ()
        return tuple(answer.get_int64() for _ in range(_STATVFS_FIELDS))

    def read(self, file: paramiko.SFTPFile, position: int, count: int) -> bytes:
        """Return up to `count` bytes of a file, and none at its end only; raises OSError and LOST.

        All requests are sent before the answers are read. Paramiko's own way does so on a thread, which dies
        loudly when the connection breaks.
        """
        answers = _Answers(self.ftp)
        asked = []
        for start in range(0, count, _REQUEST_BYTES):
            length = min(_REQUEST_BYTES, count - start)
            number = self.ftp._async_request(answers, CMD_READ, file.handle, int64(position + start), length)
            asked.append((number, length))
        while len(answers.data) < len(asked):
            self.ftp._read_response()
        if answers.error is not None:
            raise answers.error
        whole = bytearray()
        for number, length in asked:
            whole += answers.data[number]
            if len(answers.data[number]) < length:  # what follows is no continuation
                break
        return bytes(whole)

    def close(self) -> None:
        """End the connection."""
        with suppress(*LOST, OSError):  # it may be broken already
            self.ftp.close()
        self._system.client.close()

    def _extended(self, name: str, argument: str | bytes) -> Any:
        _kind, answer = self.ftp._request(CMD_EXTENDED, name, argument)
        return answer


class _Answers:
    """Takes the answers to read requests, by the number of the request."""

    def __init__(self, ftp: paramiko.SFTPClient) -> None:
        self._ftp = ftp
        self.data: dict[int, bytes] = {}
        self.error: OSError | None = None

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """Take one answer; paramiko calls it by this name."""
        self.data[number] = b""
        if kind == CMD_DATA:
            self.data[number] = message.get_string()
            return
        try:
            self._ftp._convert_status(message)
        except EOFError:
            return  # the file ends there
        except OSError as error:
            self.error = error


class SftpSessions:
    """Hands out connections and keeps those that are free; thread-safe."""

    def __init__(self, address: SftpAddress, secret: str | None) -> None:
        self._address = address
        self._secret = secret
        self._free: list[SftpSession] = []
        self._lock = threading.Lock()
        self._is_closed = False
        # Paramiko tells each failed attempt with its traceback; what matters of it is in our own errors.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)

    @contextmanager
    def lease(self) -> Iterator[SftpSession]:
        """Give a connection for a `with` block, whose errors become StorageErrors."""
        session = self.take()
        try:
            yield session
        except (*LOST, OSError) as error:
            raise self.ended(session, error) from error
        except StorageError:
            self.give_back(session)
            raise
        except BaseException:  # answers may be under way still, which the next one must not get
            session.close()
            raise
        self.give_back(session)

    def take(self) -> SftpSession:
        """Return a connection, to be given back or ended; raises StoreUnavailableError."""
        while True:
            with self._lock:
                if self._is_closed:
                    raise StoreUnavailableError("The audio storage was closed.", details=self._address.url)
                session = self._free.pop() if self._free else None
            if session is None:
                return self._connected()
            if session.is_alive:
                return session
            session.close()

    def give_back(self, session: SftpSession) -> None:
        """Keep the connection for the next call."""
        session.used = time.monotonic()
        with self._lock:
            if not self._is_closed:
                self._free.append(session)
                return
        session.close()

    def ended(self, session: SftpSession, error: BaseException) -> StorageError:
        """Return what an error of the connection means, and keep the connection if it still stands."""
        if isinstance(error, OSError) and not isinstance(error, LOST) and session.is_alive:
            self.give_back(session)
            return storage_error(error, self._address.url)
        session.close()
        return StoreUnavailableError(
            f"The connection to the audio storage on {self._address.host} broke.", details=str(error)
        )

    def close(self) -> None:
        """End all connections that are free now, and the others when they are given back."""
        with self._lock:
            self._is_closed = True
            free, self._free = self._free, []
        for session in free:
            session.close()

    def _connected(self) -> SftpSession:
        host = self._address.host
        try:
            return SftpSession(_VerifiedSftp(self._address, self._secret))
        except paramiko.BadHostKeyException as error:
            message = f"{host} shows another host key than the known one: somebody may listen in."
            raise StoreUnavailableError(message, details=_key_words(error), retryable=False) from error
        except _UnknownHostError as error:
            message = (
                f"The host key of {host} isn't known. Connect once with ssh, compare the key, accept it."
            )
            raise StoreUnavailableError(message, details=str(error), retryable=False) from error
        except (paramiko.AuthenticationException, paramiko.PasswordRequiredException) as error:
            message = f"{host} doesn't let us in: the user, password or key is not accepted."
            raise StoreUnavailableError(message, details=str(error), retryable=False) from error
        except (*LOST, OSError) as error:
            message = f"The audio storage on {host} can't be reached."
            raise StoreUnavailableError(message, details=str(error)) from error


class _UnknownHostError(paramiko.SSHException):  # type: ignore[misc]
    """Raised when a server is not among the known hosts."""


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    @override
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise _UnknownHostError(f"{hostname}: {key.get_name()} {key.fingerprint}")


class _VerifiedSftp(SFTPFileSystem):  # type: ignore[misc]
    """fsspec's file system, over a connection to a known host only."""

    cachable = False

    def __init__(self, address: SftpAddress, secret: str | None) -> None:
        self._address = address
        super().__init__(
            address.host,
            host_key_policy=_RefuseUnknown,
            port=address.port,
            username=address.user,
            password=secret,
            passphrase=secret,
            timeout=_CONNECT_SECONDS,
            banner_timeout=_CONNECT_SECONDS,
            auth_timeout=_CONNECT_SECONDS,
        )

    @override
    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        if _SYSTEM_HOSTS.is_file():
            self.client.load_system_host_keys(str(_SYSTEM_HOSTS))
        self.client.set_missing_host_key_policy(self.host_key_policy)
        try:
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
        except BaseException:
            self.client.close()
            raise
        self.ftp.get_channel().settimeout(_ANSWER_SECONDS)
        self.client.get_transport().set_keepalive(_ALIVE_SECONDS)


def _key_words(error: paramiko.BadHostKeyException) -> str:
    return f"{error.hostname}: expected {error.expected_key.fingerprint}, got {error.key.fingerprint}"
