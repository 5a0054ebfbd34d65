"""A stored file that is held open, so that nothing can be put in its place between a look and a use."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_OPEN_FILES = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file as it was opened below its root, for as long as its giver holds it.

    `name` is what it is called, for its ending alone. `descriptor` belongs to the giver; it is None where
    only `path` is known: for a temporary copy that is this account's own, and in a local store on Windows,
    where nothing keeps a folder from being swapped for a link before the path is opened. Its position is
    shared by all who read by it, so one reads at a time.
    """

    name: str
    path: Path | None = None
    descriptor: int | None = None

    def open(self) -> BinaryIO:
        """Return the file from its beginning, for reading; raises OSError."""
        if self.descriptor is None:
            return self.address.open("rb")
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return os.fdopen(os.dup(self.descriptor), "rb")

    @property
    def address(self) -> Path:
        """Return a path by which this process alone finds the file, for libraries that take nothing else."""
        if self.descriptor is not None:
            return _OPEN_FILES / str(self.descriptor)
        if self.path is None:
            raise ValueError("a held file has a descriptor or a path")
        return self.path

    def status(self) -> os.stat_result:
        """Return what the system knows of it; raises OSError."""
        return self.address.stat() if self.descriptor is None else os.fstat(self.descriptor)
