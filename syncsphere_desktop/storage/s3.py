"""The audio store in a bucket that speaks S3."""

from __future__ import annotations

import errno
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote

from s3fs import S3FileSystem

from syncsphere_desktop.errors import (
    InputError,
    StorageError,
    StoreFullError,
    StoreUnavailableError,
)
from syncsphere_desktop.override import override
from syncsphere_desktop.storage.base import Staged, StoredFile, go_on, no_bytes
from syncsphere_desktop.storage.copying import copied
from syncsphere_desktop.storage.failures import missing, read_only, taken
from syncsphere_desktop.storage.marker import MARKER_BYTES, MARKER_PATH, fresh_marker, read_marker
from syncsphere_desktop.storage.paths import (
    OWN_FOLDER,
    StorePath,
    StoreRoot,
    checked_temporary,
    decomposed,
    is_part,
    name_of,
    part_path,
    parts_of,
)
from syncsphere_desktop.storage.remote import RangedReader, RemoteStaged, RemoteStore, address_parts

_PART_BYTES = 8 << 20
"""What is sent at a time; S3 takes 10,000 of them, so files of up to 78 GiB."""

_MARKER = StorePath(MARKER_PATH)
_FULL = ("StorageFull", "QuotaExceeded", "InsufficientStorage", "(507)")
_SETTINGS: dict[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 60,
    "retries": {"max_attempts": 3, "mode": "standard"},
    # Some servers send the whole file's checksum with a part of it. What we read is proven by its sha256.
    "response_checksum_validation": "when_required",
}


