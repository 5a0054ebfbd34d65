"""How long work on many files is paused, resumed and cancelled, from any thread."""

from __future__ import annotations

import threading


class WorkCancelledError(Exception):
    """Raised inside the work when it is cancelled; never reaches a caller of a use case."""


class WorkControl:
    """Pauses, resumes and cancels. Work that is under way asks it between one piece and the next."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._cancelled = threading.Event()

    @property
    def paused(self) -> bool:
        """Whether work waits."""
        return not self._going.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether work is to end."""
        return self._cancelled.is_set()

    def pause(self) -> None:
        """Let work wait where it is."""
        self._going.clear()

    def resume(self) -> None:
        """Let work go on."""
        self._going.set()

    def cancel(self) -> None:
        """End work, also while it waits."""
        self._cancelled.set()
        self._going.set()

    def checkpoint(self) -> None:
        """Block while paused; raises WorkCancelledError once cancelled. For worker threads alone."""
        self._going.wait()
        if self._cancelled.is_set():
            raise WorkCancelledError
