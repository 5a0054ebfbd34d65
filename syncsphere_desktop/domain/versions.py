"""Versions of the app, and which of two is newer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from typing_extensions import override

from syncsphere_desktop.errors import InputError

_PATTERN = re.compile(
    r"(?P<release>[0-9]{1,6}(?:\.[0-9]{1,6}){0,3})(?:(?P<stage>a|b|rc|\.dev)(?P<number>[0-9]{1,6}))?"
)
_STAGES = (".dev", "a", "b", "rc")
_FINAL = (len(_STAGES), 0)


@dataclass(frozen=True, slots=True, order=True)
class AppVersion:
    """A version such as `0.2.0` or `1.0rc1`; one that is being prepared comes before the one it becomes."""

    release: tuple[int, ...]
    stage: tuple[int, int]
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> AppVersion:
        """Return the version that a text names; raises InputError."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise InputError(f"“{text[:40]}” is no version of this app.", field="version")
        release = [int(part) for part in match["release"].split(".")]
        while release and release[-1] == 0:  # 1.0 and 1.0.0 are the same
            release.pop()
        stage = _FINAL if match["stage"] is None else (_STAGES.index(match["stage"]), int(match["number"]))
        return cls(tuple(release), stage, text)

    @override
    def __str__(self) -> str:
        return self.text
