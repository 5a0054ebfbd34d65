"""What is done with tracks: asked for in a dialog, counted down, carried out, told, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.ownership_acts import Assignment
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.ownership.acting import OwnershipActs
from syncsphere_desktop.studio.ownership.watch_status import WatchWay
from syncsphere_desktop.ui.app.jobs import Job, JobState
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.ownership.act_dialog import ActDialog, ActWish, Choice
from syncsphere_desktop.ui.ownership.parts import OwnershipParts
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_TOAST_SECONDS = 20.0


class Acting(QObject):
    """Begins acts and sees them through. One at a time counts down; cancelling it changes nothing."""

    counting = Signal(str, float, float)
    """What will be done, the seconds left, the seconds of grace."""
    counted_down = Signal()
    """The countdown is over, or was called off."""
    done = Signal()

    def __init__(
        self, parts: OwnershipParts, context: ViewContext, scope: TaskScope, *, read_only: bool
    ) -> None:
        super().__init__()
        self._parts = parts
        self._context = context
        self._scope = scope
        self._read_only = read_only
        self._acts = OwnershipActs(parts.store, parts.telling)
        self._waiting: asyncio.Task[None] | None = None

    @property
    def is_counting(self) -> bool:
        """Return whether an act waits for its time."""
        return self._waiting is not None

    def ask(self, title: str, choices: Sequence[Choice], *, gives: bool) -> None:
        """Ask about an act on one of these, to release or to give to somebody."""
        if self._read_only or not choices or open_dialog(self._context.window) is not None:
            return
        if self.is_counting:
            self._context.toasts.show_message("Something else counts down yet. Let it end, or call it off.")
            return
        self._scope.spawn(self._ask(title, choices, gives=gives), key="dialog")

    def call_off(self) -> None:
        """End the countdown; nothing was done then."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def _ask(self, title: str, choices: Sequence[Choice], *, gives: bool) -> None:
        can_tell = self._parts.telling is not None and self._parts.watch.status.way is WatchWay.FEED
        dialog = ActDialog(
            self._context.window,
            self._scope,
            self._acts,
            self._parts.people.rows,
            choices,
            title=title,
            gives=gives,
            can_tell=can_tell,
        )
        wish = await dialog.ask()
        if wish is not None:
            self._waiting = self._scope.spawn(self._carry_out(wish))

    async def _carry_out(self, wish: ActWish) -> None:
        deed = wish.plan.sentence.rstrip(".")
        job = self._context.jobs.start(deed, cancel=self.call_off)
        try:
            report = await self._acts.carry_out(
                wish.plan, wish.grace, partial(self._tick, deed, wish.grace, job)
            )
        except asyncio.CancelledError:
            job.end(JobState.CANCELLED, "Called off; nothing was done.")
            self._context.toasts.show_message("Called off. Nothing was done.")
            raise
        except AppError as error:
            job.end(JobState.FAILED, error.message)
            raise
        except Exception:
            job.end(JobState.FAILED, "The app met a mistake of its own.")
            raise
        finally:
            self._waiting = None
            self.counted_down.emit()
        job.end(JobState.DONE, report.sentence)
        self._parts.watch.read_again()
        self._tell(report.sentence, report.assignment)
        self.done.emit()

    def _tick(self, deed: str, grace: float, job: Job, left: float) -> None:
        job.report(1 - left / grace if grace else None, "Waiting")
        self.counting.emit(deed, left, grace)

    def _tell(self, sentence: str, assignment: Assignment) -> None:
        undo: Callable[[], None] | None = None
        if assignment.entry_id is not None:
            undo = partial(self._undo, assignment.entry_id)
        self._context.toasts.show_message(
            sentence,
            "warning" if assignment.conflicts else "success",
            action=None if undo is None else "Undo",
            on_action=undo,
            seconds=_TOAST_SECONDS,
        )

    def _undo(self, entry_id: int) -> None:
        self._scope.spawn(self._take_back(entry_id), key="undo")

    async def _take_back(self, entry_id: int) -> None:
        told = await self._parts.undo.undo(entry_id)
        self._parts.watch.read_again()
        self._context.toasts.show_success(told)
        self.done.emit()
