"""The inspector of the past: an event, a moment of a project, or a stretch of a project's changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.domain.humane import ago, counted, exact
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership_history import OwnershipEvent
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.event_words import event_words
from syncsphere_desktop.ui.ownership.known_names import KnownNames
from syncsphere_desktop.ui.ownership.log_columns import track_words
from syncsphere_desktop.ui.ownership.people import People
from syncsphere_desktop.ui.ownership.values import Held
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_fact
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.person import PersonBadge
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_FACTS = ("When", "Project", "Track", "Changes", "Written by", "Database role", "Event", "Box")
_PEOPLE_SHOWN = 12


class PastInspector(InspectorPanel):
    """Shows one thing of the past; `open_requested` is the wish to see its project then."""

    open_requested = Signal()

    def __init__(self, clock: GridClock, title: str, hint: str, *, action: str | None = None) -> None:
        super().__init__("clock", title, hint)
        self._clock = clock
        self._empty_words = title, hint
        self._facts = {name: ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, copyable=True) for name in _FACTS}
        self._what = PlainLabel()
        self._what.setWordWrap(True)
        self._people = QWidget()
        self._rows = QVBoxLayout(self._people)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(8)
        self._happened = self.add_section("What happened", self._what)
        self.add_section("Facts", fact_rows(self._facts))
        self._holders = self.add_section("Held then", self._people)
        if action is not None:
            button = Button(action)
            button.clicked.connect(self.open_requested)
            self.set_footer(button)

    def show_nothing(self, title: str | None = None) -> None:
        """Show that nothing is selected, or that it is too much."""
        self.show_empty("clock", title or self._empty_words[0], "" if title else self._empty_words[1])

    def show_event(self, event: OwnershipEvent, names: KnownNames) -> None:
        """Show an event of the log."""
        track = track_words(names, event) or "Track"
        when = self._clock.shown(event.at.timestamp())
        self.show_object("clock", track, ago(when, self._clock.server()))
        words = event_words(event)
        self._what.setText(f"{words[0].upper()}{words[1:]}.")
        self._happened.show()
        self._holders.hide()
        project = event.project_name or ("" if event.project_id is None else f"Project {event.project_id}")
        self._show_facts(
            {
                "When": exact(when),
                "Project": project,
                "Track": track,
                "Written by": event.application,
                "Database role": event.database_role,
                "Event": str(event.id),
                "Box": str(event.box_uuid),
            }
        )

    def show_moment(
        self, title: str, moment: float, held: Iterable[Held], people: People, happened: Iterable[str]
    ) -> None:
        """Show a moment of a project: what happened just then, and how many tracks each person held."""
        when = self._clock.shown(moment)
        self.show_object("clock", title, ago(when, self._clock.server()))
        lines = list(happened)
        self._what.setText("\n".join(lines))
        self._happened.setVisible(bool(lines))
        self._show_facts({"When": exact(when)})
        counts = Counter(owner for one in held for owner in one.owners)
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for owner, count in counts.most_common(_PEOPLE_SHOWN):
            self._rows.addWidget(_holder(owner, people.name_of(owner), count))
        self._holders.setVisible(bool(counts))

    def show_part(self, project: str, when: str, changes: int, total: int) -> None:
        """Show a cell of the heat map."""
        self.show_object("projects", project, f"{counted(total, 'change')} in the whole window")
        self._happened.hide()
        self._holders.hide()
        self._show_facts({"When": when, "Changes": str(changes)})

    def _show_facts(self, values: dict[str, str]) -> None:
        for name, label in self._facts.items():
            label.set_text(values.get(name, ""))
            show_fact(label, shown=bool(values.get(name)))


def _holder(owner: UserId, name: str, count: int) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(PersonBadge(owner, name), 1)
    told = PlainLabel(counted(count, "track"))
    told.setProperty("role", "secondary")
    row.addWidget(told)
    return line
