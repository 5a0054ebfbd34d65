"""How much time and memory looking at one file may take."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` of work without any progress, and `memory` in bytes, before a child process is ended.

    Work that reads a whole file goes on as long as it makes progress, but for no more than
    `seconds_per_mib` for each MiB of the file, and ten times `seconds` in any case.
    """

    seconds: float = 5.0
    memory: int = 512 * _MIB
    seconds_per_mib: float = 5.0
    start_seconds: float = 60.0
    """For the child to start and load its libraries, which a cold or busy disk makes slow."""

    idle_seconds: float = 30.0
    """A child that had nothing to do for so long is ended, and its memory given back."""

    def for_whole_file(self, size: int) -> float:
        """Return the seconds that reading all of a file of `size` bytes may take, progress or not."""
        return 10 * self.seconds + self.seconds_per_mib * size / _MIB
