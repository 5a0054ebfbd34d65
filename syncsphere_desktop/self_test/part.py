"""What a part of the self-test is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Check = Callable[[Path], str]
"""Tries the part in an empty folder of its own and returns what it found, in a few words.

Raises NotPassedError or AppError where the part does not work; whatever else it raises is told as well.
"""


class NotPassedError(Exception):
    """Raised when a part answered, and not as it should; the message is a whole sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name for scripts, its title for people, and the module whose `check` tries it."""

    name: str
    title: str
    module: str
    seconds: float = 60.0
    """How long it may take before it counts as hanging."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a part did: `told` is what it found, or why it failed; `seconds` include its process's start."""

    part: Part
    passed: bool
    told: str
    seconds: float
