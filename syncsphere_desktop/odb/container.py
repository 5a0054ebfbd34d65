"""The ZIP around a project: its directory, and single entries, each within limits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, BinaryIO, TypeVar

from typing_extensions import override

from syncsphere_desktop.errors import BundleError, FileError
from syncsphere_desktop.odb.limits import Limits

T = TypeVar("T")

MAGIC = b"PK"

_MIB = 1 << 20
_BLOCK = 256 * 1024
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What zipfile and zlib raise for a damaged archive. What the file below raises is none of these.
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a bundle. `size` and `packed` in bytes and `crc32` are what the directory claims."""

    name: str
    size: int
    packed: int
    crc32: int


class Container:
    """A ZIP whose directory was read. Nothing is unpacked before it is asked for, and nothing to a disk."""

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        """Read the directory; raises BundleError, and whatever reading the source raises."""
        self._limits = limits
        guarded = _Guarded(source, limits.directory)
        try:
            self._archive = zipfile.ZipFile(guarded)
        except _DAMAGE as error:
            raise BundleError(
                "It is a ZIP without its end or its directory: cut off, or damaged.", details=str(error)
            ) from error
        every = self._archive.infolist()
        if len(every) > limits.entries:
            raise BundleError(f"It has {len(every):,} entries; at most {limits.entries:,} are read.")
        listed = [info for info in every if not info.filename.endswith("/")]
        self._infos = {info.filename: info for info in listed}
        self.entries = tuple(
            Entry(info.filename, info.file_size, info.compress_size, info.CRC) for info in listed
        )
        self.warnings = _warnings(listed)

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def entry(self, name: str) -> Entry | None:
        """Return what the directory says of a name, the last one where it is there more than once."""
        info = self._infos.get(name)
        return None if info is None else Entry(name, info.file_size, info.compress_size, info.CRC)

    def read(self, name: str, limit: int) -> bytes:
        """Return an entry's bytes; raises BundleError when it is absent, damaged, or larger than `limit`."""
        info = self._infos.get(name)
        if info is None:
            raise BundleError(f"It has no entry “{name}”.")
        if info.file_size > limit:
            raise BundleError(f"“{name}” has {info.file_size:,} bytes; at most {limit:,} are read.")
        if info.file_size > _MIB and info.file_size > self._limits.ratio * max(info.compress_size, 1):
            raise BundleError(f"“{name}” claims to be {self._limits.ratio} times larger than packed.")
        with self.open(name) as stream:
            return stream.read()

    def open(self, name: str) -> BinaryIO:
        """Return an entry's bytes as a stream that raises BundleError as soon as they are wrong."""
        info = self._infos.get(name)
        if info is None:
            raise BundleError(f"It has no entry “{name}”.")
        if info.flag_bits & _ENCRYPTED:
            raise BundleError(f"“{name}” is encrypted.")
        if info.compress_type not in _METHODS:
            raise BundleError(
                f"“{name}” is packed by a method ({info.compress_type}) that bundles never use."
            )
        if info.file_size > self._limits.stream:
            raise BundleError(
                f"“{name}” claims {info.file_size:,} bytes; at most {self._limits.stream:,} are read."
            )
        try:
            inner = self._archive.open(info)
        except _DAMAGE as error:
            raise _damaged(name, error) from error
        return io.BufferedReader(_EntryStream(inner, name, info.file_size), _BLOCK)


class _EntryStream(io.RawIOBase):
    """Reads an entry in blocks, and turns each kind of damage into BundleError."""

    def __init__(self, inner: IO[bytes], name: str, size: int) -> None:
        super().__init__()
        self._inner = inner
        self._name = name
        self._missing = size

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # called with this alone
        try:
            block = self._inner.read(min(len(buffer), _BLOCK))
        except _DAMAGE as error:
            raise _damaged(self._name, error) from error
        if not block and self._missing:
            raise BundleError(f"“{self._name}” ends {self._missing:,} bytes too early.")
        self._missing -= len(block)
        buffer[: len(block)] = block
        return len(block)

    @override
    def close(self) -> None:
        self._inner.close()
        super().close()


class _Guarded:
    """Passes reads on to the source, as long as what they ask for can be meant.

    zipfile believes what an archive says of its own directory, and seeks and reads wherever that leads. It
    also takes the troubles of a disk for those of an archive, so they become FileError here.
    """

    def __init__(self, source: BinaryIO, largest_read: int) -> None:
        self._source = source
        self._size = _reached(source.seek, 0, io.SEEK_END)
        self._largest_read = largest_read

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._source.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._source.tell(), io.SEEK_END: self._size}[whence]
        if not 0 <= base + offset <= self._size:
            raise zipfile.BadZipFile("an offset leads out of the file")
        return _reached(self._source.seek, base + offset)

    def read(self, size: int = -1) -> bytes:
        here = self._source.tell()
        rest = self._size - here
        wanted = rest if size < 0 else min(size, rest)
        if wanted > self._largest_read:
            raise BundleError(
                f"Its directory claims {wanted:,} bytes; at most {self._largest_read:,} are read."
            )
        block = _reached(self._source.read, wanted)
        if len(block) < wanted:
            raise zipfile.BadZipFile("the file became shorter")
        return block


def _reached(do: Callable[..., T], *arguments: int) -> T:
    try:
        return do(*arguments)
    except OSError as error:
        raise FileError(f"The bundle can't be read: {error.strerror or error}.") from error


def _damaged(name: str, error: Exception) -> BundleError:
    return BundleError(f"“{name}” is damaged.", details=str(error))


def _warnings(infos: list[zipfile.ZipInfo]) -> tuple[str, ...]:
    told: list[str] = []
    twice = [name for name, times in Counter(info.filename for info in infos).items() if times > 1]
    if twice:
        told.append(f"A name is there more than once: {_listed(twice)}.")
    outside = [info.filename for info in infos if _leads_out(info.filename)]
    if outside:
        told.append(f"A path leads out of the bundle, and is not followed: {_listed(outside)}.")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        told.append("Some of it is encrypted.")
    ends = sorted((info.header_offset, info.header_offset + info.compress_size) for info in infos)
    if any(end > start for (_, end), (start, _) in pairwise(ends)):
        told.append("Some of its entries overlap, which no honest bundle has.")
    return tuple(told)


def _listed(names: list[str]) -> str:
    told = f"“{names[0][:100]}”"
    return told if len(names) == 1 else f"{told} and {len(names) - 1:,} more"


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name[:2] or ".." in name.replace("\\", "/").split("/")
