"""The times and limits of following a feed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedPacing:
    """Times in seconds, sizes in bytes.

    A socket is replaced after `renew` seconds, before servers that close theirs after some minutes do. Where
    a server closes sooner, it is after four fifths of the shortest life seen, but not below `renew_least`.
    """

    open: float = 10.0
    ping: float = 20.0
    """Between two pings, and how long an answer may take."""
    answer: float = 10.0
    """How long a server may leave a first request unanswered."""
    close: float = 2.0
    renew: float = 240.0
    renew_least: float = 5.0
    poll: float = 5.0
    """Between two requests for a project's state, where the server tells an observer nothing itself."""
    poll_followed: float = 60.0
    """The same where it does."""
    requests: float = 50.0
    """Requests a second over all projects of one socket, at most."""
    retry_first: float = 0.25
    retry_longest: float = 30.0
    steady: float = 10.0
    """How long a socket has to live for the next attempt to start at once again."""
    grace: float = 1.0
    """How long the end of a socket that lived steadily goes unsaid while the next one is opened."""
    batch: float = 0.008
    """Between two batches for the listeners; the first frame after a pause is told at once."""
    frame_size: int = 8 * 2**20
    waiting: int = 20_000
    """Messages kept for the next batch at most."""
    projects_per_socket: int = 100
