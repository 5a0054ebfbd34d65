"""When a socket is to be replaced, and how long to wait before another attempt."""

from __future__ import annotations

import random

from syncsphere_desktop.feed.pacing import FeedPacing

_SHARE = 0.8
_ALIKE = 0.25
_GROWTH = 1.25


class Lifetime:
    """Learns how long a server lets a socket live, to have the next one before it closes the last.

    Two lives in a row that were ended alike, by the server, count as its habit; a socket that lived until it
    was replaced makes the next wait longer again.
    """

    def __init__(self, pacing: FeedPacing) -> None:
        self._pacing = pacing
        self._seconds = pacing.renew
        self._last: float | None = None

    @property
    def seconds(self) -> float:
        """Return after how long to replace a socket."""
        return self._seconds

    def jittered(self) -> float:
        """Return the same, up to a tenth sooner: many clients shall not all come at one moment."""
        return self._seconds * random.uniform(0.9, 1.0)  # noqa: S311  # no secret

    def ended(self, age: float) -> None:
        """Note that the server ended a socket at this age."""
        last, self._last = self._last, age
        if last is not None and abs(age - last) <= _ALIKE * max(age, last):
            self._seconds = min(self._seconds, max(self._pacing.renew_least, _SHARE * min(age, last)))

    def renewed(self) -> None:
        """Note that a socket lived until it was replaced."""
        self._last = None
        self._seconds = min(self._pacing.renew, self._seconds * _GROWTH)


class Backoff:
    """The waits between attempts: at once after a steady life, then doubling, each with jitter."""

    def __init__(self, pacing: FeedPacing) -> None:
        self._pacing = pacing
        self._failures = 0

    def reset(self) -> None:
        """Begin anew: a socket lived steadily, or the network is back."""
        self._failures = 0

    def next(self) -> float:
        """Return how many seconds to wait before the next attempt."""
        doubled = self._pacing.retry_first * 2.0 ** min(self._failures, 20)
        bound = min(self._pacing.retry_longest, doubled)
        self._failures += 1
        return bound * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
