"""The page of the quarantine: what lies in it, until when, and what brings it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.humane import size
from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.domain.trash import TrashEntry
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.integrity.columns import held_columns
from syncsphere_desktop.ui.integrity.held_inspector import HeldInspector
from syncsphere_desktop.ui.tables.rows_at_hand import RowsAtHand
from syncsphere_desktop.ui.tables.times import without_zone
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

_WORDS = ListingWords(
    one="file",
    many="files in quarantine",
    icon="trash",
    empty_title="The quarantine is empty",
    empty_sentence="What is taken out of the library lies here for a time, and can be brought back.",
    add_action="",
    tables=frozenset(),
)


class QuarantinePage(QObject):
    """Owns the list's widgets and rows; what is done with them is the controller's."""

    count_changed = Signal(int)

    def __init__(
        self, context: ViewContext, scope: TaskScope, now: Callable[[], datetime], *, read_only: bool
    ) -> None:
        super().__init__()
        columns = held_columns(now)
        self.source: RowsAtHand[TrashEntry] = RowsAtHand(
            columns, search=lambda entry: (entry.filename, entry.original_path, entry.reason, entry.actor)
        )
        self.frame = ViewFrame("Integrity", "Search the quarantine")
        self.inspector = HeldInspector(now, read_only=read_only)
        self.listing = Listing(
            self.frame,
            self.source,
            columns,
            _WORDS,
            replace(context, show_count=lambda _text: None),
            scope,
            sort=Sort("at", descending=True),
            on_add=None,
        )
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(context.layout)

    @property
    def count(self) -> int:
        """Return how many files lie in quarantine."""
        return len(self.source.rows)

    @property
    def total(self) -> str:
        """Return how much they take, in words."""
        return size(sum(entry.size or 0 for entry in self.source.rows))

    def due(self) -> Sequence[TrashEntry]:
        """Return those whose time is over."""
        return [entry for entry in self.source.rows if entry.due]

    def show_entries(self, entries: Sequence[TrashEntry]) -> None:
        """Show these in place of all others."""
        self.source.replace(
            replace(entry, at=without_zone(entry.at), expires_at=without_zone(entry.expires_at))
            for entry in entries
        )
        self.count_changed.emit(self.count)
        self.listing.model.reload_soon()
