"""The store of a studio's audio files, as the database remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KnownStore:
    """A store by the mark in its root. `url` is where it was used last, without secrets."""

    identity: str
    url: str
    since: datetime
