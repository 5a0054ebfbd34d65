"""How much a feed server takes and keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one server; sizes in bytes, times in seconds.

    A client that sends faster than `frames_a_second` (after `burst` frames at once) is read that slowly.
    One that reads so slowly that `backlog` bytes wait for it is cut off. `session_seconds` closes every
    client after that time, as some deployed servers do; None lets them stay.
    """

    clients: int = 2000
    frame_bytes: int = 1 << 20
    relayed_bytes: int = 1 << 16
    frames_a_second: float = 200.0
    burst: int = 400
    projects_a_client: int = 1000
    backlog: int = 1 << 19
    ping_seconds: float = 20.0
    session_seconds: float | None = None
    flush_seconds: float = 0.01
    reread_seconds: float = 60.0
    beat_seconds: float = 5.0
    missed_beats: int = 4
    drain_seconds: float = 5.0
