"""A file that is hashed while it is read."""

from __future__ import annotations

import hashlib
import io
from typing import Any, BinaryIO

from typing_extensions import override

_BLOCK = 1 << 18


class HashingFile(io.RawIOBase):
    """A file whose bytes are hashed as they are read, in whatever order; `digest` reads what was left out.

    What goes on from where hashing stands, or leaves out little, is hashed at once.
    """

    _SMALL_GAP = 1 << 20

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._sha256 = hashlib.sha256()
        self._hashed = 0
        self._at = file.seek(0)

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = self._at if whence == io.SEEK_CUR else 0
        self._at = self._file.seek(base + offset, io.SEEK_END if whence == io.SEEK_END else io.SEEK_SET)
        return self._at

    @override
    def readinto(self, buffer: Any, /) -> int:
        here = self._at
        if 0 < here - self._hashed <= self._SMALL_GAP:
            self._hash_up_to(here)
        self._file.seek(here)
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._at = here + len(block)
        if here <= self._hashed < self._at:
            self._take(block[self._hashed - here :])
        return len(block)

    def digest(self) -> str:
        """Return the sha256 of all of it, in lower-case hex; reads what was not read yet."""
        self._hash_up_to(self._file.seek(0, io.SEEK_END))
        return self._sha256.hexdigest()

    def _hash_up_to(self, end: int) -> None:
        self._file.seek(self._hashed)
        while self._hashed < end:
            block = self._file.read(min(_BLOCK, end - self._hashed))
            if not block:
                return
            self._take(block)

    def _take(self, block: bytes) -> None:
        self._sha256.update(block)
        self._hashed += len(block)
