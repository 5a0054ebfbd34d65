"""The page of findings: the list, what kinds there are, the check that makes it, and what mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.listing import FilterValue, Sort
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.integrity.columns import FindingRow, finding_columns
from syncsphere_desktop.ui.integrity.finding_inspector import FindingInspector
from syncsphere_desktop.ui.integrity.strip import CheckStrip
from syncsphere_desktop.ui.integrity.words import KINDS
from syncsphere_desktop.ui.tables.rows_at_hand import RowsAtHand
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.segments import Segments
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

ALL = "all"
_NEVER_CHECKED = ListingWords(
    one="finding",
    many="findings",
    icon="shield",
    empty_title="Not checked yet",
    empty_sentence="A check reads every file of the storage and compares it with what is known of it.",
    add_action="Check now",
    tables=frozenset(),
)
_NOTHING_WRONG = replace(
    _NEVER_CHECKED,
    empty_title="Nothing is wrong",
    empty_sentence="Every row has its whole file, and every file has its row.",
    add_action="Check again",
)
_CHECKING = replace(
    _NEVER_CHECKED,
    empty_title="Nothing found so far",
    empty_sentence="What is found shows here at once.",
    add_action="",
)


_SEVERITY = {kind: place for place, kind in enumerate(KINDS)}


class FindingsPage(QObject):
    """Owns the list's widgets and rows; what is done with them is the controller's."""

    check_requested = Signal()
    count_changed = Signal(int)
    forgotten = Signal(object)
    """The keys of findings that are no more, as a set."""

    def __init__(
        self, context: ViewContext, scope: TaskScope, projects: Mapping[int, str], *, read_only: bool
    ) -> None:
        super().__init__()
        columns = finding_columns(projects)
        self.project_ids: set[int] = set()
        """Whose files have ever been found; more may be added at any time."""
        self.source: RowsAtHand[FindingRow] = RowsAtHand(
            columns,
            search=lambda row: (row.name, row.finding.path, row.finding.details),
            filters={"kind": _is},
            orders={"kind": lambda row: _SEVERITY[row.finding.kind]},
        )
        self.frame = ViewFrame("Integrity", "Search findings")
        self.inspector = FindingInspector(read_only=read_only)
        self.listing = Listing(
            self.frame,
            self.source,
            columns,
            _NEVER_CHECKED,
            replace(context, show_count=lambda _text: None),
            scope,
            sort=Sort("kind"),
            on_add=self.check_requested.emit,
        )
        self.failure = Banner(tone="danger")
        self.failure.hide()
        self.strip = CheckStrip()
        self.kinds = Segments("Kinds of findings", wraps=True)
        self.kinds.setContentsMargins(16, 6, 16, 6)
        self.kinds.add(ALL, "All")
        for kind in FindingKind:
            self.kinds.add(kind.value, KINDS[kind].name, tone=KINDS[kind].tone.value)
        self.kinds.chosen.connect(self._on_kinds_chosen)
        self.kinds.hide()
        self.frame.add_strip(self.failure)
        self.frame.add_strip(self.strip)
        self.frame.add_strip(self.kinds)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(context.layout)
        self.listing.filters_changed.connect(self._on_listing_filters_changed)
        self._ids: dict[str, int] = {}

    @property
    def count(self) -> int:
        """Return how many findings there are."""
        return len(self.source.rows)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show these in place of all others, as at the end of a check."""
        self.source.replace(self._row(finding) for finding in findings)
        self.listing.say(_NOTHING_WRONG)
        self._refresh()

    def add_findings(self, findings: Sequence[Finding]) -> None:
        """Show these too, as a check finds them."""
        self.source.extend(self._row(finding) for finding in findings)
        self._refresh()

    def begin(self) -> None:
        """Show an empty list that a check is about to fill."""
        self.source.replace(())
        self.listing.say(_CHECKING)
        self._refresh()

    def forget(self, done: Sequence[FindingRow], taken: Collection[str] = ()) -> None:
        """Take out what was mended or taken away; other findings about the same file go with it.

        `taken` are the paths that rows name since: their files are without a row no more.
        """
        paths = {row.finding.path for row in done} | set(taken)
        ids = {row.finding.file_id for row in done} - {None}
        gone = [row.id for row in self.source.rows if row.finding.path in paths or row.finding.file_id in ids]
        keys = {row.finding.key for row in done} | {row.finding.key for row in self._found(gone)}
        self.listing.view.selection.discard(gone)
        self.source.drop(gone)
        self._refresh()
        self.forgotten.emit(keys)

    def _found(self, ids: Sequence[int]) -> list[FindingRow]:
        return [row for row in map(self.source.get, ids) if row is not None]

    def _row(self, finding: Finding) -> FindingRow:
        if finding.project_id is not None:
            self.project_ids.add(finding.project_id)
        return FindingRow(self._ids.setdefault(finding.key, len(self._ids) + 1), finding)

    def _refresh(self) -> None:
        counts = Counter(row.finding.kind for row in self.source.rows)
        self.kinds.set_count(ALL, number(self.count))
        for kind in FindingKind:
            self.kinds.set_count(kind.value, number(counts[kind]), shown=counts[kind] > 0)
        self.kinds.setVisible(len(counts) > 1 or self.kinds.current != ALL)
        self.count_changed.emit(self.count)
        self.listing.model.reload_soon()

    def _on_kinds_chosen(self, name: str) -> None:
        self.listing.narrow({} if name == ALL else {"kind": name})

    def _on_listing_filters_changed(self, filters: object) -> None:
        kind = filters.get("kind") if isinstance(filters, dict) else None
        self.kinds.choose(kind if isinstance(kind, str) else ALL)


def _is(row: FindingRow, kind: FilterValue) -> bool:
    return row.finding.kind.value == kind
