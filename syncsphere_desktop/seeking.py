"""The part of a file object that is alike wherever its bytes come from: a size, and a place in it."""

from __future__ import annotations

import io

from syncsphere_desktop.override import override


class SeekableReader(io.RawIOBase):
    """A file of a known size that is read from `at`; whoever inherits has `readinto` and moves `at` on."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self.at

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"a negative position: {base + offset}")
        self.at = base + offset
        return self.at
