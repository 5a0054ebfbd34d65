"""The pages beside the tracks: the log of events, and the history of one project or of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.heat_page import HeatPage
from syncsphere_desktop.ui.ownership.history_page import HistoryPage
from syncsphere_desktop.ui.ownership.log_page import LogPage
from syncsphere_desktop.ui.ownership.pages import Page, Pages
from syncsphere_desktop.ui.ownership.parts import OwnershipParts
from syncsphere_desktop.ui.ownership.past_values import Reach
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

LOG, HISTORY = "log", "history"


class PastPages(QObject):
    """Owns both pages and adds them to the view's."""

    project_requested = Signal(object)
    """The id of a project whose history is wanted."""

    def __init__(
        self, parts: OwnershipParts, pages: Pages, context: ViewContext, scope: TaskScope, clock: GridClock
    ) -> None:
        super().__init__()
        self._scope = scope.child("past")
        past, events = parts.history, parts.events
        saved = context.layout.get(LOG)
        own = replace(context, layout=saved if isinstance(saved, Mapping) else {}, show_count=_ignore)
        self.log = LogPage(past, events, parts.names, own, self._scope.child("log"), clock, parts.feed_counts)
        self.history = HistoryPage(
            past, events, parts.names, parts.collaborators, parts.people, self._scope, clock
        )
        self.heat = HeatPage(past, self._scope, clock)
        self.heat.project_requested.connect(self._on_heat_project_requested)
        pages.add(Page(LOG, "Log", lambda _project: self.log.frame, self.log.show), self.log.frame)
        pages.add(
            Page(HISTORY, "History", self._history_frame, self._show_history),
            self.history.frame,
            self.heat.frame,
        )

    def reload(self) -> None:
        """Read again what is shown, and the log where it was read before."""
        self.log.listing.reload()
        if self.history.frame.isVisible():
            self.history.read()
        if self.heat.frame.isVisible():
            self.heat.read()

    def take_change(self, change: ChangeEvent) -> None:
        """Learn that rows changed."""
        self.log.take_change(change)
        is_ours = isinstance(change, TableChanged) and change.table == "box_ownership"
        if is_ours or isinstance(change, EverythingMayHaveChanged):
            self.history.take_change()
            self.heat.take_change()

    def save_layout(self) -> dict[str, object]:
        """Return the log's columns and sizes."""
        return self.log.listing.save_layout()

    async def shutdown(self) -> None:
        """End every task."""
        self.log.hide()
        self.history.end()
        self.heat.end()
        await self.log.scope.shutdown()
        await self._scope.shutdown()

    def _history_frame(self, project: Project | None) -> ViewFrame:
        return self.heat.frame if project is None else self.history.frame

    def _show_history(self, project: Project | None) -> None:
        if project is None:
            self.heat.show()
        else:
            self.history.show(project)

    def _on_heat_project_requested(self, project_id: ProjectId, reach: Reach, moment: float) -> None:
        self.history.show_around(reach, moment)
        self.project_requested.emit(project_id)


def _ignore(_count: str) -> None:
    """The number beside the view's name is that of the tracks."""
