"""What time it is: in seconds for the grid, and as the server's local time where a moment is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class GridClock:
    """`server` gives the server's local time without a zone, as lists show it; `utc` one with a zone."""

    server: Callable[[], datetime]
    utc: Callable[[], datetime] = _utc_now

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self.utc().timestamp()

    def shown(self, seconds: float) -> datetime:
        """Return a moment as the server's local time, without a zone."""
        return self.server() - timedelta(seconds=self.now() - seconds)
