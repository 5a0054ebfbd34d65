"""While two sockets hear the same, each frame is told once, in its order."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from syncsphere_desktop.feed.messages import FeedMessage, Malformed, StateSynced

Message = FeedMessage | Malformed


class Overlap:
    """Tells what the old socket says until `switch`, and then what the new one said and says beside that.

    A server sends the same frames to both in the same order, but one socket may be ahead. So what the old one
    has told since the new one exists is not told again. No more than `limit` messages are remembered.
    """

    def __init__(self, tell: Callable[[Message], None], *, limit: int) -> None:
        self._tell = tell
        self._limit = limit
        self._told: Counter[Message] = Counter()
        self._kept: deque[Message] = deque(maxlen=limit)
        self._is_switched = False

    def from_old(self, message: Message) -> None:
        """Tell what the old socket says."""
        if self._is_switched:
            return
        if not isinstance(message, StateSynced) and len(self._told) < self._limit:
            self._told[message] += 1
        self._tell(message)

    def from_new(self, message: Message) -> None:
        """Keep what the new socket says until it takes over; from then on tell what was not told."""
        if not self._is_switched:
            self._kept.append(message)
        elif not isinstance(message, StateSynced) and self._told[message] > 0:
            self._told[message] -= 1
        else:
            self._tell(message)

    def switch(self) -> None:
        """Let the new socket take over."""
        self._is_switched = True
        while self._kept:
            self.from_new(self._kept.popleft())