class S3Store(RemoteStore):
    """Files below a prefix of a bucket. That what is there is whole and durable is S3's own promise.

    A commit is a copy within the bucket. That a name is free is looked up before: S3 has no such rename.
    """

    def __init__(self, url: str, *, secret: str | None = None, expected: str | None = None) -> None:
        super().__init__(expected=expected)
        parts = address_parts(url)
        options = parse_qs(parts.query, keep_blank_values=True)
        if set(options) - {"endpoint", "region"} or any(len(values) > 1 for values in options.values()):
            raise InputError("An S3 address can have one endpoint and one region.", field="storage_url")
        self._bucket = parts.netloc.rpartition("@")[2]
        prefix = "/".join(part for part in unquote(parts.path).split("/") if part)
        if any(part in {".", ".."} for part in prefix.split("/")):
            raise InputError("The address names no place in the bucket.", field="storage_url")
        self._prefix = f"{prefix}/" if prefix else ""
        self.url = url.partition("#")[0]
        self.root = StoreRoot((f"s3://{self._bucket}/{prefix}".rstrip("/"),))
        self._key_id = None if parts.username is None else unquote(parts.username)
        self._secret = secret
        self._endpoint = options.get("endpoint", [None])[0]
        self._region = options.get("region", [None])[0]
        self._lock = threading.Lock()
        self._marking = threading.Lock()
        self._made: Any = None

    @override
    def identity(self) -> str | None:
        with self._failing():
            try:
                known = self._head(self._path(_MARKER))
                if not known["ContentLength"]:  # no range of nothing can be asked for
                    return read_marker(b"", self.url)
                content = self._system.cat_file(self._path(_MARKER), start=0, end=MARKER_BYTES)
            except FileNotFoundError:
                return None
        return read_marker(content, self.url)

    @override
    def mark(self) -> str:
        with self._marking:  # or the threads of this app would each make their own
            identity = self.identity()
            if identity is None and self._expected is None:
                self._make_marker()
                identity = self.identity()
            self._verify(identity)
        if identity is None:
            raise StoreUnavailableError("The audio storage lost its marker this moment.", details=self.url)
        return identity

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
        if self._expected is None or self.identity() != self._expected:
            self.mark()
        if self.stat(at) is not None:
            raise taken(at)
        with self._failing():
            file = self._system.open(self._path(temporary), "wb", block_size=_PART_BYTES)

        def write(block: memoryview) -> None:
            with self._failing():
                file.write(bytes(block))

        try:
            content = copied(source, write, block=self._blocks.take(), on_bytes=on_bytes, check=check)
            with self._failing():
                file.close()
        except BaseException:
            self._abandon(file, temporary)
            raise
        staged = RemoteStaged(self, at, temporary, content)
        self._proven(staged, self._size(temporary))
        return staged

    @override
    def commit_staged(self, staged: RemoteStaged) -> None:
        self.move(staged.temporary, staged.path)
        self._proven(staged, self._size(staged.path))

    @override
    def open(self, at: StorePath) -> BinaryIO:
        key, known = self._found(at)
        return io.BufferedReader(_S3Reader(self._system, key, known.size), _PART_BYTES)

    @override
    def stat(self, at: StorePath) -> StoredFile | None:
        for key in dict.fromkeys((self._path(at), self._path(StorePath(decomposed(at))))):
            with self._failing():
                try:
                    known = self._head(key)
                except FileNotFoundError:
                    continue
            return StoredFile(at, known["ContentLength"], known["LastModified"].timestamp())
        return None

    @override
    def leftovers(self) -> Iterator[StoredFile]:
        yield from (file for file in self._files(own=True) if is_part(name_of(file.path)))
        for upload in self._uploads(self._prefix):
            path = StorePath(upload["Key"][len(self._prefix) :])
            if is_part(name_of(path)):
                yield StoredFile(path, 0, upload["Initiated"].timestamp())

    @override
    def move(self, a: StorePath, b: StorePath) -> None:
        key, known = self._found(a)
        self.mark()
        if self.stat(b) is not None:
            raise taken(b)
        with self._failing():
            self._system.cp_file(key, self._path(b))
        if self._size(b) != known.size:
            raise StoreUnavailableError("The audio storage didn't copy the whole file.", details=self.url)
        with self._failing():
            self._system.rm_file(key)

    @override
    def remove(self, at: StorePath) -> None:
        self._verify(self.identity())
        with self._failing():
            for key in dict.fromkeys((self._path(at), self._path(StorePath(decomposed(at))))):
                with suppress(FileNotFoundError):
                    self._head(key)
                    self._system.rm_file(key)
                    break
        if is_part(name_of(at)):
            self._abort_uploads(at)

    @override
    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None and made._s3 is not None:
            made.close_session(made.loop, made._s3)

    @override
    def _check_root(self) -> None:
        with self._failing():
            try:
                self._system.call_s3("head_bucket", Bucket=self._bucket)
            except FileNotFoundError as error:
                raise StoreUnavailableError(
                    f"There is no bucket “{self._bucket}”.", details=str(error), retryable=False
                ) from error

    @override
    def _check_writing(self) -> None:
        probe = self._path(part_path(_MARKER))
        with self._failing():
            try:
                self._system.pipe_file(probe, b"")
                self._system.rm_file(probe)
            except PermissionError as error:
                raise read_only(f"{self.url}: {error}") from error

    @property
    def _system(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = S3FileSystem(
                    key=self._key_id,
                    secret=self._secret if self._key_id is not None else None,
                    endpoint_url=self._endpoint,
                    client_kwargs={} if self._region is None else {"region_name": self._region},
                    config_kwargs=_SETTINGS,
                    use_listings_cache=False,
                    skip_instance_cache=True,
                    default_fill_cache=False,
                )
            return self._made

    def _make_marker(self) -> None:
        """Write a marker if there is none; where a server ignores that condition, the last of two counts."""
        with self._failing():
            try:
                self._system.pipe_file(self._path(_MARKER), fresh_marker(), mode="create")
            except OSError as error:
                if not isinstance(error, FileExistsError) and "condition" not in str(error).lower():
                    raise

    def _path(self, at: StorePath) -> str:
        return f"{self._bucket}/{self._prefix}{'/'.join(parts_of(at))}"

    def _head(self, path: str) -> dict[str, Any]:
        bucket, _, key = path.partition("/")
        known: dict[str, Any] = self._system.call_s3("head_object", Bucket=bucket, Key=key)
        return known

    def _found(self, at: StorePath) -> tuple[str, StoredFile]:
        """Return where a file is in the bucket, and what is known of it."""
        for path in dict.fromkeys((at, StorePath(decomposed(at)))):
            known = self.stat(path)
            if known is not None:
                return self._path(path), known
        raise missing(at)

    def _size(self, at: StorePath) -> int | None:
        known = self.stat(at)
        return None if known is None else known.size

    def _pages(self, operation: str, asked: dict[str, Any], following: dict[str, str]) -> Iterator[Any]:
        """Yield the pages of a listing; `following` says which part of an answer asks for the next one."""
        while True:
            with self._failing():
                try:
                    page = self._system.call_s3(operation, Bucket=self._bucket, **asked)
                except FileNotFoundError as error:
                    if "NoSuchUpload" in str(error):  # what some servers say when there is none
                        return
                    raise
            yield page
            if not page.get("IsTruncated"):
                return
            asked |= {name: page[answer] for name, answer in following.items() if page.get(answer)}

    @override
    def _files(self, *, own: bool) -> Iterator[StoredFile]:
        self._verify(self.identity())
        asked = {"Prefix": self._prefix}
        for page in self._pages("list_objects_v2", asked, {"ContinuationToken": "NextContinuationToken"}):
            for found in page.get("Contents", ()):
                path = found["Key"][len(self._prefix) :]
                if path.endswith("/") or (path.startswith(f"{OWN_FOLDER}/") and not own):
                    continue  # the first is how some programs make a folder
                yield StoredFile(StorePath(path), found["Size"], found["LastModified"].timestamp())

    def _uploads(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the uploads that were begun and neither completed nor given up."""
        following = {"KeyMarker": "NextKeyMarker", "UploadIdMarker": "NextUploadIdMarker"}
        for page in self._pages("list_multipart_uploads", {"Prefix": prefix}, following):
            yield from page.get("Uploads", ())

    def _abort_uploads(self, at: StorePath) -> None:
        key = f"{self._prefix}{at}"
        for upload in self._uploads(key):
            if upload["Key"] == key:
                with self._failing(), suppress(FileNotFoundError):
                    self._system.call_s3(
                        "abort_multipart_upload", Bucket=self._bucket, Key=key, UploadId=upload["UploadId"]
                    )

    def _abandon(self, file: Any, temporary: StorePath) -> None:
        """Give up a file that is being written, so that closing it later sends nothing."""
        with suppress(StorageError):  # the error that led here says more
            with self._failing():
                file.discard()
            file.closed = True
            self.remove(temporary)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn errors of the block into StorageErrors, but for FileNotFoundErrors within it."""
        from aiohttp import ClientError as AiohttpError
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except NoCredentialsError as error:
            raise StoreUnavailableError(
                "There is no key for the audio storage: give its id in the address, and its secret.",
                details=self.url,
                retryable=False,
            ) from error
        except (OSError, BotoCoreError, ClientError, AiohttpError) as error:
            details = f"{self.url}: {error}"
            if any(word in str(error) for word in _FULL):
                raise StoreFullError("The audio storage is full.", details=details) from error
            if isinstance(error, PermissionError):
                raise StoreUnavailableError(
                    "The audio storage refuses the key, or the key lacks the right to read or write there.",
                    details=details,
                    retryable=False,
                ) from error
            raise StoreUnavailableError("The audio storage can't be reached.", details=details) from error


class _S3Reader(RangedReader):
    """A file that is read in ranges, by its key."""

    def __init__(self, system: Any, path: str, size: int) -> None:
        super().__init__(size)
        self._system = system
        self._path = path

    @override
    def _fetch(self, position: int, count: int) -> bytes:
        from aiohttp import ClientError as AiohttpError
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            data: bytes = self._system.cat_file(self._path, start=position, end=position + count)
        except (OSError, BotoCoreError, ClientError, AiohttpError) as error:
            raise OSError(errno.EIO, "the audio storage can't be reached") from error
        return data
