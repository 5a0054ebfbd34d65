"""May the window close, or the server be left? Asks when that would lose edits or end jobs."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from syncsphere_desktop.ui.app.desktop import Desktop
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog


async def may_close(desktop: Desktop, window: QWidget) -> bool:
    """Return whether the user agrees to what closing would end; without anything to lose, nobody is asked."""
    return await _may_lose(desktop, window, title="Close SyncSphere Desktop?", confirm="Close and lose them")


async def may_leave(desktop: Desktop, window: QWidget) -> bool:
    """Return whether the user agrees to what going to another server would end."""
    return await _may_lose(desktop, window, title="Go to the other server?", confirm="Go and lose them")


async def _may_lose(desktop: Desktop, window: QWidget, *, title: str, confirm: str) -> bool:
    losses = desktop.unsaved()
    losses += [f"“{job.title}” is under way and would be cancelled." for job in desktop.jobs.running]
    if not losses:
        return True
    dialog = ConfirmDialog(
        window,
        title=title,
        effects=losses,
        confirm=confirm,
        cancel="Stay",
    )
    return bool(await dialog.ask())
