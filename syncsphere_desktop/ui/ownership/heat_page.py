"""The page "History" of all projects: how much happened where and when."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership_history import HeatRow, HistoryState
from syncsphere_desktop.errors import AppError, SchemaError
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.heat_map import HeatMap, project_words
from syncsphere_desktop.ui.ownership.past_covers import PastCovers
from syncsphere_desktop.ui.ownership.past_facts import PastInspector
from syncsphere_desktop.ui.ownership.past_strip import PastStrip
from syncsphere_desktop.ui.ownership.past_values import Past, Reach, Window, utc
from syncsphere_desktop.ui.ownership.time_scale import window_words
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

_LIVE_MILLISECONDS = 2000


class HeatPage(QObject):
    """Owns the heat map. A cell leads to its project at that time."""

    loaded = Signal()
    project_requested = Signal(object, object, float)
    """The project's id, the `Reach` to look at, and the moment."""

    def __init__(self, past: Past, scope: TaskScope, clock: GridClock) -> None:
        super().__init__()
        self._past = past
        self._scope = scope
        self._clock = clock
        self._rows: tuple[HeatRow, ...] = ()
        self.frame = ViewFrame("Ownership", "Search projects")
        self.strip = PastStrip(clock, with_shapes=False)
        self.strip.reaches.choose(Reach.WEEK.value)
        self.map = HeatMap(clock)
        self.covers = PastCovers(self.map)
        self.inspector = PastInspector(
            clock, "Nothing selected", "Select a cell to see how much happened.", action="Show this time…"
        )
        self._live = QTimer(self, singleShot=True, interval=_LIVE_MILLISECONDS)
        self._live.timeout.connect(self.read)
        self.frame.add_strip(self.strip)
        self.frame.set_body(self.covers, self.inspector)
        self.strip.window_chosen.connect(self.read)
        self.frame.search_changed.connect(lambda _text: self._show())
        self.map.current_changed.connect(self._show_current)
        self.map.project_requested.connect(self._on_map_project_requested)
        self.inspector.open_requested.connect(self._on_inspector_open_requested)
        self.inspector.close_requested.connect(self.frame.toggle_inspector)
        self.covers.retry_requested.connect(self.read)
        add_action(self.frame, "Search projects", self.frame.search.setFocus, shortcut="/", group="History")
        add_action(
            self.frame,
            "Fold or unfold the inspector",
            self.frame.toggle_inspector,
            shortcut="Ctrl+I",
            group="History",
        )

    @property
    def is_loaded(self) -> bool:
        """Return whether the map is there."""
        return self.covers.is_uncovered

    def show(self) -> None:
        """Be shown."""
        if not self.is_loaded:
            self.covers.wait()
        self.read()
        self.map.setFocus()

    def take_change(self) -> None:
        """Learn that tracks changed hands."""
        if self.strip.is_at_end and self.frame.isVisible() and not self._live.isActive():
            self._live.start()

    def end(self) -> None:
        """Read nothing any more."""
        self._live.stop()

    def read(self) -> None:
        """Read the window; what was under way for another one is dropped."""
        self.strip.tell(None)
        self._scope.spawn(self._read(), key="heat", on_error=self._on_read_failed)

    async def _read(self) -> None:
        state = await self._past.state()
        if not state.readable:
            self.covers.miss(state.reason or "")
            self.inspector.show_nothing()
            return
        window = self.strip.stretch
        parts = self.strip.reach.seconds // self.strip.reach.part
        self._rows = await self._past.heat(utc(window.start), utc(window.end), parts)
        self.strip.tell(sum(row.total for row in self._rows))
        self._show_state(state)
        self._show(window, parts)
        self.loaded.emit()

    def _show_state(self, state: HistoryState) -> None:
        told = None if state.reason is None else Banner(state.reason, "warning")
        self.frame.show_banner(told)

    def _show(self, window: Window | None = None, parts: int | None = None) -> None:
        words = self.frame.search.text().casefold().split()
        rows = [row for row in self._rows if all(word in project_words(row).casefold() for word in words)]
        reach = self.strip.reach
        self.map.show_heat(rows, window or self.strip.stretch, parts or reach.seconds // reach.part)
        self.frame.show_count(str(len(rows)))
        if rows:
            self.covers.uncover()
        elif self._rows:
            self.covers.tell("search", "No projects found", "No project with changes has such a name.")
        else:
            told = "No track changed hands in this time. Earlier, or a longer time, may show more."
            self.covers.tell("clock", "Nothing happened", told)

    def _show_current(self) -> None:
        current = self.map.current
        if current is None:
            self.inspector.show_nothing()
            return
        row, changes, part = current
        when = window_words(part, self._clock.shown)
        self.inspector.show_part(project_words(row), when, changes, row.total)

    def _on_map_project_requested(self, project_id: ProjectId, part: Window) -> None:
        is_long = part.seconds > Reach.HOUR.seconds
        self.project_requested.emit(
            project_id, Reach.DAY if is_long else Reach.HOUR, (part.start + part.end) / 2
        )

    def _on_inspector_open_requested(self) -> None:
        current = self.map.current
        if current is not None and current[0].project_id is not None:
            self._on_map_project_requested(current[0].project_id, current[2])

    def _on_read_failed(self, error: AppError) -> None:
        if isinstance(error, SchemaError):
            self.covers.miss(error.message)
            self.inspector.show_nothing()
        else:
            self.covers.fail(error)
