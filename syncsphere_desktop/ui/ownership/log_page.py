"""The page "Log": every claim, release and hand-over as it happens, the newest on top."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QKeySequence, QShortcut

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, RowSource, Sort
from syncsphere_desktop.domain.ownership_history import OwnershipEvent
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError, SchemaError
from syncsphere_desktop.feed.state import FeedCounts
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.known_names import KnownNames
from syncsphere_desktop.ui.ownership.log_columns import log_columns
from syncsphere_desktop.ui.ownership.log_strip import LogStrip
from syncsphere_desktop.ui.ownership.parts import Names
from syncsphere_desktop.ui.ownership.past_facts import PastInspector
from syncsphere_desktop.ui.ownership.past_values import Past
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.empty_state import EmptyState
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

_COUNTS_MILLISECONDS = 1000
_SINCE_STEP = 60
_WORDS = ListingWords(
    one="event",
    many="events",
    icon="clock",
    empty_title="Nothing has happened yet",
    empty_sentence="Each claim, release and hand-over of a track shows here at once, by whoever it was made.",
    add_action="",
    tables=frozenset({"box_ownership"}),
)


class LogPage(QObject):
    """Owns the log. While it is paused it shows events up to a moment, and counts those after it."""

    def __init__(
        self,
        past: Past,
        events: RowSource[OwnershipEvent],
        names: Names,
        context: ViewContext,
        scope: TaskScope,
        clock: GridClock,
        counts: Callable[[], FeedCounts] | None,
    ) -> None:
        super().__init__()
        self._past = past
        self._events = events
        self.scope = scope
        self._clock = clock
        self._counts = counts
        self._project: Project | None = None
        self._until: int | None = None
        self._is_recording = True
        self.waiting = 0
        self.frame = ViewFrame("Ownership", "Search projects, people, box ids")
        self.strip = LogStrip()
        self.names = KnownNames(names, scope, self)
        self.inspector = PastInspector(clock, "No event selected", "Select an event to see who wrote it.")
        self.listing: Listing[OwnershipEvent] = Listing(
            self.frame,
            events,
            log_columns(self.names, clock),
            _WORDS,
            context,
            scope,
            sort=Sort("id", descending=True),
            on_add=None,
        )
        self._missing = EmptyState("clock", "")
        set_surface(self._missing, 0)
        self.frame.add_strip(self.strip)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(context.layout)
        self._counting = QTimer(self, interval=_COUNTS_MILLISECONDS)
        self._counting.timeout.connect(self._show_counts)
        self._connect()

    def _connect(self) -> None:
        self.strip.narrowed.connect(self.narrow)
        self.strip.pause_requested.connect(self.toggle_pause)
        self.strip.export_requested.connect(self.listing.export)
        self.listing.model.loaded.connect(self._on_model_loaded)
        self.listing.model.failed.connect(self._on_model_failed)
        self.listing.filters_changed.connect(self._on_listing_filters_changed)
        self.listing.view.selection.changed.connect(self._show_selected)
        self.names.named.connect(self._on_names_named)
        self.inspector.close_requested.connect(self.frame.toggle_inspector)
        add_action(self.frame, "Pause or resume the log", self.toggle_pause, group="Log")
        space = QShortcut(QKeySequence("Space"), self.listing.view)
        space.activated.connect(self.toggle_pause)

    # What the view asks

    @property
    def is_paused(self) -> bool:
        """Return whether new events wait."""
        return self._until is not None

    def show(self, project: Project | None) -> None:
        """Show the events of a project, or of all."""
        again = self._project != project or self.listing.model.query is None
        self._project = project
        if again:
            self.narrow()
            self.scope.spawn(self._read_state(), key="log state", on_error=_leave_unsaid)
        self._show_counts()
        self._counting.start()
        self.listing.view.setFocus()

    def hide(self) -> None:
        """Count nothing while another page is shown."""
        self._counting.stop()

    def take_change(self, change: ChangeEvent) -> None:
        """Learn that tracks changed hands: their events are there by now."""
        if self.listing.model.query is None:
            return
        is_ours = isinstance(change, TableChanged) and change.table == "box_ownership"
        if self.is_paused and (is_ours or isinstance(change, EverythingMayHaveChanged)):
            self.scope.spawn(self._count_waiting(), key="waiting", on_error=_leave_unsaid)
        elif not self.is_paused:
            self.listing.take_change(change)

    def toggle_pause(self) -> None:
        """Keep the log as it is, or go on with what waits."""
        if self._until is None:
            self.scope.spawn(self._pause(), key="pause")
        else:
            self._until, self.waiting = None, 0
            self.scope.cancel("waiting")
            self._show_pause()
            self.narrow()

    def narrow(self) -> None:
        """Show what the filters leave."""
        self.listing.narrow(self._filters(until=self._until))

    # How it is done

    def _filters(self, *, until: int | None = None, since_id: int | None = None) -> dict[str, FilterValue]:
        found: dict[str, FilterValue] = {}
        if self._project is not None:
            found["project_id"] = int(self._project.id)
        if self.strip.kind is not None:
            found["kind"] = self.strip.kind.value
        if self.strip.person is not None:
            found["user_id"] = int(self.strip.person)
        if self.strip.seconds is not None:
            since = self._clock.utc() - timedelta(seconds=self.strip.seconds)
            found["since"] = since.replace(second=0, microsecond=0).isoformat()
        if until is not None:
            found["until_id"] = until
        if since_id is not None:
            found["since_id"] = since_id
        return found

    async def _pause(self) -> None:
        self._until = await self._past.newest_id()
        self.waiting = 0
        self._show_pause()
        self.narrow()

    async def _count_waiting(self) -> None:
        query = ListQuery(Sort("id", descending=True), filters=self._filters(since_id=self._until))
        _page, count = await self._events.first_page(query, 1)
        if not count.exact:
            count = await self._events.prepare(query)
        if self.is_paused:
            self.waiting = count.value
            self._show_pause()

    async def _read_state(self) -> None:
        state = await self._past.state()
        self._is_recording = state.recording
        self._show_pause()
        if state.readable and state.reason is not None:
            self.frame.show_banner(Banner(state.reason, "warning"))

    def _show_pause(self) -> None:
        self.strip.show_pause(is_paused=self.is_paused, waiting=self.waiting, is_recording=self._is_recording)

    def _show_counts(self) -> None:
        self.strip.show_counts(None if self._counts is None else self._counts())

    def _on_listing_filters_changed(self, filters: object) -> None:
        if not filters:  # "Show all" of the empty list
            self.strip.show_all()

    def _on_model_failed(self, error: AppError) -> None:
        if isinstance(error, SchemaError):
            self._missing.show_state("clock", "No history is kept here", error.message)
            self.listing.view.set_overlay(self._missing)

    def _on_model_loaded(self) -> None:
        first, last = self.listing.model.on_screen
        rows = [self.listing.model.row(at) for at in range(max(0, first), last + 1)]
        pairs = [
            pair
            for row in rows
            if row is not None
            for pair in ((row.owner_id, row.owner_name), (row.previous_owner_id, row.previous_owner_name))
        ]
        people = {user: name for user, name in pairs if user is not None and name is not None}
        self.strip.offer_people(people)
        self._show_selected()

    def _on_names_named(self) -> None:
        self.listing.view.viewport().update()
        self._show_selected()

    def _show_selected(self) -> None:
        rows = sorted(self.listing.view.selection.rows(), key=lambda row: row.id)
        if len(rows) == 1:
            self.inspector.show_event(rows[0], self.names)
        else:
            self.inspector.show_nothing(f"{len(rows)} events selected" if rows else None)


def _leave_unsaid(_error: AppError) -> None:
    """The list itself tells what fails."""
