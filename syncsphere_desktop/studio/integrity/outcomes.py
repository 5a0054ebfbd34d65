"""What an action on findings did, one line a thing it was asked to act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncsphere_desktop.domain.ids import AudioFileId


class Did(StrEnum):
    """What became of one thing."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """It was so already, and nothing had to be done."""
    SKIPPED = "skipped"
    """Looked at again at the moment of acting, it was not what it had been; nothing was changed."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What became of one row, path or quarantined thing.

    `reason` is a whole sentence where nothing was done.
    """

    did: Did
    path: str
    reason: str | None = None
    file_id: AudioFileId | None = None
    trash_id: int | None = None
    size: int | None = None
    """Bytes that were moved, freed or copied; None where there was no file."""


@dataclass(frozen=True, slots=True)
class ActionReport:
    """What an action did in all. `cancelled` tells that it ended before the last thing."""

    outcomes: tuple[ActionOutcome, ...]
    cancelled: bool = False

    @property
    def done(self) -> Sequence[ActionOutcome]:
        """Return what was carried out."""
        return [outcome for outcome in self.outcomes if outcome.did is Did.DONE]

    @property
    def not_done(self) -> Sequence[ActionOutcome]:
        """Return what was skipped or failed, each with its reason."""
        return [outcome for outcome in self.outcomes if outcome.did in (Did.SKIPPED, Did.FAILED)]

    @property
    def unchanged(self) -> Sequence[ActionOutcome]:
        """Return what was as it was to be already."""
        return [outcome for outcome in self.outcomes if outcome.did is Did.UNCHANGED]

    @property
    def bytes(self) -> int:
        """Return how many bytes were moved, freed or copied."""
        return sum(outcome.size or 0 for outcome in self.done)
