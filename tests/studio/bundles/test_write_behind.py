"""Files that are written while more is fetched: whole and in order, and what fails is told."""

from __future__ import annotations

import errno
import io
import os
import threading
from pathlib import Path

import pytest
from typing_extensions import override

from syncsphere_desktop.studio.bundles.write_behind import WriteBehind


class FullAfter(io.FileIO):
    """A file on a disk that has room for so many bytes, and takes little at a time."""

    room = 3_000_000

    @override
    def write(self, data: object, /) -> int:
        block = memoryview(data)[:100_000]  # type: ignore[arg-type]
        if self.tell() + len(block) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(block)


def test_all_blocks_arrive_in_their_order(tmp_path: Path) -> None:
    blocks = [os.urandom(size) for size in (0, 1, 500_000, 7, 2_000_000) * 12]
    with (tmp_path / "out").open("xb", buffering=0) as file:
        behind = WriteBehind(file)
        behind.write(b"an attempt that broke off")
        behind.begin_again()
        for block in blocks:
            assert behind.write(block) == len(block)
        behind.finish()
        behind.close()
        with pytest.raises(ValueError, match="closed"):
            behind.write(b"too late")
    assert (tmp_path / "out").read_bytes() == b"".join(blocks)
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("-behind")]


@pytest.mark.parametrize("blocks", [1, 100])
def test_a_full_disk_is_told_by_a_later_call(tmp_path: Path, blocks: int) -> None:
    with FullAfter(tmp_path / "out", "xb") as file:
        behind = WriteBehind(file)

        def write_all() -> None:
            for _ in range(blocks):
                behind.write(bytes(4_000_000))
            behind.finish()

        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            write_all()
        behind.close()
