"""What a child raises for a file that it refuses."""

from __future__ import annotations


class DamagedError(Exception):
    """Raised when a file is no audio that the library takes, or is damaged; `reason` is for the user."""

    def __init__(self, reason: str, details: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details
