"""How an import is paused, resumed and cancelled, from any thread."""

from __future__ import annotations

from enum import StrEnum

from syncsphere_desktop.studio.work_control import WorkCancelledError, WorkControl

__all__ = ["ImportControl", "ImportState", "WorkCancelledError"]


class ImportState(StrEnum):
    """What an import is asked to do at this moment."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class ImportControl(WorkControl):
    """Pauses, resumes and cancels an import, also in the middle of a large file.

    What is stored whole by then stays in the library; the rest is left out.
    """

    @property
    def state(self) -> ImportState:
        """Return what was asked for last; a cancelled import stays so."""
        if self.cancelled:
            return ImportState.CANCELLED
        return ImportState.PAUSED if self.paused else ImportState.RUNNING
