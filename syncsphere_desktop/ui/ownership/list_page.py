"""The page of all projects: every row of the table in one list, with the tracks' names and states."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.columns import RowFacts, holding_columns
from syncsphere_desktop.ui.ownership.countdown_strip import CountdownStrip
from syncsphere_desktop.ui.ownership.inspector import HolderInspector
from syncsphere_desktop.ui.ownership.known_names import KnownNames
from syncsphere_desktop.ui.ownership.parts import OwnershipParts
from syncsphere_desktop.ui.ownership.people import People
from syncsphere_desktop.ui.ownership.track_names import held_of, shown_track, unknown_track
from syncsphere_desktop.ui.ownership.truth_strip import TruthStrip
from syncsphere_desktop.ui.ownership.values import FREE, Held, Person, Track
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

_WORDS = ListingWords(
    one="track",
    many="tracks",
    icon="track",
    empty_title="Nobody holds a track yet",
    empty_sentence="When somebody claims a track in the studio, it shows here at once.",
    add_action="",
    tables=frozenset({"box_ownership"}),
)


class ListPage(QObject):
    """Owns the list of all projects' tracks; what is done with them is the controller's."""

    selection_changed = Signal()

    def __init__(
        self,
        parts: OwnershipParts,
        context: ViewContext,
        scope: TaskScope,
        clock: GridClock,
        *,
        read_only: bool,
    ) -> None:
        super().__init__()
        self._parts = parts
        self._clock = clock
        self.frame = ViewFrame("Ownership", "Search projects, people, box ids")
        self.truth = TruthStrip()
        self.countdown = CountdownStrip()
        self.names = KnownNames(parts.names, scope, self)
        self._facts = RowFacts(self.names, parts.watch, clock)
        self.listing = Listing(
            self.frame,
            parts.rows,
            holding_columns(self._facts, clock.server),
            _WORDS,
            context,
            scope,
            sort=Sort("updated_at", descending=True),
            on_add=None,
        )
        self.inspector = HolderInspector(clock, read_only=read_only)
        self.frame.add_strip(self.truth)
        self.frame.add_strip(self.countdown)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(context.layout)
        self.listing.view.selection.changed.connect(self._show_selected)
        self.listing.model.loaded.connect(self._show_selected)
        self.names.named.connect(self._on_names_named)
        self.inspector.close_requested.connect(self.frame.toggle_inspector)

    def take_repaint(self) -> None:
        """Paint the states anew: the picture changed."""
        self.listing.view.viewport().update()

    def selected(self) -> list[BoxOwnership]:
        """Return the selected rows that are at hand."""
        return sorted(self.listing.view.selection.rows(), key=lambda row: row.id)

    def pair(self, row: BoxOwnership) -> tuple[Track, Held]:
        """Return a row as the grid would show it."""
        named = self.names.find(row.project_id, row.box_uuid)
        track = unknown_track(row.box_uuid) if named is None else shown_track(named)
        box = (
            None
            if row.project_id is None
            else self._parts.watch.picture(row.project_id).boxes.get(row.box_uuid)
        )
        if box is not None:
            return track, held_of(box)
        return track, FREE if row.owner_id is None else Held((row.owner_id,))

    def _on_names_named(self) -> None:
        self.listing.view.viewport().update()
        self._show_selected()

    def _show_selected(self) -> None:
        rows = self.selected()
        self.selection_changed.emit()
        if not rows:
            self.inspector.show_nothing()
            return
        pairs = [self.pair(row) for row in rows]
        people = self._people(rows)
        if len(rows) == 1:
            self.inspector.show_track(*pairs[0], people, rows[0].project_name or "")
            self.inspector.show_events(())
        else:
            self.inspector.show_many(pairs, people)

    def _people(self, rows: list[BoxOwnership]) -> People:
        people = People(self._clock.now)
        presence = self._parts.watch.presence(rows[0].project_id or ProjectId(0))
        found = {}
        for row in rows:
            if row.owner_id is not None:
                found[row.owner_id] = Person(row.owner_id, row.owner_name or f"User {row.owner_id}")
        people.replace(found.values(), ())
        if len({row.project_id for row in rows}) == 1 and presence.is_known:
            absent = {user: presence.absent_since(user) for user in found}
            gone = {user: since.timestamp() for user, since in absent.items() if since is not None}
            people.take_presence({user for user in found if user in presence.active}, gone)
        return people
