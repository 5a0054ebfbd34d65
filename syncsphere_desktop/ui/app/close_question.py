"""May the window close? Asks when that would lose edits or end jobs."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from syncsphere_desktop.ui.app.desktop import Desktop
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog


async def may_close(desktop: Desktop, window: QWidget) -> bool:
    """Return whether the user agrees to what closing would end; without anything to lose, nobody is asked."""
    losses = desktop.unsaved()
    losses += [f"“{job.title}” is under way and would be cancelled." for job in desktop.jobs.running]
    if not losses:
        return True
    dialog = ConfirmDialog(
        window,
        title="Close SyncSphere Desktop?",
        effects=losses,
        confirm="Close and lose them",
        cancel="Stay",
    )
    return bool(await dialog.ask())
