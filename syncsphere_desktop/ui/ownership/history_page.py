"""The page "History" of one project: a slider over time, the grid of that moment, and lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from syncsphere_desktop.domain.collaborator import Collaborator
from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, RowSource, Sort
from syncsphere_desktop.domain.ownership_history import HistoryState, OwnershipEvent
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError, NotFoundError, SchemaError
from syncsphere_desktop.studio.ports import CollaboratorStore, UserStore
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.ownership.canvas import GridCanvas
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.event_words import event_words
from syncsphere_desktop.ui.ownership.geometry import Density
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.lane_chart import NAMES as LANE_NAMES
from syncsphere_desktop.ui.ownership.lane_chart import LaneChart
from syncsphere_desktop.ui.ownership.parts import Names
from syncsphere_desktop.ui.ownership.past_covers import PastCovers
from syncsphere_desktop.ui.ownership.past_facts import PastInspector
from syncsphere_desktop.ui.ownership.past_strip import GRID, LANES, PastStrip, past_banner
from syncsphere_desktop.ui.ownership.past_values import (
    Past,
    PastWindow,
    Reach,
    Window,
    held_then,
    past_window,
    utc,
)
from syncsphere_desktop.ui.ownership.time_axis import TimeAxis
from syncsphere_desktop.ui.ownership.values import Held, Person
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

MOST_EVENTS = 200_000
"""More events of one window are not drawn as lanes: nobody could tell them apart."""
_LIVE_MILLISECONDS = 1000
_SECONDS_OF_A_MOMENT = 0.001
_HAPPENED = 6
_AXIS_LEAD = 16


class HistoryPage(QObject):
    """Owns what shows a project's past. `moment` is None while it shows now."""

    loaded = Signal()
    shown = Signal()
    """The grid shows the moment that was wished for last."""

    def __init__(
        self,
        past: Past,
        events: RowSource[OwnershipEvent],
        names: Names,
        collaborators: CollaboratorStore,
        people: UserStore,
        scope: TaskScope,
        clock: GridClock,
    ) -> None:
        super().__init__()
        self._past = past
        self._events = events
        self._tracks_of = names
        self._collaborators = collaborators
        self._people = people
        self._scope = scope
        self._clock = clock
        self._names: dict[UserId, str] = {}
        self._state: HistoryState | None = None
        self._held: Mapping[UUID, Held] = {}
        self.project: Project | None = None
        self.moment: float | None = None
        self.window = PastWindow(Window(0.0, 1.0))
        self.frame = ViewFrame("Ownership", "Search")
        self.frame.search.hide()
        self.strip = PastStrip(clock, with_shapes=True)
        self.axis = TimeAxis(clock)
        then = GridClock(self._server_then, self._utc_then)
        self.model = GridModel(then)
        self.canvas = GridCanvas(self.model)
        self.canvas.setAccessibleName("Grid of tracks in the past")
        self.canvas.set_motion(enabled=False)
        self.canvas.set_density(Density.COMPACT)
        self.lanes = LaneChart(clock, self.name_of)
        self.inspector = PastInspector(clock, "No moment chosen", "Drag the handle to look back in time.")
        self._shapes = QStackedWidget()
        self._shapes.addWidget(self.canvas)
        self._shapes.addWidget(self.lanes)
        self.covers = PastCovers(self._body())
        self._live = QTimer(self, singleShot=True, interval=_LIVE_MILLISECONDS)
        self._live.timeout.connect(self.read)
        self.frame.add_strip(self.strip)
        self.frame.set_body(self.covers, self.inspector)
        self._connect()

    def _body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.axis)
        column.addWidget(self._shapes, 1)
        return body

    def _connect(self) -> None:
        self.strip.window_chosen.connect(self._on_strip_window_chosen)
        self.strip.shape_chosen.connect(self.show_shape)
        self.axis.moment_chosen.connect(self.go_to)
        self.lanes.moment_chosen.connect(self.go_to)
        self.covers.retry_requested.connect(self.read)
        self.inspector.close_requested.connect(self.frame.toggle_inspector)
        frame, group = self.frame, "History"
        add_action(frame, "Back to now", lambda: self.go_to(None), group=group)
        add_action(
            frame, "Go to the change before", lambda: self.axis.step(-1), shortcut="Alt+Left", group=group
        )
        add_action(
            frame, "Go to the next change", lambda: self.axis.step(1), shortcut="Alt+Right", group=group
        )
        add_action(frame, "Show the grid of the moment", lambda: self.show_shape(GRID), group=group)
        add_action(frame, "Show the lanes", lambda: self.show_shape(LANES), group=group)
        add_action(
            frame, "Fold or unfold the inspector", frame.toggle_inspector, shortcut="Ctrl+I", group=group
        )

    # What the view asks

    @property
    def is_loaded(self) -> bool:
        """Return whether the window's changes are there."""
        return self.covers.is_uncovered

    def show(self, project: Project | None) -> None:
        """Show a project's past."""
        if project is None:
            return
        if self.project is None or self.project.id != project.id:
            self.project = project
            self.moment = None
            self.canvas.selection.clear()
            self.model.set_tracks(())
            self.covers.wait()
        self._show_moment_marks()
        self.read()
        self.axis.setFocus()

    def show_around(self, reach: Reach, moment: float) -> None:
        """Look at the window around a moment when the project is shown next."""
        self.strip.show_window(reach, moment)

    def show_shape(self, shape: str) -> None:
        """Show the grid of the moment, or the lanes of the window."""
        self.strip.shapes.choose(shape)
        self._shapes.setCurrentWidget(self.lanes if shape == LANES else self.canvas)
        self.axis.lead = LANE_NAMES if shape == LANES else _AXIS_LEAD
        self.axis.show_window(self.window.window, self.window.moments)

    def take_change(self) -> None:
        """Learn that tracks changed hands: what goes on until now is read again."""
        if (
            self.strip.is_at_end
            and self.moment is None
            and self.frame.isVisible()
            and not self._live.isActive()
        ):
            self._live.start()

    def end(self) -> None:
        """Read nothing any more."""
        self._live.stop()

    def read(self) -> None:
        """Read the window's changes; what was under way for another window is dropped."""
        if self.project is not None:
            self.strip.tell(None)
            self._scope.spawn(self._read(self.project), key="window", on_error=self._on_read_failed)

    def go_to(self, moment: float | None) -> None:
        """Show who held what at a moment, None for now. The newest wish wins."""
        self.moment = moment
        if moment is None and not self.strip.is_at_end:
            self.strip.go_to_now()
            self.read()
        self._show_moment_marks()
        if self.project is not None:
            self._scope.spawn(self._show_moment(self.project.id), key="moment", on_error=self._on_read_failed)

    def name_of(self, user: UserId) -> str:
        """Return a person's name, or what stands for it."""
        return self._names.get(user, f"User {user}")

    # Reading

    def _on_strip_window_chosen(self) -> None:
        window = self.strip.stretch
        if self.moment is not None and not window.holds(self.moment):
            self.moment = None if self.strip.is_at_end else window.end
        elif self.moment is None and not self.strip.is_at_end:
            self.moment = window.end
        self._show_moment_marks()
        self.read()

    async def _read(self, project: Project) -> None:
        state = self._state = await self._past.state()
        if not state.readable:
            self.covers.miss(state.reason or "")
            return
        window = self.strip.stretch
        held = await self._too_many(project.id, window)
        if held:
            self.covers.refuse(held)
            return
        tracks, people, lanes = await asyncio.gather(
            self._tracks_of.tracks(project.id),
            self._collaborators.of_project(project.id),
            self._past.lanes(project.id, utc(window.start), utc(window.end)),
        )
        found = await asyncio.to_thread(past_window, tracks, lanes, window)
        await self._name(people, found.owners)
        self._show_window(found, people)
        await self._show_moment(project.id)
        self.loaded.emit()

    async def _too_many(self, project_id: ProjectId, window: Window) -> str:
        """Return a sentence where the window has more changes than can be drawn."""
        filters: dict[str, FilterValue] = {
            "project_id": int(project_id),
            "since": utc(window.start).isoformat(),
            "until": utc(window.end).isoformat(),
        }
        query = ListQuery(Sort("id"), filters=filters)
        _page, count = await self._events.first_page(query, 1)
        if not count.exact:
            count = await self._events.prepare(query)
        if count.value <= MOST_EVENTS:
            return ""
        return f"{number(count.value)} changes are more than can be drawn. Choose a shorter time."

    async def _name(self, people: Sequence[Collaborator], owners: Collection[UserId]) -> None:
        self._names |= {one.user_id: one.username for one in people}
        for user in owners:
            if user not in self._names:
                try:
                    self._names[user] = (await self._people.get(user)).username
                except NotFoundError:
                    self._names[user] = f"User {user}, deleted"

    async def _show_moment(self, project_id: ProjectId) -> None:
        moment = self.moment
        at = self._clock.now() if moment is None else moment
        held = await asyncio.to_thread(held_then, await self._past.at(project_id, utc(at)))
        happened = [] if moment is None else await self._happened(project_id, moment)
        await self._name((), {owner for one in held.values() for owner in one.owners})
        self._held = held
        self.model.set_all_held(held)
        self._name_columns()
        self.inspector.show_moment(
            "Now" if moment is None else "The past", at, held.values(), self.model.people, happened
        )
        self.shown.emit()

    async def _happened(self, project_id: ProjectId, moment: float) -> list[str]:
        """Return what happened at the very moment, in words."""
        filters: dict[str, FilterValue] = {
            "project_id": int(project_id),
            "since": utc(moment - _SECONDS_OF_A_MOMENT).isoformat(),
            "until": utc(moment + _SECONDS_OF_A_MOMENT).isoformat(),
        }
        page, _count = await self._events.first_page(ListQuery(Sort("id"), filters=filters), _HAPPENED)
        lines = []
        for event in page.rows:
            if event is not None:
                found = self.model.find(event.box_uuid)
                track = str(event.box_uuid) if found is None else found[0].name
                lines.append(f"{track}: {event_words(event)}")
        return lines

    # What is shown

    def _show_window(self, found: PastWindow, people: Sequence[Collaborator]) -> None:
        self.window = found
        self.axis.show_window(found.window, found.moments)
        self.lanes.show_past(found)
        self.strip.tell(len(found.moments))
        self.model.set_tracks([lane.track for lane in found.lanes])
        roles = {one.user_id: one.role for one in people}
        order = sorted({*roles, *found.owners}, key=lambda user: self.name_of(user).casefold())
        self.model.set_people(
            Person(user, self.name_of(user), roles.get(user), is_collaborator=user in roles) for user in order
        )
        state = self._state
        if not found.lanes:
            self.covers.tell("track", "No tracks yet", "The project has no tracks, and nobody held any.")
        elif state is not None and state.since is None and not found.moments:
            self.covers.tell(
                "clock",
                "No history yet",
                "From now on each claim, release and hand-over is kept, and can be looked back at here.",
            )
        else:
            self.covers.uncover()
        self._show_moment_marks()

    def _name_columns(self) -> None:
        strangers = [one for one in self.model.people if one.name != self.name_of(one.id)]
        if strangers:
            self.model.set_people(
                Person(one.id, self.name_of(one.id), one.role, is_collaborator=one.is_collaborator)
                for one in list(self.model.people)
            )

    def _show_moment_marks(self) -> None:
        self.axis.show_moment(self.moment)
        self.lanes.show_moment(self.moment)
        if self.moment is not None:
            banner = past_banner(self._clock, self.moment)
            banner.action_triggered.connect(lambda: self.go_to(None))
            self.frame.show_banner(banner)
        elif self._state is not None and self._state.readable and self._state.reason is not None:
            self.frame.show_banner(Banner(self._state.reason, "warning"))
        else:
            self.frame.show_banner(None)

    def _on_read_failed(self, error: AppError) -> None:
        if isinstance(error, SchemaError):
            self.covers.miss(error.message)
        else:
            self.covers.fail(error)

    def _utc_then(self) -> datetime:
        return self._clock.utc() if self.moment is None else utc(self.moment)

    def _server_then(self) -> datetime:
        return self._clock.server() if self.moment is None else self._clock.shown(self.moment)
