"""What a child raises for a file that it refuses."""

from __future__ import annotations

from syncsphere_desktop.domain.sound import FORMATS_IN_WORDS


class DamagedError(Exception):
    """Raised when a file is damaged, or refused for what its subclasses say; `reason` is for the user."""

    def __init__(self, reason: str, details: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


class NoAudioError(DamagedError):
    """Raised when a file is something else than audio."""


class OtherFormatError(DamagedError):
    """Raised when a file is audio in a format that the library doesn't take."""

    def __init__(self, what: str) -> None:
        super().__init__(f"It's {what}, which the library doesn't take: it takes {FORMATS_IN_WORDS}.")
